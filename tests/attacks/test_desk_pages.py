"""Attacks on the desk's pages: somebody else's work or name, forms from elsewhere, names that lead out, scripts in every field."""

import base64
import io
import json
import os
import re
import tarfile
import time
import zipfile

import desks
import pytest
import tiny
from tornado.web import create_signed_value

from autograder.course.roster import Student
from autograder.desk.settings import Desk
from autograder.desk.tries import Tries
from autograder.desk.who import LINK, STAFF, STUDENT, Door, Person

SCRIPT = "<script>fetch('/leave')</script><img src=x onerror=alert(1)>"
ROUTES = ["", "work/tiny/", "work/tiny/tries/1", "work/tiny/tries/1/events", "work/tiny/tries/1/notebook"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory, zygote):
    """A desk that tells everything, with a student whose name is a script."""
    course = desks.course(
        tmp_path_factory.mktemp("attacked") / "course",
        'c.Desk.show = {"*": "everything"}\nc.Desk.minutes_for_a_try = 0\nc.Desk.counts = {"*": "chosen"}',
        [Student("ada", "Ada", "Lovelace"), Student("grace", "Grace", "Hopper"), Student("mallory", SCRIPT, "M")])
    with desks.desk(course) as running:
        grace = running.browser("grace")
        grace.result(grace.hand_in("tiny", {"tiny.ipynb": desks.notebook(course, note="a secret of Grace's")})[1])
        yield running


@pytest.fixture
def ada(desk):
    """Somebody who is signed in."""
    return desk.browser("ada")


def session(desk, person, since=None, key=None):
    """A session's cookie, as the desk makes it (with its own key, if no other is given)."""
    door = Door(desk.course, Desk.of(desk.course).staff)
    value = json.loads(door.session(person))
    if since is not None:
        value[-1] = since
    return create_signed_value(key or door.cookie_secret, "session", json.dumps(value)).decode()


def sent(desk, cookie):
    """The status of the home page, for whom this cookie is sent; 200 with the form to sign in is nobody's."""
    browser = desk.browser()
    status, _, body = browser.request("GET", "/work/tiny/", Cookie=f"session={cookie}")
    return status


# --- forged sessions

def test_a_session_made_with_the_key_holds(desk):
    """What the next ones vary: without this they would pass for any reason."""
    assert sent(desk, session(desk, Person("ada", STUDENT, LINK))) == 200


@pytest.mark.parametrize("change", [
    lambda cookie: cookie.replace(base64.b64encode(b'["ada"').decode()[:6], base64.b64encode(b'["tina').decode()[:6]),
    lambda cookie: cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
    lambda cookie: cookie.rpartition("|")[0] + "|",
    lambda cookie: json.dumps(["ada", "staff", "link", 0, int(time.time())]),
    lambda cookie: base64.b64encode(json.dumps(["ada", "staff", "lms", 0, int(time.time())]).encode()).decode(),
    lambda cookie: "1|" + cookie[2:],
    lambda cookie: cookie * 50,
    lambda cookie: "2|1:0|10:9999999999|7:session|4:bnVsbA==|" + "0" * 64,
], ids=["another-id", "another-signature", "no-signature", "plain-json", "base64-json", "older-version", "long", "made-up"])
def test_a_changed_cookie_is_nobodys(desk, change):
    """Catches a cookie that is believed although its signature is not ours."""
    assert sent(desk, change(session(desk, Person("ada", STUDENT, LINK)))) in (400, 403)


def test_a_session_under_another_key_or_too_old_is_over(desk):
    """Catches sessions that never end, and keys that are not looked at."""
    ada = Person("ada", STUDENT, LINK)
    assert sent(desk, session(desk, ada, key="0" * 32)) == 403
    assert sent(desk, session(desk, ada, since=int(time.time()) - 13 * 3600)) == 403
    assert sent(desk, session(desk, ada, since=int(time.time()) + 3600)) == 403


def test_who_is_no_staff_any_more_has_no_session_as_staff(desk):
    """Catches a TA of last year."""
    browser = desk.browser()
    cookie = session(desk, Person("ada", STAFF, LINK))
    assert browser.request("GET", "/course/", Cookie=f"session={cookie}")[0] == 403


def test_a_cookie_of_another_name_is_no_session(desk):
    """Catches a signed value of one kind that is taken for another."""
    door = Door(desk.course, [])
    value = create_signed_value(door.cookie_secret, "form", door.session(Person("ada", STUDENT, LINK))).decode()
    assert sent(desk, value) == 403


def test_links_are_too_long_to_be_guessed(desk):
    """Catches links that are short enough to be tried out; that somebody stops trying is in test_desk_floods.py."""
    assert len(re.search(r"enter/([\w-]+)", desk.links["ada"])[1]) >= 32


def test_opening_a_link_signs_nobody_in(desk):
    """Catches a picture on a page elsewhere that signs the victim in as the attacker, to whom their work then goes."""
    browser = desk.browser()
    browser.get("/" + desk.links["mallory"].split("/", 3)[3])
    assert "session" not in browser.cookies


