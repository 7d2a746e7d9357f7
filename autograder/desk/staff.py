"""The desk's pages for instructors and TAs.

All that they change is changed by what the commands of the command line do, and what those say is what is shown. Students
are named in addresses by `who.Door.handle`.
"""

import io
import os
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import quote

from rich.console import Console
from tornado.web import HTTPError

from autograder import KitError
from autograder.course import export, term, timestamps, trouble
from autograder.desk.regrading import CHARACTERS, Requests, unanswered
from autograder.desk.site import Events, Notebook, StudentsPage, TryPage
from autograder.desk.tries import Tries, home

_WHY = 500  # characters of a reason
_WIDTH = 10_000  # of a line that a command says: browsers break it


@dataclass(frozen=True)
class Message:
    """What came of something that was done, to be said on the next page.

    Parameters
    ----------
    text : str
    wrong : bool
        Whether nothing was done.
    """

    text: str
    wrong: bool = False


class StaffPage(StudentsPage):
    """A page for somebody of the course's side."""

    own = False

    async def prepare(self):
        """Refuse everybody else."""
        await super().prepare()
        if not self.current_user.is_staff:
            raise HTTPError(404)

    def show(self, template_name, **names):
        """Answer with a page, which also says what came of what was done last."""
        desk, person = self.desk, self.current_user
        super().show(template_name, handle=desk.door.handle, message=person and desk.messages.pop(person.id, None),
                     troubles=list(filter(None, {desk.jobs.trouble, desk.records.trouble})), unisolated=desk.jobs.refusal,
                     length=desk.jobs.length, **names)

    async def overview(self, name):
        """The `overview.Overview` of an assignment."""
        try:
            return await self.desk.overviews.of(self.assignment(name).name)
        except KitError as reason:
            raise HTTPError(503, str(reason)) from None

    async def student(self, name, handle):
        """The id of a student by what addresses say, from roster and tries.

        Raises
        ------
        HTTPError
            If nobody is called so.
        """
        known = await self.desk.records.known()
        ids = {*known.roster.students, *await self.desk.in_thread(_there, self.desk.course, self.assignment(name).name)}
        found = [one for one in ids if self.desk.door.handle(one) == handle]
        if not found:
            raise HTTPError(404, "There is no such student.")
        return found[0]

    async def a_try(self, name, handle, number):
        """A student's try, by what its address says."""
        one = Tries(self.desk.course, name, await self.student(name, handle)).get(number)
        if one is None:
            raise HTTPError(404, "There is no such try.")
        return one

    async def do(self, did, function, *arguments, said=None, **details):
        """Do something, have it said on the next page, and note it.

        Parameters
        ----------
        did : str
            For the operator's log, as `details`.
        function : callable
            Run in a thread; a `KitError` says why nothing was done.
        said : str, optional
            What is to be said. Default: what a command has said to its console, the first argument.

        Returns
        -------
        bool
            Whether it was done.
        """
        console = Console(file=io.StringIO(), width=_WIDTH, color_system=None, emoji=False)
        try:
            await self.desk.in_thread(function, *(() if said else (console,)), *arguments)
            message = Message(said or console.file.getvalue().strip())
        except KitError as reason:
            message = Message(str(reason), wrong=True)
        except OSError as error:
            message = Message(trouble.sentence(error), wrong=True)
        self.desk.messages[self.current_user.id] = message
        if not message.wrong:
            self.desk.records.forget()
            self.desk.overviews.forget()
            self.desk.note(self.current_user, did, **details)
        return not message.wrong


class Assignments(StaffPage):
    """All assignments."""

    async def get(self):
        """Show them."""
        known = await self.desk.records.known()
        names = [assignment.name for assignment in self.desk.assignments]
        counts = await self.desk.in_thread(lambda: {name: _counts(self.desk.course, name) for name in names})
        released = [name for (name, _), decision in known.decisions.items() if decision.released]
        self.show("course.html.j2", assignments=self.desk.assignments, due=known.due, counts=counts, roster=known.roster.students,
                  released={name: released.count(name) for name in names})


