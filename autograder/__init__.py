"""The grading engine. This file stays empty of imports: the student process loads `autograder.isolation.wire` through it."""


class KitError(Exception):
    """What a person at the command line did, or has to do: the message is for them, and no traceback is."""
