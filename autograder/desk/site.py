"""The desk's pages for students, and what all of its pages have in common."""

import asyncio
import datetime
import json
import logging
import re
from http import HTTPStatus

from tornado.httputil import HTTPInputError, parse_body_arguments
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from autograder import KitError
from autograder.course import feedback, mathml, timestamps
from autograder.course.attempts import Attempts
from autograder.course.templating import template
from autograder.desk import results
from autograder.desk.counting import counting
from autograder.desk.regrading import CHARACTERS, Requests
from autograder.desk.settings import BEST, CHOSEN, EVERYTHING, RECEIPT
from autograder.desk.tries import UPLOAD_BYTES, UPLOAD_FILES, Tries, allowance
from autograder.desk.who import HUB, LINK

_PACKAGE = "autograder.desk"
_FORM_BYTES = 64 * 2**10  # of what is around an upload
_TRIES_AN_HOUR = 60  # that are kept of anybody, also of files that are no notebook
_UPLOADS = 40  # at the same time
_TELL_SECONDS = 0.3
_ONLY_HERE = re.compile(  # with this a page that is kept as a file can do nothing
    r'<(form|script|noscript)\b.*?</\1>|<a [^>]*href="/[^>]*>(.*?)</a>', re.DOTALL)
SESSION = "session"
_log = logging.getLogger("autograder.desk")


class Page(RequestHandler):
    """A page of the desk.

    Attributes
    ----------
    program : bool
        Whether a program asks, which says by a token in a header for whom: no page elsewhere can have a browser send that.
    """

    program = False

    @property
    def desk(self):
        """The `serve.TheDesk` that all pages belong to."""
        return self.application.desk

    def set_default_headers(self):
        """Nothing is cached, framed, sniffed or fetched from elsewhere, and no script runs but the desk's own file."""
        self.clear_header("Server")
        for name, value in {
            "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
            "img-src 'self' data:; font-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
            "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
        }.items():
            self.set_header(name, value)

    def get_current_user(self):
        """Who is signed in: a `who.Person`, or None."""
        return self.desk.door.person(self.get_signed_cookie(SESSION, max_age_days=1))

    def sign_in(self, person):
        """Begin a session."""
        self.set_signed_cookie(SESSION, self.desk.door.session(person), expires_days=None, **self.desk.cookies(self.request))
        self.desk.note(person, "signed in", by=person.by)

    def url(self, *parts):
        """An address of the desk."""
        return self.desk.base + "/".join(map(str, parts))

    def back(self, *parts):
        """Send the browser to a page with a GET."""
        self.redirect(self.url(*parts), status=HTTPStatus.SEE_OTHER)

    def show(self, template_name, **names):
        """Answer with a page."""
        person = self.current_user
        page = template(template_name, _PACKAGE).render(
            base=self.desk.base, person=person, kept=self.program, form=self.xsrf_form_html, said=self.said,
            course_title=self.desk.title, now=self.said(timestamps.now()), **names)
        self.write(_ONLY_HERE.sub(r"\2", page) if self.program else page)

    def said(self, time):
        """A time in UTC as it is shown, with its zone; "" if there is none."""
        return feedback.said_time(time, self.desk.zone)

    def write_error(self, status_code, **details):
        """A page that says what is wrong, in a sentence, and nothing of our own."""
        error = details.get("exc_info", (None, None))[1]
        sentence = error.get_message() if isinstance(error, HTTPError) else None
        if isinstance(error, KitError):
            sentence = "Something that is needed is not at hand just now. Nothing is lost; please try again in a minute."
        sentence = sentence or _SENTENCES.get(
            status_code, "Something went wrong here, and it was noted. Nothing is lost; please try again.")
        if self.wants_json:
            self.write({"error": sentence})
        else:
            self.show("message.html.j2", title=f"{HTTPStatus(status_code).phrase}", sentence=sentence)

    @property
    def wants_json(self):
        """Whether who asks wants no page."""
        return self.request.headers.get("Accept") == "application/json"

    def check_xsrf_cookie(self):
        """Refuse a form that is not ours, in our own words."""
        try:
            super().check_xsrf_cookie()
        except HTTPError:
            raise HTTPError(403) from None

    def log_exception(self, kind, value, trace):
        """Into the operator's log, without addresses, which hold tokens."""
        if not isinstance(value, HTTPError):
            _log.error("%s: %s", type(self).__name__, value, exc_info=(kind, value, trace))

    def assignment(self, name):
        """An assignment by its name.

        Raises
        ------
        HTTPError
            If there is none.
        """
        assignment = self.desk.assignment(name)
        if assignment is None:
            raise HTTPError(404, "There is no such assignment.")
        return assignment


