"""What lives in the student process. Nothing here imports anything of the kit but `autograder.isolation.wire`."""
