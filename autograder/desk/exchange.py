"""nbgrader's exchange by way of a desk: JupyterLab's Assignment List, `nbgrader list`, `submit` and `fetch_feedback`.

This file needs nothing but nbgrader. It is a module, and it is a nbgrader_config.py: the desk gives it to students with their
personal link filled in, to lie beside the folders of their exercises. On a JupyterHub, whose administrator has it read by all
servers, the hub's token takes the place of the link. A course without a desk goes through nbgrader's own exchange as ever.
"""

import hashlib
import http.client
import io
import json
import os
import urllib.error
import urllib.request
import uuid
import zipfile
from urllib.parse import quote, urljoin

from nbgrader.exchange import default
from nbgrader.utils import ignore_patterns
from traitlets import Dict
from traitlets import default as default_of
from traitlets.config import LoggingConfigurable

COURSE = ""
LINK = ""  # your personal link to its desk: whoever has it can hand in in your name
_SECONDS = 60
_HEAD = 400  # characters of a page in which it says what it tells


class Refused(Exception):
    """The desk does not do it; the message says why, in a sentence."""


class Desk:
    """A desk, as a student's programs talk with it.

    Parameters
    ----------
    link : str
        A personal link; or the desk's address, where a JupyterHub has put a token into the environment.
    """

    def __init__(self, link):
        address, enter, token = link.strip().rpartition("/enter/")
        self.address = f"{address if enter else link.strip().rstrip('/')}/"
        self._token = token if enter else os.environ.get("JUPYTERHUB_API_TOKEN", "")

    def ask(self, path, body=None, **headers):
        """What the desk answers (bytes) to a GET, or with a body to a POST.

        Raises
        ------
        Refused
        """
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"} | headers
        try:
            request = urllib.request.Request(self.address + path, body, {name.replace("_", "-"): headers[name] for name in headers})
            with urllib.request.build_opener(_Nowhere).open(request, timeout=_SECONDS) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(_sentence(error) or f"the desk at {self.address} answers: {error.code} {error.reason}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Refused(f"the desk at {self.address} cannot be reached ({getattr(error, 'reason', error)})") from None

    def listing(self):
        """What there is: assignments, and one's own tries."""
        try:
            return json.loads(self.ask("jupyter/list"))
        except ValueError:
            raise Refused(f"there is no desk at {self.address}") from None

    def hand_in(self, assignment, files):
        """Hand in files (name -> bytes); returns the receipt."""
        mark = uuid.uuid4().hex
        body = io.BytesIO()
        for name, text in files.items():
            name = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")  # as browsers do
            body.write(f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
                       "Content-Type: application/octet-stream\r\n\r\n".encode() + text + b"\r\n")
        body.write(f"--{mark}--\r\n".encode())
        return json.loads(self.ask(f"work/{quote(assignment)}/hand-in", body.getvalue(),
                                   Content_Type=f"multipart/form-data; boundary={mark}"))


class _Nowhere(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: the token would go along."""

    def redirect_request(self, *arguments):
        return None


class DeskExchange(LoggingConfigurable):
    """What the three have in common."""

    links = Dict(help="Of each course that has a desk your personal link; on a JupyterHub the desk's address.").tag(config=True)

    @default_of("links")
    def _links_of_the_hub(self):
        said = [value.partition(" ") for name, value in sorted(os.environ.items()) if name.startswith("AUTOGRADER_DESK")]
        return {course: address for address, _, course in said}

    def desks(self):
        """The desks of the course that is asked about, or of all, as (course, `Desk`, its listing); and why others are silent."""
        found, silent = [], []
        for course, link in self.links.items():
            if self.coursedir.course_id in ("", course):
                desk = Desk(link)
                try:
                    found.append((course, desk, desk.listing()))
                except Refused as reason:
                    silent.append(str(reason))
        return found, silent

    def work(self):
        """The desk for the assignment that is asked about, and what it lists of it; None if the course has no desk."""
        (desks, silent), wanted = self.desks(), self.coursedir.assignment_id
        for _, desk, listing in desks:
            for work in listing["assignments"]:
                if work["name"] == wanted:
                    return desk, listing, work
        if desks:
            known = ", ".join(work["name"] for _, _, listing in desks for work in listing["assignments"])
            self.fail(f"The desk has no assignment {wanted!r}; it has: {known or 'none yet'}")
        for reason in silent:
            self.fail(reason)
        return None

    def folder(self, course, assignment):
        """Where an assignment lies, or would."""
        parts = [course, assignment] if self.path_includes_course else [assignment]
        return os.path.abspath(os.path.join(self.assignment_dir, *parts))


class DeskList(DeskExchange, default.ExchangeList):
    """Lists assignments whose folder is here, and tries with their times."""

    def start(self):
        theirs = super().start() if os.path.isdir(self.root) else []
        if self.inbound or self.remove:
            return theirs
        desks, silent = self.desks()
        for reason in silent:
            (self.log.error if theirs or desks else self.fail)(reason)
        ours = [(course, listing["student"], work) for course, _, listing in desks for work in listing["assignments"]
                if self.coursedir.assignment_id in ("", work["name"])]
        known = {(one["course_id"], one["assignment_id"]) for one in theirs}
        if self.cached:
            ours = [self._submitted(*one) for one in ours if one[-1]["tries"]]
            now = {(one["course_id"], one["assignment_id"]) for one in ours}
            theirs = [one for one in theirs if (one["course_id"], one["assignment_id"]) not in now]
            self.log.info("Handed in at the desk:")
            for one in ours:
                for info in one["submissions"]:
                    self.log.info(self.format_inbound_assignment(info))
            return theirs + ours
        ours = [self._fetched(course, work) for course, _, work in ours if (course, work["name"]) not in known]
        self.log.info("To hand in at the desk:")
        for one in ours:
            self.log.info("{course_id} {assignment_id}{}".format(
                " (already downloaded)" if one["path"] else " (there is no folder of that name here)", **one))
        return theirs + [one for one in ours if one["path"]]

    def _fetched(self, course, work):
        folder = self.folder(course, work["name"])
        names = sorted(name for name in os.listdir(folder) if name.endswith(".ipynb")) if os.path.isdir(folder) else []
        return {"course_id": course, "assignment_id": work["name"], "status": "fetched",
                "path": folder if os.path.isdir(folder) else None,
                "notebooks": [{"notebook_id": name.removesuffix(".ipynb"), "path": os.path.join(folder, name)} for name in names]}

    def _submitted(self, course, student, work):
        whose = {"course_id": course, "student_id": student, "assignment_id": work["name"], "status": "submitted"}
        submissions = []
        for one in work["tries"]:
            page = _page(os.path.join(self.folder(course, work["name"]), "feedback"), work, one)
            here = _told(page)
            state = {"has_local_feedback": here is not None, "has_exchange_feedback": bool(one["told"]),
                     "feedback_updated": here is not None and bool(one["told"]) and one["told"] not in here,
                     "local_feedback_path": page if here is not None else None}
            notebook = state | {"notebook_id": work["name"], "path": None}
            folder = os.path.dirname(page) if here is not None else None
            submissions.append(whose | state | {"timestamp": one["time"], "path": None, "notebooks": [notebook],
                                                "local_feedback_path": folder})
        return whose | {"submissions": submissions}


class DeskSubmit(DeskExchange, default.ExchangeSubmit):
    """Hands in the notebook and the files of one's own beside it."""

    def start(self):
        if (found := self.work()) is None:
            return super().start()
        desk, listing, work = found
        self.init_src()
        paths = self._paths(work["given"])
        if not any(name.endswith(".ipynb") for name in paths):
            self.fail(f"There is no notebook in {self.src_path}")
        sizes = {name: os.path.getsize(path) for name, path in paths.items()}
        if sum(sizes.values()) > listing["bytes"]:
            largest = max(sizes, key=sizes.get)
            self.fail(f"Those are {_mb(sum(sizes.values()))}, and the desk takes {_mb(listing['bytes'])}: leave out what is not "
                      f"needed. The largest is {largest} ({_mb(sizes[largest])})")
        files = {name: _read(path) for name, path in paths.items()}
        if len(files) > listing["files"]:
            files = {f"{work['name']}.zip": _packed(files)}
        try:
            receipt = desk.hand_in(work["name"], files)
        except Refused as reason:
            self.fail(f"{reason} (What has arrived at the desk stands on its page and in `nbgrader list --cached`.)")
        self.log.info("Handed in: try %s of %s, received %s", receipt["number"], work["name"], receipt["time"])
        self.log.info("Receipt: %s", receipt["digest"][:32])
        self.log.info("Result: %s", urljoin(desk.address, receipt["page"]))
        return None

    def _paths(self, given):
        """What is to be handed in: name -> path. Left out is what nbgrader ignores, what is hidden, and what was given as it is."""
        ignore = ignore_patterns(self.coursedir.ignore, self.coursedir.include, self.coursedir.max_file_size, self.log)
        found = {}
        for folder, folders, names in os.walk(self.src_path):
            ignored = {*ignore(folder, folders + names), "nbgrader_config.py"}  # which holds a link
            folders[:] = sorted(name for name in folders if name not in ignored and not name.startswith("."))
            for name in sorted(name for name in names if name not in ignored and not name.startswith(".")):
                path = os.path.join(folder, name)
                name = os.path.relpath(path, self.src_path).replace(os.sep, "/")
                if os.path.isfile(path) and (name.endswith(".ipynb") or name not in given or given[name] != _digest(path)):
                    found[name] = path
        return found


class DeskFetchFeedback(DeskExchange, default.ExchangeFetchFeedback):
    """Keeps what is told of each try beside the notebook, as nbgrader keeps feedback."""

    def start(self):
        if (found := self.work()) is None:
            return super().start()
        desk, _, work = found
        self.init_dest()
        for one in work["tries"]:
            if not one["told"]:
                self.log.warning("There is no feedback yet on try %s of %s, received %s", one["number"], work["name"], one["time"])
                continue
            try:
                text = desk.ask(f"work/{quote(work['name'])}/tries/{one['number']}", Accept="text/html").decode()
            except Refused as reason:
                self.fail(str(reason))
            page = _page(self.dest_path, work, one)
            os.makedirs(os.path.dirname(page), exist_ok=True)
            with open(page, "w", encoding="utf-8") as file:
                file.write(text.replace("<head>", f'<head>\n<meta name="told" content="{one["told"]}">', 1))
            self.log.info("Fetched feedback: %s", page)
        return None


def _page(folder, work, one):
    """Where the page of a try is kept; not every system has names with colons."""
    time = one["time"].replace(":", ".") if os.name == "nt" else one["time"]
    return os.path.join(folder, time, f"{work['name']}.html")


def _told(page):
    """How a page that was fetched begins, None if there is none."""
    try:
        with open(page, encoding="utf-8") as file:
            return file.read(_HEAD)
    except OSError:
        return None


def _sentence(error):
    try:
        return json.loads(error.read())["error"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _mb(size):
    return f"{size / 2**20:.0f} MB"


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def _digest(path):
    return hashlib.sha256(_read(path)).hexdigest()


def _packed(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


if "get_config" in globals():  # nbgrader reads this file as its configuration
    c = get_config()  # noqa: F821
    c.ExchangeFactory.list, c.ExchangeFactory.submit, c.ExchangeFactory.fetch_feedback = DeskList, DeskSubmit, DeskFetchFeedback
    if LINK:
        c.DeskExchange.links = {COURSE: LINK}