class Class(StaffPage):
    """An assignment and its class."""

    async def get(self, name):
        """Show it."""
        view = await self.overview(name)
        now = timestamps.now()
        works = [row.work for row in view.rows.values()]
        owed = [work for work in works if view.status.owed(work) and work.entered and not view.rows[work.student.id].tries]
        missing = [work for work in owed if not view.status.time_left(work, now)]
        self.show("class.html.j2", assignment=view.status.assignment, due=view.status.due, numbers=view.numbers, rows=view.rows,
                  titles=self.desk.titles(view.status.assignment), works=works, missing=missing,
                  yet=[work for work in owed if work not in missing], by_program=[
                      work for work in works if work.handed_in and not work.graded and not work.trouble
                      and not view.rows[work.student.id].waiting],
                  ready=sum(work.complete and not work.decision.released or work.changed and work.complete for work in works))


class Student(StaffPage):
    """One student and an assignment."""

    async def get(self, name, handle):
        """Show them."""
        view = await self.overview(name)
        student, assignment = await self.student(name, handle), view.status.assignment
        row = view.rows.get(student)
        if row is None:
            raise HTTPError(404, "There is no such student.")
        standing = await self.desk.standing(assignment, student)
        self.show("student.html.j2", assignment=assignment, row=row, work=row.work, due=view.status.due, standing=standing,
                  tries=await self.desk.in_thread(lambda: list(map(_looked, reversed(standing["tries"])))), characters=CHARACTERS,
                  at=self.url("course", name, handle, ""))


class Whole(StaffPage):
    """A try, with all that there is to know."""

    async def get(self, name, handle, number):
        """Show it."""
        await self.show_try(await self.a_try(name, handle, number), self.url("course", name, handle, ""), whole=True)


class Shown(StaffPage, TryPage):
    """A try as its student sees it."""

    async def get(self, name, handle, number):
        """Show it."""
        await self.show_try(await self.a_try(name, handle, number), self.url("course", name, handle, ""))


class TheirEvents(StaffPage, Events):
    """How a student's try comes along."""


class TheirNotebook(StaffPage, Notebook):
    """The notebook of a student's try, as it was graded."""

    async def get(self, name, handle, number):
        """Show it."""
        one = await self.a_try(name, handle, number)
        if one.waits or one.failure:
            raise HTTPError(404, "This try is not graded.")
        self.write(await self.desk.notebook_page(one, whole=True))


class File(StaffPage):
    """A file as it was handed in: for the disk, and never for the browser to show."""

    async def get(self, name, handle, number, place):
        """Send it."""
        one = await self.a_try(name, handle, number)
        if int(place) >= len(one.uploaded):
            raise HTTPError(404, "There is no such file.")
        called, path = one.uploaded[int(place)]
        contents = await self.desk.in_thread(path.read_bytes)
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{quote(called.encode('utf-8', 'replace'), safe='')}")
        self.desk.note(self.current_user, "took a file", assignment=name, student=one.student, number=one.number)
        self.write(contents)


class Extend(StaffPage):
    """More time for a student."""

    async def post(self, name, handle):
        """Give it, or take it back."""
        student = await self.student(name, handle)
        text, why = self.get_body_argument("time", ""), self.get_body_argument("why", "")[:_WHY]
        if await self.do("gave time", term.extend, self.desk.course, name, student, text, why, assignment=name, student=student,
                         time=text[:_WHY]):
            await self.desk.recount(name, student)  # what was late is not, and may be the best now
        self.back("course", name, handle, "")


class Excuse(StaffPage):
    """Nothing is expected of a student."""

    async def post(self, name, handle):
        """Excuse, or not any more."""
        student, undo = await self.student(name, handle), bool(self.get_body_argument("undo", ""))
        await self.do("took an excuse back" if undo else "excused", term.excuse, self.desk.course, name, student,
                      self.get_body_argument("why", "")[:_WHY], undo, assignment=name, student=student)
        self.back("course", name, handle, "")


