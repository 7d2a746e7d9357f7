"""The settings of this course. Every nbgrader and autograder command run in this folder uses them."""

import os

import autograder.course

c = get_config()  # noqa: F821  (traitlets provides it, and the next function)
load_subconfig(os.path.join(autograder.course.__path__[0], "nbgrader_settings.py"))  # noqa: F821

c.CourseDirectory.course_id = "neural-networks-for-nlp"
c.CourseDirectory.root = c.Authored.home = os.path.dirname(os.path.abspath(__file__))
c.Authored.suites = "autograder/suites"
c.Authored.reference = "reference"
c.Authored.data = "reference.datasets.files.write_splits"
