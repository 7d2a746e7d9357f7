"""A desk that tests start, as an instructor does, and a browser's part that talks with it."""

import contextlib
import csv
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from urllib.parse import urlencode, urlsplit

import nbformat
import ports
import tiny
from kit import KIT

from autograder.authoring import build as authoring
from autograder.course.course import Course
from autograder.course.roster import Student
from autograder.isolation.process import start_zygote

_START_SECONDS = 120
_RESULT_SECONDS = 120


_STUDENTS = Student("ada", "Ada", "Lovelace"), Student("grace", "Grace", "Hopper")


def course(folder, settings="", students=_STUDENTS):
    """A course with the tiny assignment built, these students, and these lines in its settings."""
    made = tiny.new_course(folder)
    with open(folder / "nbgrader_config.py", "a") as file:
        file.write(f'c.Desk.staff = ["tina"]\n{settings}\n')
    made = Course(folder)
    authoring.build("tiny", made, start_zygote())
    with made.open_gradebook() as gradebook:
        gradebook.enrol(students)
    return made


def notebook(course, code=tiny.RELU, note=""):
    """The release with an answer filled in, as bytes; a note makes the file another one."""
    made = nbformat.read(course.release / "tiny/tiny.ipynb", as_version=4)
    for cell in made.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "relu-solution":
            cell.source = code
    made.cells.append(nbformat.v4.new_markdown_cell(f"Note: {note}"))
    return nbformat.writes(made).encode()


class Desk:
    """`autograder serve`, running.

    Parameters
    ----------
    course : Course
    *options : str
        Of the command.

    Attributes
    ----------
    host : str
    port : int
    links : dict of str to str
        By id: each one's personal link.
    """

    def __init__(self, course, *options):
        self.course, self.host, (self.port,) = course, "127.0.0.1", ports.free()
        links = course.root / "links.csv"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "autograder.cli", "serve", "--course", course.root, "--port", str(self.port), "--links", links,
             *map(str, options)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=KIT, env=os.environ | {"PYTHONWARNINGS": "ignore"})
        self.said = []
        for line in self.process.stdout:
            self.said.append(line)
            if "is open at" in line:
                break
        else:
            raise AssertionError("".join(self.said))
        with open(links, newline="", encoding="utf-8") as file:
            self.links = {row["id"]: row["link"] for row in csv.DictReader(file)}

    def close(self, how=signal.SIGTERM):
        """End it; returns all that it said."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=60)
        return "".join(self.said) + rest

    def browser(self, person=None):
        """A `Browser`, signed in as somebody if an id is given."""
        browser = Browser(self.host, self.port)
        if person:
            browser.enter(self.links[person])
        return browser


@contextlib.contextmanager
def desk(course, *options):
    """A `Desk` for the time of the block."""
    running = Desk(course, *options)
    try:
        yield running
    finally:
        running.close()


class Browser:
    """What a browser does for a desk: cookies, forms, uploads. It follows no redirects.

    Attributes
    ----------
    cookies : dict of str to str
    token : str
        What forms carry, so that no other page can send them.
    """

    def __init__(self, host, port):
        self._connection = http.client.HTTPConnection(host, port, timeout=_RESULT_SECONDS)
        self.cookies, self.token = {}, ""

    def request(self, method, path, body=None, **headers):
        """Send a request; returns (status, headers, body as bytes)."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            headers.setdefault("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        contents = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        if found := re.search(rb'name="_xsrf" value="([^"]+)"', contents):
            self.token = found[1].decode()
        return answer.status, answer.headers, contents

    def get(self, path):
        """The text of a page, which must be there."""
        status, _, body = self.request("GET", path)
        assert status == 200, (path, status, body.decode()[-400:])
        return body.decode()

    def post(self, path, **fields):
        """Send a form; returns (status, where to go then, text)."""
        status, headers, body = self.request(
            "POST", path, urlencode({"_xsrf": self.token} | fields), Content_Type="application/x-www-form-urlencoded")
        return status, headers.get("Location"), body.decode()

    def enter(self, link):
        """Sign in with a personal link."""
        path = urlsplit(link).path
        self.get(path)
        status, _, text = self.post(path)
        assert status == 303, (status, text)

    def hand_in(self, assignment, files, **headers):
        """Hand in files (name -> bytes); returns (status, the try's address, text)."""
        if not self.token:
            self.get(f"/work/{assignment}/")
        mark = uuid.uuid4().hex
        parts = [f'--{mark}\r\nContent-Disposition: form-data; name="_xsrf"\r\n\r\n{self.token}\r\n'.encode()]
        for name, text in files.items():
            parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
                         "Content-Type: application/octet-stream\r\n\r\n".encode() + text + b"\r\n")
        body = b"".join([*parts, f"--{mark}--\r\n".encode()])
        status, answer, text = self.request("POST", f"/work/{assignment}/hand-in", body,
                                            Content_Type=f"multipart/form-data; boundary={mark}", **headers)
        return status, answer.get("Location"), text.decode()

    def events(self, address):
        """All that is told of a try until it has a result: a list of dicts."""
        _, _, body = self.request("GET", f"{address}/events")
        return [json.loads(line[5:]) for line in body.splitlines() if line.startswith(b"data:")]

    def result(self, address):
        """The page of a try, when it has a result."""
        until = time.monotonic() + _RESULT_SECONDS
        while self.events(address)[-1]["state"] in ("waiting", "running"):
            assert time.monotonic() < until, "there is no result"
        return self.get(address)
