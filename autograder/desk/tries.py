"""What was handed in at the desk: a numbered folder for each try, complete on disk before anybody is told that it is there.

`.autograder/desk/ASSIGNMENT/STUDENT/3/` holds

    receipt.json    when it came, under which names, with which digest
    uploaded/       the files as they came, called 0, 1, ...
    files/          the same as grading takes them: unpacked, under plain names, with a timestamp.txt
    unpacking.json  what is to be said about that
    look.json       what a look at it tells at once
    report.json     the result, which is there when all else is done; or
    failed.txt      why there is none
    graded/         the notebook as it was graded, and what lay beside it
    page.html       that as a page, made when somebody wants to see it; and whole.html, with what is told with the grade

So a try waits for whatever is not there yet, and after a crash all that is to be done can be seen from the folders alone.
"""

import contextlib
import dataclasses
import datetime
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from autograder.course.replacing import replacing, workshop
from autograder.desk.settings import CHOSEN
from autograder.grading import files
from autograder.grading.report import Report

UPLOAD_BYTES = 30 * 2**20  # of all files of one try
UPLOAD_FILES = 50
REPORT = "report.json"
_RECEIPT_BYTES = 2**20
_NAME = 200  # characters of a file's name that are kept


@dataclass(frozen=True)
class Receipt:
    """That something was handed in.

    Parameters
    ----------
    time : str
        When it was complete here, in UTC, as timestamp.txt says it.
    names : list of str
        What the files were called.
    size : int
        Bytes of all of them.
    digest : str
        Of names and contents, as `sha256sum FILE... | sha256sum` gives it.
    """

    time: str
    names: list[str]
    size: int
    digest: str

    @property
    def at(self):
        """The time (datetime.datetime), in UTC without a zone."""
        return datetime.datetime.strptime(self.time, "%Y-%m-%d %H:%M:%S.%f UTC")


@dataclass(frozen=True)
class Look:
    """What can be said of a try before it is graded.

    Parameters
    ----------
    usable : bool
        Whether there is a notebook that can be run. A try without one is kept, and costs nothing.
    answered, answers : int
        How many of the notebook's answers are other than they were given out, of how many.
    remarks : list of str
        What the student should know, in sentences.
    """

    usable: bool
    answered: int
    answers: int
    remarks: list[str]