# --- forms from elsewhere

@pytest.mark.parametrize("path", ["/leave", "/work/tiny/tries/1/choose", "/work/tiny/hand-in"])
@pytest.mark.parametrize("token", ["", "0" * 32, "2|00000000|00000000000000000000000000000000|1"])
def test_a_form_without_its_token_is_refused(desk, ada, path, token):
    """Catches any form that another page could send in somebody's name."""
    if path.endswith("hand-in"):
        ada.token = token or "none"
        assert ada.hand_in("tiny", {"tiny.ipynb": b"{}"})[0] == 403
    else:
        assert ada.post(path, _xsrf=token)[0] == 403


def test_anothers_token_is_of_no_use(desk, ada):
    """Catches tokens that are not bound to the browser that they were given to."""
    mallory = desk.browser("mallory")
    mallory.get("/work/tiny/")
    assert ada.post("/leave", _xsrf=mallory.token)[0] == 403


def test_cookies_are_for_the_desk_alone(desk):
    """Catches cookies that scripts can read or that other pages' forms bring along."""
    browser = desk.browser()
    path = "/" + desk.links["ada"].split("/", 3)[3]
    browser.get(path)
    _, headers, _ = browser.request("POST", path, f"_xsrf={browser.token}", Content_Type="application/x-www-form-urlencoded")
    (cookie,) = [value for name, value in headers.items() if name.lower() == "set-cookie" and value.startswith("session=")]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize("path", ["/leave", "/work/tiny/hand-in", "/work/tiny/tries/1/choose"])
def test_nothing_is_done_by_a_get(ada, path):
    """Catches links that change something."""
    assert ada.request("GET", path)[0] == 405


# --- what is others'

def test_a_number_of_somebody_elses_try_is_ones_own(desk, ada):
    """Catches a page that takes the number and forgets whose."""
    for route in ("", "/events", "/notebook"):
        status, _, body = ada.request("GET", f"/work/tiny/tries/1{route}")
        assert status == 404 and b"secret" not in body


@pytest.mark.parametrize("number", ["0", "-1", "1e3", "999999", "1%00", "..%2Fgrace%2F1", "1/../../grace/tries/1", "%EF%BC%91"])
def test_a_number_that_is_none_leads_nowhere(ada, number):
    """Catches a number that becomes a path."""
    assert ada.request("GET", f"/work/tiny/tries/{number}")[0] in (400, 404)


@pytest.mark.parametrize("route", ["course/", "course/tiny/", "course/tiny/students/x"])
def test_the_courses_side_is_not_for_students(ada, route):
    """Catches a page of the staff that asks only for a session."""
    status, _, body = ada.request("GET", f"/{route}")
    assert status == 404 and b"grace" not in body


@pytest.mark.parametrize("route", ROUTES[1:])
def test_nothing_is_for_nobody(desk, route):
    """Catches a page that forgets to ask who is there."""
    assert desk.browser().request("GET", f"/{route}")[0] == 403


# --- names and paths

@pytest.mark.parametrize("name", ["..", "%2e%2e", ".autograder", "tiny%2f..", "nosuch", "tiny%00"])
def test_an_assignment_that_is_none_leads_nowhere(ada, name):
    """Catches a name in an address that becomes a path."""
    assert ada.request("GET", f"/work/{name}/")[0] in (400, 403, 404)
    assert ada.request("POST", f"/work/{name}/hand-in", b"", Content_Type="multipart/form-data; boundary=x")[0] in (400, 403, 404)


@pytest.mark.parametrize("path", [
    "../settings.py", "%2e%2e/who.py", "..%2f..%2fcourse%2fcourse.py", "/etc/passwd", "desk.js/../../who.py"])
def test_the_static_files_are_the_only_ones(ada, path):
    """Catches a server of files that can be led out of its folder."""
    assert ada.request("GET", f"/static/{path}")[0] in (400, 403, 404)


@pytest.mark.parametrize("name", [
    "../../../outside.py", "/tmp/outside.py", "..\\..\\outside.py", "C:\\outside.py", "a/../../outside.py", ".nbgrader_config.py",
    "receipt.json", "report.json", "x" * 5000 + ".py", "b\u202egnp.py", "timestamp.txt",
])
def test_a_files_name_is_only_a_name(desk, ada, name):
    """Catches names that choose where something is written, or take the place of what the desk keeps."""
    status, address, text = ada.hand_in("tiny", {"tiny.ipynb": desks.notebook(desk.course), name: b"2000-01-01 00:00:00 UTC"})
    assert status == 303, text
    page = ada.result(address)
    assert "90</strong>" in page
    one = Tries(desk.course, "tiny", "ada").get(address.rpartition("/")[2])
    assert {path.name for path in one.folder.iterdir()} <= {
        "receipt.json", "uploaded", "files", "unpacking.json", "look.json", "report.json", "graded", "page.html", "whole.html"}
    assert (one.files / "timestamp.txt").read_text().strip() == one.receipt.time
    assert not list(desk.course.root.rglob("*outside*")) or name not in ("/tmp/outside.py", "../../../outside.py")
    assert not os.path.exists("/tmp/outside.py")