class StudentsPage(Page):
    """A page for somebody who is signed in."""

    own = True  # what it shows is of the person who is signed in

    async def prepare(self):
        """Refuse whoever is not."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            self.program, self.current_user = True, await self.desk.sender(token)
        if self.current_user is None:
            link = "open the link in your course" if self.desk.settings.lti else "open your personal link"
            how = "sign in" if self.desk.ways else link
            raise HTTPError(403, f"You are not signed in, or your session is over. Please {how} again.")

    async def standing(self, assignment):
        """How the signed-in student stands with an assignment: a dict for the templates."""
        return await self.desk.standing(assignment, self.current_user.id)

    async def a_try(self, name, number):
        """A try of the signed-in student, by what its address says.

        Raises
        ------
        HTTPError
            If there is none.
        """
        one = Tries(self.desk.course, self.assignment(name).name, self.current_user.id).get(number)
        if one is None:
            raise HTTPError(404, "There is no such try.")
        return one

    async def show_try(self, one, above, whole=False):
        """Answer with the page of a try.

        Parameters
        ----------
        one : tries.Try
        above : str
            The address of the page that it is below.
        whole : bool
            Whether all of it is told, whatever the student may know.
        """
        name, assignment = one.assignment, self.assignment(one.assignment)
        known = await self.desk.records.known()
        released = known.decision(name, one.student).released is not None
        standing = await self.desk.standing(assignment, one.student)
        shown = None if released or whole else self.desk.settings.shown(name)
        state, report = self.desk.state(one), await self.desk.in_thread(lambda: one.report)
        result = results.of_try(one, report, known.roster.students.get(one.student), known.due.get(name),
                                known.extensions.get((name, one.student)))
        told = {}
        if state["state"] == "done" and report and shown != RECEIPT:
            counts = standing["stands" if whole else "counts"]
            recorded = (released or whole) and counts and counts.number == one.number
            told = await self.desk.told(assignment, report, result, shown, recorded)
        self.show("try.html.j2", one=one, look=one.look, state=state, told=told, shown=shown, released=released, standing=standing,
                  above=above, own=self.own, whole=whole, titles=self.desk.titles(assignment), font=mathml.font(),
                  report=report, facts=feedback.facts(self.desk.course, result, ""), **{"assignment": assignment} | told)


class Home(Page):
    """All assignments, or how to sign in."""

    async def get(self):
        """Show it."""
        person = self.current_user
        if person is None:
            self.show("signed_out.html.j2", ways=self.desk.ways, lms=self.desk.settings.lti)
        elif person.is_staff:
            self.back("course", "")
        else:
            works = [(assignment, await self.desk.standing(assignment, person.id)) for assignment in self.desk.assignments]
            known = await self.desk.records.known()
            self.show("home.html.j2", works=works, name=known.name(person.id),
                      has_link=person.by != HUB and person.id in known.roster.students)


class Enter(Page):
    """Signing in by a personal link.

    Opening it shows who would be signed in, and a button: a page elsewhere must not be able to sign somebody in as somebody
    else, who then hands their work in there.
    """

    async def get(self, token):
        """Ask."""
        person = await self._holder(token)
        known = await self.desk.records.known()
        self.show("enter.html.j2", name=known.name(person.id), id=person.id, token=token)

    async def post(self, token):
        """Sign in."""
        self.sign_in(await self._holder(token))
        self.back("")

    async def _holder(self, token):
        door, address = self.desk.door, self.request.remote_ip
        if not door.may_try(address):
            raise HTTPError(429, "There were too many links that do not exist. Please try again in ten minutes.")
        known = await self.desk.records.known()
        holder = door.holder(token, known.roster.students)
        if holder is None:
            door.failed(address)
            raise HTTPError(404, "This link is not one of ours, or is no longer in use. Please ask your instructor for a new one.")
        return door.admit(holder, LINK)


class Leave(StudentsPage):
    """Signing out."""

    async def post(self):
        """End the session in this browser."""
        self.clear_cookie(SESSION, path=self.desk.base)
        self.back("")


class Work(StudentsPage):
    """An assignment, with the form to hand in and all tries so far."""

    async def get(self, name):
        """Show it."""
        assignment = self.assignment(name)
        self.show("work.html.j2", assignment=assignment, standing=await self.standing(assignment), font=mathml.font(),
                  most=f"{UPLOAD_BYTES // 2**20} MB", characters=CHARACTERS)


@stream_request_body
class HandIn(StudentsPage):
    """Takes what is handed in: on disk first, then the receipt."""

    async def prepare(self):
        """Take no body of anybody who is not signed in, and only so many at the same time."""
        await super().prepare()
        self._body, self._counted = bytearray(), False
        if int(self.request.headers.get("Content-Length") or 0) > UPLOAD_BYTES + _FORM_BYTES:
            raise HTTPError(413, f"That is more than {UPLOAD_BYTES // 2**20} MB: leave out what is not needed, such as data that "
                                 "you were given, or clear the notebook's outputs.")
        if self.desk.uploads >= _UPLOADS:
            raise HTTPError(503, "Many are handing in at this very moment. Please try again in a few seconds.")
        self.request.connection.set_max_body_size(UPLOAD_BYTES + _FORM_BYTES)
        self.desk.uploads += 1
        self._counted = True

    def data_received(self, chunk):
        """Take in a part of the body."""
        self._body += chunk

    def check_xsrf_cookie(self):
        """When the body is there; see `post`."""

    def on_finish(self):
        """Make room for the next."""
        if self._counted:
            self._counted = False
            self.desk.uploads -= 1

    on_connection_close = on_finish

    async def post(self, name):
        """Keep it, and say so."""
        assignment = self.assignment(name)
        fields, found = {}, {}
        try:
            parse_body_arguments(self.request.headers.get("Content-Type", ""), bytes(self._body), fields, found)
        except HTTPInputError:
            raise HTTPError(400, "What arrived is not what a form sends; please try again.") from None
        self.request.arguments.update(fields)
        if not self.program:
            super().check_xsrf_cookie()
        contents = [(file.filename, file.body) for files in found.values() for file in files if file.filename]
        if not contents:
            raise HTTPError(400, "No file was chosen. Choose your notebook, and the files that it needs beside it.")
        if len(contents) > UPLOAD_FILES:
            raise HTTPError(400, f"Those are more than {UPLOAD_FILES} files; pack them into one zip file.")
        one = await self.desk.hand_in(assignment, self.current_user, contents)
        if self.wants_json:
            self.write({"number": one.number, "time": one.receipt.time, "digest": one.receipt.digest,
                        "page": self.url("work", name, "tries", one.number)})
        else:
            self.back("work", name, "tries", one.number)


class TryPage(StudentsPage):
    """A try: its receipt, and its result as far as it may be told."""

    async def get(self, name, number):
        """Show it."""
        await self.show_try(await self.a_try(name, number), self.url("work", name, ""))


class Events(StudentsPage):
    """How a try comes along, as server-sent events."""

    async def get(self, *address):
        """Tell it until there is a result."""
        one = await self.a_try(*address)
        self.set_header("Content-Type", "text/event-stream")
        self.request.connection.stream.set_nodelay(True)  # what is small is told at once too
        last = None
        try:
            while True:
                state = self.desk.state(one)
                if state != last:
                    last = state
                    self.write(f"data: {json.dumps(state)}\n\n")
                    await self.flush()
                if state["state"] not in ("waiting", "running"):
                    return
                job = self.desk.jobs.of(one)
                try:
                    await asyncio.wait_for(job.done.wait() if job else asyncio.sleep(_TELL_SECONDS), _TELL_SECONDS)
                except TimeoutError:
                    pass
        except StreamClosedError:
            pass


class Notebook(StudentsPage):
    """A try's notebook, as it was graded."""

    async def get(self, name, number):
        """Show it, if all may be told."""
        one = await self.a_try(name, number)
        known = await self.desk.records.known()
        released = known.decision(name, one.student).released is not None
        if not (released or self.desk.settings.shown(name) == EVERYTHING) or one.waits or one.failure:
            raise HTTPError(404, "This is not shown before the grades are given out.")
        self.write(await self.desk.notebook_page(one, bool(released)))