class Release(StaffPage):
    """Grades and feedback are given out: everybody's whose grade is complete, or one student's."""

    async def post(self, name, handle=None):
        """Give them out, or take them back."""
        student = handle and await self.student(name, handle)
        undo, whose = bool(self.get_body_argument("undo", "")), {"student": student} if student else {}
        await self.do("took grades back" if undo else "released grades", export.release, self.desk.course,
                      self.assignment(name).name, [student] if student else (), undo, assignment=name, **whose)
        self.back("course", name, *([handle] if handle else []), "")


class Again(StaffPage):
    """A try is graded once more."""

    async def post(self, name, handle, number):
        """Put it into the line."""
        one = await self.a_try(name, handle, number)
        job = await self.desk.again(one)
        await self.do("had a try graded again", lambda: None, said=f"Try {one.number} is graded again.", assignment=name,
                      student=one.student, number=one.number)
        self.desk.recount_after(job)  # it may be the best no more, or now
        self.back("course", name, handle, "")


class AllAgain(StaffPage):
    """All tries that could not be graded are graded once more."""

    async def post(self, name):
        """Put them into the line."""
        rows = (await self.overview(name)).rows.values()
        failed = [one for row in rows for one in row.tries if one.number in row.failed]
        for one in failed:
            self.desk.recount_after(await self.desk.again(one))
        await self.do("had what failed graded again", lambda: None, said=f"Graded again: {len(failed)}.", assignment=name)
        self.back("course", name, "")


class Count(StaffPage):
    """Which try counts, whatever the rule says."""

    async def post(self, name, handle):
        """Decide, or leave it to the rule again."""
        student, number = await self.student(name, handle), self.get_body_argument("number", "")
        tries = Tries(self.desk.course, name, student)
        one = tries.get(number) if number else None
        if number and not (one and one.look and one.look.usable):
            raise HTTPError(400, "There is no notebook in that try that could be run.")
        said = f"Try {one.number} counts from now on, also when others come." if one else "The rule says again which try counts."
        if await self.do("decided which try counts", tries.decide, one and one.number, said=said, assignment=name, student=student,
                         number=one and one.number):
            await self.desk.recount(name, student)
        self.back("course", name, handle, "")


class Answer(StaffPage):
    """The answer to a regrade request."""

    async def post(self, name, handle):
        """Keep it."""
        student = await self.student(name, handle)
        requests = Requests(Tries(self.desk.course, name, student))
        await self.do("answered a request", requests.answer, self.get_body_argument("text", ""), self.current_user.id,
                      timestamps.now(), said="The answer stands beside the request, where the student reads it.", assignment=name,
                      student=student)
        self.back("course", name, handle, "")


def _there(course, name):
    """Ids of whoever has something below submitted/ or at the desk."""
    folder = home(course) / name
    return {*course.everybody(), *(os.listdir(folder) if folder.is_dir() else ())}


def _counts(course, name):
    folder = home(course) / name
    return SimpleNamespace(handed_in=len(course.students(name)), failed=len(list(folder.glob("*/*/failed.txt"))),
                           requests=len(unanswered(course, name)))


def _looked(one):
    """A try with what is on disk of it, read once and not by a template."""
    report = one.report
    return SimpleNamespace(one=one, look=one.look, report=report, failure=one.failure, waits=one.waits,
                           score=report.score if report else None)


_CLASS = r"course/([\w.-]+)/"
_STUDENT = _CLASS + r"([\w-]{16})/"
_TRY = _STUDENT + r"tries/(\d{1,6})"
STAFF = [
    (r"course/", Assignments), (_CLASS, Class), (_CLASS + "release", Release), (_CLASS + "again", AllAgain), (_STUDENT, Student),
    (_STUDENT + "extend", Extend), (_STUDENT + "excuse", Excuse), (_STUDENT + "release", Release), (_STUDENT + "count", Count),
    (_STUDENT + "answer", Answer), (_TRY, Whole), (_TRY + "/shown", Shown), (_TRY + "/events", TheirEvents),
    (_TRY + "/notebook", TheirNotebook), (_TRY + "/again", Again), (_TRY + r"/files/(\d{1,3})", File),
]
