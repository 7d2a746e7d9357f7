"""What each student has handed in for an assignment over time: the attempt that stands in `submitted`, and the others.

The others are kept in .autograder/attempts/ASSIGNMENT/STUDENT/, in numbered folders, and `attempts.json` there says of each,
the standing one too, when it was handed in, where it came from, and the digest by which it is known again.
"""

import contextlib
import dataclasses
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from autograder.grading import files

_INDEX_BYTES = 10 * 2**20
STANDS, OLDER, ASIDE = "stands", "older", "aside"


@dataclass
class Record:
    """One attempt.

    Parameters
    ----------
    state : str
        "stands", "older", or "aside": it may be newer than what stands, and a person has to say so.
    digest : str
        Of its files but for timestamp.txt; see `digest`.
    time : str
        When it was handed in, as its timestamp.txt says, or "".
    source : str
        Where it was collected from.
    kind, person, order
        As in `layouts.Attempt`.
    folder : str
        Where its files are, below the course's folder.
    collected : str
        When it was collected, in UTC.
    """

    state: str
    digest: str
    time: str
    source: str
    kind: str
    person: str
    order: int | None
    folder: str
    collected: str


class Attempts:
    """One student's attempts at an assignment.

    Parameters
    ----------
    course : Course
    assignment : str
        Its name.
    student_id : str

    Attributes
    ----------
    standing : Path
        The folder in `submitted`; it need not be there.
    records : list of Record
        In the order in which they were collected.
    """

    def __init__(self, course, assignment, student_id):
        self._root = course.root
        self._folder = course.root / ".autograder/attempts" / assignment / student_id
        self.standing = course.submitted / student_id / assignment
        self.records = []
        with contextlib.suppress(OSError, files.NotAFile, ValueError, TypeError):
            self.records = [Record(**record) for record in json.loads(files.read(self._folder / "attempts.json", _INDEX_BYTES))]

    def known(self, digest, time):
        """The record of an attempt with these files, handed in at this time, or None."""
        return next((record for record in self.records if (record.digest, record.time) == (digest, time)), None)

    @property
    def stands(self):
        """The record of the attempt that stands, or None if nothing that was collected does."""
        return next((record for record in self.records if record.state == STANDS), None)

    def keep(self, folder, record):
        """Put an attempt's files beside the one that stands."""
        self._move(folder, record)
        self._write([*self.records, record])

    def stand(self, folder, record, before=None):
        """Put an attempt's files into `submitted`; what stood there is kept.

        Parameters
        ----------
        folder : Path
        record : Record
        before : Record, optional
            Of what stands there, if that was not collected.
        """
        again = self.known(record.digest, record.time)
        records = [one for one in self.records if one is not again]
        self.standing.parent.mkdir(parents=True, exist_ok=True)
        beside = self.standing.with_name(f".new-{self.standing.name}")
        shutil.rmtree(beside, ignore_errors=True)
        shutil.move(folder, beside)  # from another file system, perhaps, which may take long, and fail
        if os.path.lexists(self.standing):
            before = self.stands or before
            before.state = OLDER
            self._move(self.standing, before)
            records = [*(one for one in records if one is not before), before]
        beside.rename(self.standing)
        record.state, record.folder = STANDS, self._relative(self.standing)
        self._write([*(one for one in records if one.state != STANDS), record])
        if again and again.state != STANDS:
            shutil.rmtree(self._root / again.folder, ignore_errors=True)

    def adopt(self, record):
        """Take note of what stands already."""
        record.state, record.folder = STANDS, self._relative(self.standing)
        self._write([*self.records, record])

    def _move(self, folder, record):
        self._folder.mkdir(parents=True, exist_ok=True)
        taken = {int(name) for name in os.listdir(self._folder) if name.isdecimal()}
        target = self._folder / str(max(taken, default=0) + 1)
        shutil.move(folder, target)
        record.folder = self._relative(target)

    def _relative(self, path):
        return os.path.relpath(path, self._root)

    def _write(self, records):
        self._folder.mkdir(parents=True, exist_ok=True)
        new = self._folder / ".attempts.json"
        new.write_text(json.dumps([dataclasses.asdict(record) for record in records], indent=1) + "\n", encoding="utf-8")
        new.replace(self._folder / "attempts.json")
        self.records = records


def digest(folder):
    """A digest of all files in a folder but for timestamp.txt, whatever is beside them that is no file."""
    whole, found = hashlib.sha256(), {}
    for inside, _, names in os.walk(folder):
        for name in names:
            path = Path(inside, name)
            if path.is_file() and not path.is_symlink():
                found[os.path.relpath(path, folder)] = path
    found.pop(files.TIMESTAMP, None)
    for name, path in sorted(found.items()):
        with open(path, "rb") as file:
            whole.update(os.fsencode(name) + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()