class Ask(StudentsPage):
    """A regrade request."""

    async def post(self, name):
        """Keep it."""
        assignment, student = self.assignment(name), self.current_user.id
        known = await self.desk.records.known()
        if not known.decision(assignment.name, student).released:
            raise HTTPError(403, "You can ask for that when the grade has been given out.")
        requests = Requests(Tries(self.desk.course, assignment.name, student))
        try:
            await self.desk.in_thread(requests.ask, self.get_body_argument("text", ""), timestamps.now())
        except KitError as reason:
            raise HTTPError(400, str(reason)) from None
        except OSError as error:
            raise HTTPError(507, "There is no room left here, so your text could NOT be kept; tell your instructor.") from error
        self.desk.overviews.forget()
        self.desk.note(self.current_user, "asked for a regrade", assignment=assignment.name)
        self.redirect(self.url("work", name, "#requests"), status=HTTPStatus.SEE_OTHER)


class Choose(StudentsPage):
    """The choice of the try that is to count."""

    async def post(self, name, number):
        """Take it."""
        one = await self.a_try(name, number)
        if self.desk.settings.counting(name) != CHOSEN:
            raise HTTPError(403, "Which try counts is not for students to choose here.")
        known = await self.desk.records.known()
        if known.decision(name, one.student).released:
            raise HTTPError(403, "The grade has been given out; what counts cannot be changed any more.")
        if Tries(self.desk.course, name, one.student).decided:
            raise HTTPError(403, "Your instructors have decided which try counts; please ask them.")
        if not (one.look and one.look.usable):
            raise HTTPError(400, "There is no notebook in that try that could be run.")
        await self.desk.choose(self.current_user, one)
        self.back("work", name, "")


