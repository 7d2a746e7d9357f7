"""The settings of this course. Every nbgrader and autograder command run in this folder uses them."""

import os

import autograder.course

c = get_config()  # noqa: F821  (traitlets provides it, and the next function)
load_subconfig(os.path.join(autograder.course.__path__[0], "nbgrader_settings.py"))  # noqa: F821

c.CourseDirectory.course_id = "@COURSE@"
c.CourseDirectory.root = c.Authored.home = os.path.dirname(os.path.abspath(__file__))
c.Authored.reference = "@REFERENCE@"  # the package of model solutions

# What else a course may want to say, with what holds otherwise:
# c.Authored.sources = "source"          # where the text notebooks are
# c.Authored.suites = "suites"           # where the hidden tests are
# c.Authored.data = ""                   # a function that writes what a header names as data: package.module.function
# c.PenaltyPerDay.share_per_day = 0.1    # what late work loses for each day begun
# c.PenaltyPerDay.largest_share = 1.0    # however late it is, no more is lost
# c.PenaltyPerDay.grace_minutes = 15
# c.PenaltyPerDay.grace_days = 0         # how many days each student may be late over the term without losing anything
# c.ClearSolutions.text_stub = "YOUR ANSWER HERE"