def archives():
    """Archives that lead out, are links, or become too large."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../outside.py", "x = 1")
        archive.writestr("big.txt", b"\0" * (300 * 2**20))
    yield "out.zip", packed.getvalue()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, kind, target in (("key", tarfile.SYMTYPE, "../../../../key"), ("hard", tarfile.LNKTYPE, "/etc/passwd"),
                                   ("pipe", tarfile.FIFOTYPE, ""), ("disk", tarfile.BLKTYPE, "")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
    yield "links.tar.gz", packed.getvalue()


@pytest.mark.parametrize("name, packed", archives(), ids=lambda value: value if isinstance(value, str) else "")
def test_an_archive_stays_where_it_is(desk, ada, name, packed):
    """Catches what is unpacked outside, followed, or without bounds."""
    status, address, text = ada.hand_in("tiny", {name: packed})
    assert status == 303, text
    assert "no notebook here that can be run" in ada.result(address)
    one = Tries(desk.course, "tiny", "ada").get(address.rpartition("/")[2])
    assert all(path.is_file() and not path.is_symlink() for path in one.files.rglob("*"))
    assert sum(path.stat().st_size for path in one.folder.rglob("*") if path.is_file()) < 2**20


# --- scripts in every field

def test_names_are_shown_and_not_run(desk):
    """Catches a name from the roster that is taken for markup."""
    mallory = desk.browser("mallory")
    for page in (mallory.get("/"), mallory.get("/work/tiny/")):
        assert SCRIPT not in page and "<img src=x" not in page
    assert "&lt;script&gt;" in mallory.get("/")


@pytest.mark.parametrize("code, note, name", [
    (tiny.RELU, SCRIPT, "tiny.ipynb"),
    (tiny.RELU, "x", f"{SCRIPT}.ipynb".replace("/", "")),
    (f"STUDENT_ID = {SCRIPT!r}\n{tiny.RELU}", "x", "tiny.ipynb"),
    (f"def relu(z):\n    raise ValueError({SCRIPT!r})\nrelu_grad = relu", "x", "tiny.ipynb"),
    (f"{tiny.RELU}\nprint({SCRIPT!r})\nfrom IPython.display import HTML, Javascript, display\n"
     f"display(HTML({SCRIPT!r}), Javascript('1'))", "x", "tiny.ipynb"),
    (f"{tiny.RELU}\n# {SCRIPT}", "[x](javascript:alert(1)) ![x](http://elsewhere.example/x.png)", "tiny.ipynb"),
], ids=["text", "file-name", "student-id", "exception", "outputs", "links"])
def test_what_a_notebook_says_is_shown_and_not_run(desk, ada, code, note, name):
    """Catches scripts, handlers and addresses elsewhere in the pages of a result."""
    status, address, text = ada.hand_in("tiny", {name.replace('"', ""): desks.notebook(desk.course, code, note)})
    assert status == 303, text
    pages = [ada.result(address)]
    pages.append(ada.get("/work/tiny/"))
    if "can be run" not in pages[0] or "notebook, as it was graded" in pages[0]:
        pages.append(ada.get(f"{address}/notebook"))
    for page in pages:
        assert not re.search(r"<script(?! src=\"/static/desk.js\")|<[^>]*\son\w+\s*=|href=\"javascript|src=\"http", page)


def test_every_answer_forbids_scripts_and_frames(desk, ada):
    """Catches a page, an error's too, that would run what it holds or let itself be framed."""
    others = [(ada, "/nosuch"), (desk.browser(), "/work/tiny/"), (ada, "/leave")]
    for browser, path in [(ada, f"/{route}") for route in ROUTES] + others:
        _, headers, _ = browser.request("GET", path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy and "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff" and headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"


def test_a_redirect_leads_nowhere_else(desk):
    """Catches an address in a link that decides where the browser goes."""
    browser = desk.browser()
    for path in ("//elsewhere.example/", "/work/tiny//elsewhere.example/", "/\\elsewhere.example/"):
        _, headers, _ = browser.request("GET", path, Host="elsewhere.example")
        assert "elsewhere" not in (headers.get("Location") or "")


def test_an_error_tells_nothing_of_ours(desk, ada):
    """Catches tracebacks, paths and versions in an answer."""
    for path in ("/work/tiny/tries/99", "/nosuch", "/work/tiny/hand-in"):
        _, headers, body = ada.request("GET", path)
        assert b"Traceback" not in body and str(desk.course.root).encode() not in body and "Server" not in headers


def test_the_log_holds_no_secret(desk, ada):
    """Catches tokens and cookies in what an operator keeps."""
    text = (desk.course.root / ".autograder/desk/log").read_text()
    assert '"ada"' in text and "signed in" in text
    for secret in (*desk.links.values(), ada.cookies["session"], ada.token):
        assert secret.rpartition("/")[2] not in text
