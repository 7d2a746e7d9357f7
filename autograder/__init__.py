"""The grading engine. This file stays empty of imports: the student process loads `autograder.isolation.wire` through it."""
