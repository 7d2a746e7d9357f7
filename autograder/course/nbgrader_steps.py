"""nbgrader's own commands, run in this process: what they log as the reason of a failure is what the error says."""

import copy
import logging
import re

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory

from autograder import KitError


def generate_assignment(course, name, folder):
    """Let nbgrader make a release, in a folder apart: nothing of the course is changed.

    Parameters
    ----------
    course : Course
        Whose settings count.
    name : str
    folder : Path
        Holds source/NAME; gets release/NAME and gradebook.db.

    Returns
    -------
    str
        The URL of the gradebook that it has filled.

    Raises
    ------
    KitError
        With nbgrader's own reason.
    """
    config = copy.deepcopy(course.config)
    db_url = f"sqlite:///{folder / 'gradebook.db'}"
    config.CourseDirectory.update(
        root=str(folder), source_directory="source", release_directory="release", db_url=db_url, assignment_id=name,
    )
    _run(GenerateAssignment, config, f"nbgrader does not accept {name}")
    return db_url


class _Reasons(logging.Handler):
    def __init__(self):
        super().__init__(logging.ERROR)
        self.messages = []

    def emit(self, record):
        self.messages.append(record.getMessage())


def _run(step, config, complaint):
    converter = step(coursedir=CourseDirectory(config=config), config=config)
    converter.force = True
    reasons = _Reasons()
    converter.log = logging.Logger("nbgrader", logging.ERROR)  # nbgrader's own would print too
    converter.log.addHandler(reasons)
    try:
        converter.start()
    except (Exception, SystemExit) as error:  # nbgrader reports its failures in both ways
        raise KitError(f"{complaint}: {_first_cause(reasons.messages) or error}") from error


def _first_cause(messages):
    """The exception at the end of the first logged traceback, or the first message."""
    for message in messages:
        if message.startswith("Traceback"):
            return re.sub(r"^[\w.]+(Error|Exception): ", "", message.strip().splitlines()[-1])
    return messages[0] if messages else ""