_SENTENCES = {
    403: "This form was open for too long, or was not ours. Go back, load the page again, and send it once more.",
    404: "There is no such page.",
    405: "There is no such page.",
    413: "That is more than can be taken.",
}

STUDENTS = [
    (r"", Home), (r"enter/([\w-]{10,80})", Enter), (r"leave", Leave), (r"work/([\w.-]+)/", Work),
    (r"work/([\w.-]+)/hand-in", HandIn), (r"work/([\w.-]+)/tries/(\d{1,6})", TryPage),
    (r"work/([\w.-]+)/tries/(\d{1,6})/events", Events), (r"work/([\w.-]+)/tries/(\d{1,6})/notebook", Notebook),
    (r"work/([\w.-]+)/tries/(\d{1,6})/choose", Choose), (r"work/([\w.-]+)/ask", Ask),
]


def standing(course, settings, known, assignment, student, now):
    """How a student stands with an assignment, for the templates.

    Parameters
    ----------
    course : Course
    settings : settings.Desk
    known : records.Known
    assignment : assignment.Assignment
    student : str
    now : datetime.datetime

    Returns
    -------
    dict
    """
    name, rule = assignment.name, settings.counting(assignment.name)
    tries, submitted = Tries(course, name, student), Attempts(course, name, student).stands
    there = list(tries)
    decision = known.decision(name, student)
    deadline = known.deadline(name, student)
    costing = [one.receipt.at for one in there if not (one.look and not one.look.usable)]
    left, later = allowance(costing, now, settings.at_once(student), datetime.timedelta(minutes=settings.minutes_for_a_try))
    recent = sum(now - one.receipt.at < datetime.timedelta(hours=1) for one in there)
    choice, stands = tries.choice(rule), next(
        (one for one in there if submitted and one.receipt.time == submitted.time), None)
    if rule == BEST and not choice:  # told with the grade: it would tell what is not told yet
        counts = stands if decision.released else None
    else:
        counts = counting(there, rule, choice) if there else None
    return {
        "tries": there, "deadline": deadline, "late": bool(deadline and now > deadline), "extension": known.extensions.get(
            (name, student)), "rule": rule, "left": left, "next": later, "at_once": settings.at_once(student),
        "every": settings.minutes_for_a_try, "released": decision.released, "excused": decision.excused,
        "closed": _closed(decision, deadline, now) or ("You have handed in many times within an hour; please wait a little."
                                                       if recent >= _TRIES_AN_HOUR else ""),
        "shown": settings.shown(name),
        "counts": counts, "stands": stands, "decided": tries.decided, "requests": list(Requests(tries)),
    }


def _closed(decision, deadline, now):
    if decision.released and not (deadline and now < deadline):
        return "The grades of this assignment have been given out, so nothing more can be handed in here; ask your instructor."
    return ""