class Try:
    """One try.

    Attributes
    ----------
    assignment, student : str
    number : int
    folder, files, graded : Path
    receipt : Receipt
    """

    def __init__(self, folder):
        self.folder, self.files, self.graded = folder, folder / "files", folder / "graded"
        self.assignment, self.student, self.number = folder.parts[-3], folder.parts[-2], int(folder.name)
        self.receipt = Receipt(**json.loads(files.read(folder / "receipt.json", _RECEIPT_BYTES)))

    @property
    def key(self):
        """What tells it from all others: (assignment, student, number)."""
        return self.assignment, self.student, self.number

    @property
    def uploaded(self):
        """The files as they came, each with its name (list of (str, Path)), which is whatever the browser has sent."""
        return [(name, self.folder / "uploaded" / str(place)) for place, name in enumerate(self.receipt.names)]

    def page(self, whole):
        """Where the page of its graded notebook is (a Path): with all of the result, or without what is told with the grade."""
        return self.folder / ("whole.html" if whole else "page.html")

    @property
    def look(self):
        """The `Look`, or None if nobody has looked yet."""
        try:
            return Look(**json.loads((self.folder / "look.json").read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    @property
    def unpacking(self):
        """What is to be said about laying out its files, in sentences."""
        return json.loads((self.folder / "unpacking.json").read_text(encoding="utf-8"))

    @property
    def report(self):
        """The result, or None if there is none that this version can read."""
        try:
            return Report.from_json((self.folder / REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    @property
    def failure(self):
        """Why it could not be graded, or ""."""
        try:
            return (self.folder / "failed.txt").read_text(encoding="utf-8")
        except OSError:
            return ""

    @property
    def waits(self):
        """Whether it is still to be graded."""
        return not ((self.folder / REPORT).exists() or (self.folder / "failed.txt").exists())

    def keep_unpacking(self, remarks):
        """Keep what is to be said about laying out the files."""
        self._write("unpacking.json", json.dumps(remarks))

    def keep_look(self, look):
        """Keep what was seen."""
        self._write("look.json", json.dumps(dataclasses.asdict(look)))

    def finish(self, report):
        """Keep the result: from now on the try does not wait any more."""
        self._write(REPORT, report.to_json())
        (self.folder / "failed.txt").unlink(missing_ok=True)

    def fail(self, why):
        """Keep that it could not be graded, for a person to look into."""
        self._write("failed.txt", why)

    def again(self):
        """Let it wait once more."""
        for name in ("failed.txt", REPORT):
            (self.folder / name).unlink(missing_ok=True)

    def _write(self, name, text):
        with replacing(self.folder / name, mode=0o600) as file:
            file.write(text)


class Tries:
    """All tries of a student at an assignment, in the order in which they came.

    Parameters
    ----------
    course : Course
    assignment, student : str
    """

    def __init__(self, course, assignment, student):
        self.folder = home(course) / assignment / student

    def __iter__(self):
        return iter(_in(self.folder))

    def get(self, number):
        """The try with this number, None if there is none."""
        with contextlib.suppress(OSError, ValueError, TypeError, files.NotAFile):
            return Try(self.folder / str(int(number)))
        return None

    def hand_in(self, contents, now):
        """Keep a try: when this returns it is on disk, whatever happens next.

        Parameters
        ----------
        contents : list of (str, bytes)
            Files with their names.
        now : datetime.datetime
            In UTC, without a zone.

        Returns
        -------
        Try

        Raises
        ------
        OSError
            If the disk is full, or the like; then there is no try.
        """
        assignment = self.folder.parent
        assignment.mkdir(parents=True, exist_ok=True)
        names = [name[-_NAME:] for name, _ in contents]
        digests = "".join(f"{hashlib.sha256(text).hexdigest()}  {name}\n" for name, (_, text) in zip(names, contents))
        receipt = Receipt(f"{now:%Y-%m-%d %H:%M:%S.%f} UTC", names, sum(len(text) for _, text in contents),
                          hashlib.sha256(digests.encode("utf-8", "replace")).hexdigest())
        with workshop(assignment) as shop:
            new = shop / "new"
            (new / "uploaded").mkdir(parents=True)
            for place, (_, text) in enumerate(contents):
                _write_synced(new / "uploaded" / str(place), text)
            _write_synced(new / "receipt.json", json.dumps(dataclasses.asdict(receipt)).encode())
            _sync(new / "uploaded")
            _sync(new)
            self.folder.mkdir(exist_ok=True)
            number = max(_numbers(self.folder), default=0) + 1
            new.rename(self.folder / str(number))
        _sync(self.folder)
        _sync(assignment)
        return Try(self.folder / str(number))

    @property
    def decided(self):
        """The number of the try that the staff has decided to count, None if it has not."""
        return self._number("decided")

    def choice(self, rule):
        """The number of the try that somebody has chosen to count: the staff, or the student where that is the rule."""
        return self.decided or (self._number("chosen") if rule == CHOSEN else None)

    def choose(self, number):
        """Note which try is to count, as the student says."""
        self._note("chosen", number)

    def decide(self, number):
        """Note which try is to count, whatever the rule and the student say; None takes that back."""
        if number is None:
            (self.folder / "decided").unlink(missing_ok=True)
        else:
            self._note("decided", number)

    def _number(self, name):
        try:
            return int((self.folder / name).read_text())
        except (OSError, ValueError):
            return None

    def _note(self, name, number):
        with replacing(self.folder / name, mode=0o600) as file:
            file.write(str(number))


def waiting(course):
    """All tries that are still to be graded, in the order in which they came."""
    found = [one for folder in home(course).glob("*/*") if folder.is_dir() for one in _in(folder) if one.waits]
    return sorted(found, key=lambda one: one.receipt.time)


def of_assignment(course, assignment):
    """All tries at an assignment: student's id -> list of `Try`."""
    found = {folder.name: _in(folder) for folder in sorted((home(course) / assignment).glob("*")) if folder.is_dir()}
    return {student: tries for student, tries in found.items() if tries}


def allowance(times, now, at_once, every):
    """How many tries are left: a bucket of `at_once` that gains one each time `every` is over.

    Parameters
    ----------
    times : list of datetime.datetime
        Of the tries so far, in order.
    now : datetime.datetime
    at_once : int
    every : datetime.timedelta

    Returns
    -------
    left : int
    next : datetime.datetime or None
        When there is one more; None if the bucket is full.
    """
    if not every:
        return at_once, None
    held, then = float(at_once), None
    for time in [*times, now]:
        if then is not None:
            held = min(at_once, held + (time - then) / every)
        then = time
        if time is not now:
            held = max(0.0, held - 1)
    left = int(held + 1e-9)
    return left, None if left >= at_once else now + (left + 1 - held) * every


def home(course):
    """The desk's folder in a course."""
    return course.root / ".autograder/desk"


def _numbers(folder):
    try:
        return [int(name) for name in os.listdir(folder) if name.isdecimal()]
    except FileNotFoundError:
        return []


def _in(folder):
    found = []
    for number in sorted(_numbers(folder)):
        with contextlib.suppress(OSError, ValueError, TypeError, files.NotAFile):
            found.append(Try(folder / str(number)))
    return found


def _write_synced(path, contents):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder):
    descriptor = os.open(Path(folder), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
