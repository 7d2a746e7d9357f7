"""The desk at work: what its pages share, and the server."""

import asyncio
import json
import logging
import os
import signal
from concurrent.futures import ThreadPoolExecutor

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, StaticFileHandler

from autograder import KitError
from autograder.course import feedback, sheets, timestamps
from autograder.course.handed_in import no_id
from autograder.course.roster import Student
from autograder.desk import counting, programs, results, site, staff
from autograder.desk.house import LOST, MET
from autograder.desk.jobs import Jobs
from autograder.desk.overview import Overviews
from autograder.desk.records import Records
from autograder.desk.settings import ITEMS, RECEIPT, Desk
from autograder.desk.tries import REPORT, Tries, home, waiting
from autograder.desk.who import LINK, STUDENT, Door, Person
from autograder.grading import notebook as notebooks

_BODY_BYTES = 64 * 2**10  # of all but what is handed in
_BODY_SECONDS = 120
_PAGE_SECONDS = 60
_log = logging.getLogger("autograder.desk")


class TheDesk:
    """What all pages share.

    Parameters
    ----------
    course : Course
    graders : int
        How many tries are graded at once.
    scheduler : str, optional
        Address of a Dask scheduler.
    base : str
        Where the desk is below its host: "/", or a path that ends with one.

    Attributes
    ----------
    settings, door, records, overviews, jobs
    ways : list of (str, str)
        Other ways to sign in than by a link: (address, what it is called).
    vouchers : list
        Coroutine functions that say whose another token than that of a link is: token -> `Person`, None if nobody's.
    uploads : int
        How many there are at this moment.
    messages : dict
        Id of somebody of the staff -> the `staff.Message` that the next page begins with.
    """

    def __init__(self, course, graders, scheduler=None, base="/"):
        self.course, self.base = course, base
        self.settings = Desk.of(course)
        self.door = Door(course, self.settings.staff)
        self.records = Records(course, lambda: course.built)
        self.jobs = Jobs(course, graders, scheduler)
        self.vouchers = []
        self.zone = feedback.time_zone(course)
        self.title = course.directory.course_id or course.root.name
        self.ways, self.uploads = [], 0
        self.overviews, self.messages = Overviews(course, self.in_thread), {}
        self._assignments, self._locks = {}, {}
        self._files = ThreadPoolExecutor(8, thread_name_prefix="files")

    @property
    def assignments(self):
        """All that is built: a list of `Assignment`."""
        return [self.assignment(name) for name in self.course.built]

    def assignment(self, name):
        """An assignment as it is built now, None if there is none."""
        made = self.course.built.get(name)
        if made is None:
            return None
        if self._assignments.get(name, (None, None))[0] != made:
            self._assignments[name] = made, self.course.assignment(name)
        return self._assignments[name][1]

    def titles(self, assignment):
        """Of each item its title, in the notebook's order, as text."""
        return notebooks.titles(assignment.released_notebook)

    def cookies(self, request):
        """What every cookie of ours is: for this desk alone, for no script, and only under TLS where there is any."""
        return {"path": self.base, "httponly": True, "samesite": "Lax", "secure": request.protocol == "https"}

    async def sender(self, token):
        """For whom a program acts that sends this token: a `Person`, a student here whatever they are else, or None."""
        holder = self.door.holder(token, (await self.records.known()).roster.students)
        person = self.door.admit(holder, LINK) if holder else None
        for voucher in self.vouchers:
            person = person or await voucher(token)
        return person and Person(person.id, STUDENT, person.by)

    async def in_thread(self, function, *arguments):
        """What a function that works with files returns."""
        return await asyncio.get_running_loop().run_in_executor(self._files, function, *arguments)

    async def standing(self, assignment, student):
        """How a student stands with an assignment; see `site.standing`."""
        known = await self.records.known()
        return await self.in_thread(site.standing, self.course, self.settings, known, assignment, student, timestamps.now())

    async def hand_in(self, assignment, person, contents):
        """Keep a try of somebody's, and put it into the line.

        Raises
        ------
        HTTPError
            If it is not taken; then it is not kept either.
        """
        if reason := no_id(person.id):
            raise HTTPError(403, f"Nothing can be handed in under your id, as it {reason}. Please tell your instructor.")
        async with self._locks.setdefault(person.id, asyncio.Lock()):
            standing = await self.standing(assignment, person.id)
            if standing["closed"]:
                raise HTTPError(403, standing["closed"])
            if standing["left"] < 1:
                then = feedback.said_time(standing["next"], self.zone)
                raise HTTPError(429, f"You have no try left now; the next is yours at {then}.")
            try:
                one = await self.in_thread(
                    Tries(self.course, assignment.name, person.id).hand_in, contents, timestamps.now())
            except OSError as error:
                _log.error("a try could not be kept: %s", error)
                raise HTTPError(507, "There is no room left here, so your work could NOT be kept. Please tell your instructor, and "
                                     "try again later.") from None
        self.note(person, "handed in", assignment=assignment.name, number=one.number, digest=one.receipt.digest)
        asyncio.ensure_future(self.take(one))
        return one

    async def take(self, one):
        """Have a try graded; where others wait it is looked at before, so that what is wrong with a file is said at once."""
        look = self.jobs.look(one)
        if self.jobs.length or not self.jobs.idle:
            await look.done.wait()
        self.jobs.grade(one)

    def state(self, one):
        """How a try comes along, as a dict that says no more than its student may know."""
        if one.failure:
            return {"state": "failed"}
        if not one.waits:
            return {"state": "done"}
        job = self.jobs.of(one)
        state = {"state": "running" if job and job.running else "waiting", "before": self.jobs.place(job) if job else 0,
                 "items": {}}
        shown = self.settings.shown(one.assignment)
        if job and job.items and shown != RECEIPT:
            assignment = self.assignment(one.assignment)
            withheld = results.withheld(assignment)
            words = {LOST: "checked" if shown == ITEMS else "lost", MET: "checked" if shown == ITEMS else "met"}
            state["items"] = {item.id: "checked" if item.id in withheld else words[now]
                              for item, now in zip(assignment.items, job.items) if now in words}
        return state

    async def told(self, assignment, report, result, shown, recorded):
        """What may be told of a try that has a report; of one that is `recorded` the gradebook says more. See `results.told`."""
        if recorded:
            known = await self.records.ask(lambda gradebook: gradebook.results(assignment, [result.student]))
            result = known.get(result.student, result)
        return await self.in_thread(results.told, assignment, report, result, shown)

    async def notebook_page(self, one, whole):
        """The page of a try's notebook as it was graded, with all of its result or without what is told with the grade."""
        page, report = one.page(whole), one.folder / REPORT
        # what people give by hand can change at any time
        if whole or not page.exists() or page.stat().st_mtime_ns < report.stat().st_mtime_ns:
            try:
                await asyncio.wait_for(self.jobs.lay_out(one, whole).done.wait(), _PAGE_SECONDS)
            except TimeoutError:
                pass
        if not page.exists():
            raise HTTPError(503, "The page could not be made just now. Please try again in a minute.")
        return await self.in_thread(page.read_text, "utf-8")

    async def choose(self, person, one):
        """Let this try count, and no other."""
        await self.in_thread(Tries(self.course, one.assignment, one.student).choose, one.number)
        self.note(person, "chose", assignment=one.assignment, number=one.number)
        await self.again(one)

    async def again(self, one):
        """Have a try graded once more; returns its `jobs.Job`."""
        await self.in_thread(one.again)
        return self.jobs.grade(one)

    async def recount(self, assignment, student):
        """Let that try stand in the course which counts by now, where people have changed what decides that."""
        rule = self.settings.counting(assignment)
        try:
            one = await self.in_thread(counting.displaced, self.course, assignment, student, rule)
        except KitError as error:
            _log.warning("which try of %s counts could not be looked up: %s", assignment, error)
            return
        if one and not one.waits:
            await self.again(one)

    def recount_after(self, job):
        """The same when a job is done."""
        async def wait():
            await job.done.wait()
            await self.recount(job.one.assignment, job.one.student)

        asyncio.ensure_future(wait())

    def note(self, person, what, **details):
        """Write into the operator's log who did what."""
        entry = {"time": f"{timestamps.now():%Y-%m-%d %H:%M:%S} UTC", "who": person.id, "role": person.role, "did": what} | details
        try:
            log = os.open(home(self.course) / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(log, "a", encoding="utf-8") as log:
                log.write(json.dumps(entry) + "\n")
        except OSError as error:
            _log.error("the log cannot be written: %s", error)

    def application(self, pages=()):
        """The web application.

        Parameters
        ----------
        pages : iterable
            More of them, such as those of another way to sign in: (pattern below `base`, handler), as for Tornado.
        """
        pages = *pages, *programs.PROGRAMS
        root = self.base.rstrip("/")
        routes = [(f"{root}/{pattern}", *handler) for pattern, *handler in (*pages, *staff.STAFF, *site.STUDENTS)]
        routes.append((f"{root}/static/(.*)", _Static, {"path": str(os.path.join(os.path.dirname(__file__), "static"))}))
        application = Application(
            routes, default_handler_class=_Nowhere, cookie_secret=self.door.cookie_secret, xsrf_cookies=True,
            xsrf_cookie_name="form", xsrf_cookie_kwargs={"path": self.base, "httponly": True, "samesite": "Lax"},
            log_function=lambda handler: None, autoreload=False)
        application.desk = self
        return application


class _Static(StaticFileHandler):
    def set_default_headers(self):
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")


class _Nowhere(site.Page):
    def prepare(self):
        raise HTTPError(404)


def serve(desk, host, port, behind_proxy=False, pages=(), say=print):
    """Open the desk, until it is told to stop.

    Parameters
    ----------
    desk : TheDesk
    host, port
        Where to listen.
    behind_proxy : bool
        Whether a proxy stands before it, which says who asks and by which protocol; otherwise anybody could say so.
    pages : iterable
        See `TheDesk.application`.
    say : callable
        Is told, as a sentence, when the desk is open and when something is in its way.

    Raises
    ------
    KitError
        If the address is taken.
    """
    try:
        sockets = bind_sockets(port, host)
    except OSError as error:
        raise KitError(f"nobody can listen at {host}:{port} ({error.strerror}); is another desk open there? --port takes "
                       "another place") from None
    asyncio.run(_run(desk, sockets, behind_proxy, pages, say))


async def _run(desk, sockets, behind_proxy, pages, say):
    server = HTTPServer(desk.application(pages), max_body_size=_BODY_BYTES, max_buffer_size=2**21, body_timeout=_BODY_SECONDS,
                        idle_connection_timeout=_BODY_SECONDS, xheaders=behind_proxy)
    server.add_sockets(sockets)
    jobs = asyncio.ensure_future(desk.jobs.run())
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    left = await desk.in_thread(waiting, desk.course)
    for one in left:
        desk.jobs.grade(one)
    host, port = sockets[0].getsockname()[:2]
    say(f"the desk is open at http://{host}:{port}{desk.base}"
        + (f"; {len(left)} tries from before are graded now" if left else ""))
    warning = asyncio.ensure_future(_warn(desk, say))
    await stop.wait()
    warning.cancel()
    server.stop()
    jobs.cancel()
    await asyncio.gather(jobs, return_exceptions=True)


async def _warn(desk, say):
    """Say aloud if student code runs without isolation, as soon as that is known."""
    await desk.jobs.ready.wait()
    if desk.jobs.refusal:
        say(f"WARNING: grading WITHOUT isolation ({desk.jobs.refusal}): student code can read every file that you can, the hidden "
            "tests included")


def write_links(desk, path, url):
    """Write a personal link for everybody in the roster, and for the staff, as CSV; returns how many there are."""
    with desk.course.open_gradebook() as gradebook:
        students = gradebook.students()
    root = url.rstrip("/")
    rows = [["id", "name", "email", "role", "link"]]
    for one in [*students, *map(Student, sorted({*desk.settings.staff} - {one.id for one in students}))]:
        rows.append([one.id, one.name, one.email, desk.door.admit(one.id, LINK).role, f"{root}/enter/{desk.door.token(one.id)}"])
    sheets.write(path, rows, mode=0o600)
    return len(rows) - 1
