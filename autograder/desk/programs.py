"""What a student's programs ask: nbgrader's Assignment List hands in here, with `exchange` as its settings."""

import functools
import hashlib
import json
from pathlib import Path

from tornado.web import HTTPError

from autograder.desk.settings import RECEIPT
from autograder.desk.site import StudentsPage
from autograder.desk.tries import REPORT, UPLOAD_BYTES, UPLOAD_FILES

_EXCHANGE = Path(__file__).with_name("exchange.py")


class Listing(StudentsPage):
    """All assignments, and the student's tries."""

    async def get(self):
        """Tell it, as JSON."""
        desk, student = self.desk, self.current_user.id
        known, works = await desk.records.known(), []
        for assignment in desk.assignments:
            released = known.decision(assignment.name, student).released
            shown = None if released else desk.settings.shown(assignment.name)
            tries = (await self.standing(assignment))["tries"]
            works.append({
                "name": assignment.name, "title": assignment.title,
                "given": await desk.in_thread(_given, desk.course, assignment.name),
                "tries": [{"number": one.number, "time": one.receipt.time, "digest": one.receipt.digest,
                           "told": _told(one, shown, released)} for one in tries]})
        self.write({"student": student, "bytes": UPLOAD_BYTES, "files": UPLOAD_FILES, "assignments": works})


class Settings(StudentsPage):
    """nbgrader's settings for whoever has a personal link, with that link."""

    async def get(self):
        """Give them, as a file."""
        person, known = self.current_user, await self.desk.records.known()
        if person.is_staff or person.id not in known.roster.students:
            raise HTTPError(404, "This is for students who have a personal link.")
        link = f"{self.request.protocol}://{self.request.host}{self.url('enter', self.desk.door.token(person.id))}"
        self.desk.note(person, "took the settings for nbgrader, with the personal link")
        self.set_header("Content-Type", "text/x-python; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="nbgrader_config.py"')
        self.write(_EXCHANGE.read_text(encoding="utf-8").replace(
            'COURSE = ""', f"COURSE = {json.dumps(self.desk.title)}", 1).replace('LINK = ""', f"LINK = {json.dumps(link)}", 1))


PROGRAMS = [(r"jupyter/list", Listing), (r"jupyter/nbgrader_config.py", Settings)]


def _told(one, shown, released):
    """What stands for all that may be told of a try now, "" if that is nothing; another one if there is something else to tell."""
    if one.waits or one.failure or shown == RECEIPT:
        return ""
    try:
        made = (one.folder / REPORT).stat().st_mtime_ns
    except FileNotFoundError:  # it has just been sent to be graded again
        return ""
    return hashlib.sha256(f"{shown} {released} {made}".encode()).hexdigest()[:16]


def _given(course, name):
    """The files beside the notebook that students are given: name -> digest."""
    return _digests(course.release / name, course.built[name])


@functools.lru_cache(maxsize=100)
def _digests(folder, made):
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".ipynb"}
