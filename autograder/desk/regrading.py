"""Regrade requests: what a student thinks should have been graded otherwise, and what the staff answers.

They lie beside the tries, in `.autograder/desk/ASSIGNMENT/STUDENT/requests.json`, and go where the student's data go.
"""

import dataclasses
import datetime
import json
import threading
from dataclasses import dataclass

from autograder import KitError
from autograder.course.replacing import replacing
from autograder.desk.tries import home

CHARACTERS = 4000  # of a request, and of an answer
_FILE = "requests.json"
_MOST = 20  # requests of one student at one assignment
_writing = threading.Lock()  # what is read is written again


@dataclass(frozen=True)
class Request:
    """A request, and its answer if there is one.

    Parameters
    ----------
    time : datetime.datetime
        When it was made, in UTC without a zone.
    text : str
    answered : datetime.datetime or None
        When it was answered.
    by, answer : str
        Who has answered, and what.
    """

    time: datetime.datetime
    text: str
    answered: datetime.datetime | None = None
    by: str = ""
    answer: str = ""


class Requests:
    """All requests of a student for an assignment, in the order in which they came.

    Parameters
    ----------
    tries : tries.Tries
        Of the same student, beside which they lie.
    """

    def __init__(self, tries):
        self._file = tries.folder / _FILE

    def __iter__(self):
        return iter(_read(self._file))

    def ask(self, text, now):
        """Keep a request.

        Parameters
        ----------
        text : str
        now : datetime.datetime

        Raises
        ------
        KitError
            If there is nothing in it, too much, or another one waits for its answer.
        """
        text = _checked(text, "what should be looked at again")
        with _writing:
            before = _read(self._file)
            if before and not before[-1].answered:
                raise KitError("You have asked already; when that is answered you can ask again.")
            if len(before) >= _MOST:
                raise KitError("You have asked many times about this assignment. Please talk to your instructor.")
            self._file.parent.mkdir(parents=True, exist_ok=True)
            self._write([*before, Request(now, text)])

    def answer(self, text, by, now):
        """Answer the one that waits.

        Raises
        ------
        KitError
            If none does, or there is nothing in the answer, or too much.
        """
        text = _checked(text, "an answer")
        with _writing:
            before = _read(self._file)
            if not before or before[-1].answered:
                raise KitError("Nothing waits for an answer here; perhaps somebody was faster.")
            self._write([*before[:-1], dataclasses.replace(before[-1], answered=now, by=by, answer=text)])

    def _write(self, requests):
        with replacing(self._file, mode=0o600) as file:
            json.dump([dataclasses.asdict(one) for one in requests], file, indent=1, default=str)


def unanswered(course, assignment):
    """The requests that wait for an answer: student's id -> `Request`."""
    last = {file.parent.name: _read(file)[-1:] for file in sorted((home(course) / assignment).glob(f"*/{_FILE}"))}
    return {student: one for student, requests in last.items() for one in requests if not one.answered}


def _checked(text, what):
    text = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    if not text:
        raise KitError(f"Please write {what}.")
    if len(text) > CHARACTERS:
        raise KitError(f"That are {len(text)} characters, and {CHARACTERS} is the most. Please say it shorter.")
    return text


def _read(file):
    def time(text):
        return text and datetime.datetime.fromisoformat(text)

    try:
        return [Request(**one | {"time": time(one["time"]), "answered": time(one["answered"])})
                for one in json.loads(file.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError, KeyError):
        return []
