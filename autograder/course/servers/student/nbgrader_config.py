"""Where a course has a desk, its students' Assignment List leads there; the others' goes through nbgrader's exchange as ever."""

import autograder.desk

load_subconfig(f"{autograder.desk.__path__[0]}/exchange.py")  # noqa: F821  (traitlets provides it)
