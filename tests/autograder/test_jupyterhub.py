"""A course on a real JupyterHub: its proxy, and servers that belong to different users of the system."""

import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import ports
import pytest
import requests
import tiny
import users
from kit import KIT

from autograder import KitError
from autograder.authoring import build as authoring
from autograder.course.hub import open_desk, serve
from autograder.desk import hub as desk_hub

pytest.importorskip("jupyterhub", reason="jupyterhub is not installed")
websocket = pytest.importorskip("websocket", reason="websocket-client is not installed")
from traitlets.config import Config  # noqa: E402

SECONDS = 60
PROGRAMS = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # npm can install into Python's environment too
NUMBERS = {"grader": 20011, "ines": 20012, "ada": 20013}
FORMGRADER = "/services/tiny-course/formgrader"
AT_DESK = "/services/desk-course-desk/"
# what docs/jupyterhub.md has an administrator write, with another course and a way in without passwords
SETTINGS, HUB, DESK = re.findall(r"```python\n(.*?)```", (KIT / "docs/jupyterhub.md").read_text(), re.DOTALL)
HERE = """
c.JupyterHub.bind_url = "http://127.0.0.1:{public}"
c.JupyterHub.hub_port = {private}
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy}"
c.JupyterHub.authenticator_class = "dummy"
"""
# in mounts of its own: one nbgrader_config.py for everybody, where an administrator puts it
SETTINGS_FOR_ALL = """
mount -t tmpfs none /usr/local/etc && mkdir /usr/local/etc/jupyter && cp "$1" /usr/local/etc/jupyter || exit 1
shift
exec "$@"
"""


class Browser(requests.Session):
    """What somebody's browser asks of the hub, and keeps."""

    def __init__(self, hub, name):
        super().__init__()
        self.hub = hub
        self.open("/hub/login")
        login = {"username": name, "password": "any", "_xsrf": self._token("/hub/")}
        assert self.post(f"{hub}/hub/login?next=/hub/home", login, timeout=SECONDS).url == f"{hub}/hub/home"

    def open(self, path):
        return self.get(self.hub + path, timeout=SECONDS)

    def press(self, path, **data):
        """Press a button, which posts; gives what the page is told."""
        told = self.post(self.hub + path, data, headers={"X-XSRFToken": self._token(path)}, timeout=SECONDS)
        assert told.ok, told.text
        return told.json()

    def start_server(self, name):
        """Start somebody's own server, and wait until JupyterLab opens there; gives its page."""
        self.open("/hub/spawn")
        return _until(lambda: (page := self.open(f"/user/{name}/lab")).url == f"{self.hub}/user/{name}/lab" and page.text)

    def type(self, server, command):
        """Type a command in a terminal of JupyterLab; gives what it prints."""
        name = self.press(f"{server}api/terminals")["name"]
        address = f"{self.hub}{server}terminals/websocket/{name}?_xsrf={self._token(server)}"
        cookies = "; ".join(f"{one.name}={one.value}" for one in self.cookies if server.startswith(one.path))
        terminal = websocket.create_connection(address.replace("http", "ws", 1), SECONDS, cookie=cookies, origin=self.hub)
        terminal.send(json.dumps(["stdin", f"{command}; echo it ended with $?\r"]))
        said, ended, deadline = "", None, threading.Timer(SECONDS, terminal.shutdown)
        deadline.start()
        while not ended:
            kind, *what = json.loads(terminal.recv())
            said += what[0] if kind == "stdout" else ""
            ended = re.search(r"it ended with (\d+)", said)
        deadline.cancel()
        terminal.close()
        assert ended[1] == "0", said
        return said

    def _token(self, path):
        """What a page at this path sends back: the nearest server's cookie."""
        tokens = {one.path: one.value for one in self.cookies if one.name == "_xsrf" and path.startswith(one.path)}
        return tokens[max(tokens, key=len)]


def _until(condition):
    deadline = time.monotonic() + SECONDS
    while not (result := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return result


def _answers(address):
    try:
        there = requests.get(address, timeout=5, allow_redirects=False).headers.get("Location", "")
        return bool(there) and "/hub/services/" not in there  # which is the hub's answer about services that are not open yet
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def place(zygote):
    """A folder that all users can enter, with their homes, an exchange, and two courses that the grader holds: one with a desk."""
    users.skip_without()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        place.chmod(0o755)
        for name in ("hub", "exchange", *NUMBERS):
            (place / name).mkdir(mode=0o700)
        (place / "exchange").chmod(0o1777)
        for name in ("course", "desk-course"):
            course = tiny.new_course(place / "grader" / name)
            authoring.build("tiny", course, zygote)
            course.root.chmod(0o700)
        with open(course.root / "nbgrader_config.py", "a") as file:
            file.write('c.CourseDirectory.course_id = "desk-course"\nc.Desk.staff = ["ines"]\n')
        for name, number in NUMBERS.items():
            for path in [place / name, *(place / name).rglob("*")]:
                os.chown(path, number, number)
        yield place


def answered(place, code):
    """The assignment with an answer filled in, as bytes."""
    notebook = nbformat.read(place / "grader/desk-course/release/tiny/tiny.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "relu-solution":
            cell.source = code
    return nbformat.writes(notebook).encode()


@pytest.fixture(scope="module")
def hub(place):
    """The address of a hub."""
    for program in ("node", "configurable-http-proxy"):
        if not shutil.which(program, path=PROGRAMS):
            pytest.skip(f"{program} is not installed")
    service, desk, public, private, proxy = ports.free(5)
    settings, configuration = (text.replace("neural-networks-for-nlp", "tiny-course") for text in (SETTINGS, HUB))
    configuration = configuration.replace("/home/grader/course", str(place / "grader/course"))
    configuration = configuration.replace('["ines"]', f'["ines"], port={service}')
    configuration += DESK.replace("neural-networks-for-nlp", "desk-course").replace(
        "/home/grader/course", str(place / "grader/desk-course")).replace('="grader"', f'="grader", port={desk}')
    configuration += HERE.format(public=public, private=private, proxy=proxy)
    (place / "nbgrader_config.py").write_text(f"{settings}c.Exchange.root = {str(place / 'exchange')!r}\n")
    (place / "hub/jupyterhub_config.py").write_text(configuration)
    accounts = {name: (number, place / name) for name, number in NUMBERS.items()}
    start = ["sh", "-c", SETTINGS_FOR_ALL, "sh", str(place / "nbgrader_config.py"), sys.executable, "-m", "jupyterhub"]
    command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
               *users.as_user(0, start, accounts)]
    environment = {"PATH": PROGRAMS, "PYTHONDONTWRITEBYTECODE": "1", "HOME": str(place / "hub")}
    with (place / "hub/log").open("w") as log:
        process = subprocess.Popen(command, cwd=place / "hub", env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{public}"
    try:
        _until(lambda: process.poll() is not None or all(
            _answers(f"{address}{path}") for path in ("/services/tiny-course/", f"{AT_DESK}hub")))
        yield address
    finally:
        print((place / "hub/log").read_text())
        for first in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            os.kill(int(first), signal.SIGKILL)  # the first process of their namespace, without which no other stays
        process.wait(SECONDS)


@pytest.fixture(scope="module")
def ada(hub):
    """A student's browser, with a server."""
    browser = Browser(hub, "ada")
    browser.page = browser.start_server("ada")
    return browser


@pytest.fixture(scope="module")
def ines(hub):
    """An instructor's browser, which has released the assignment in formgrader."""
    browser = Browser(hub, "ines")
    assert browser.open("/services/tiny-course/").url == f"{hub}{FORMGRADER}/manage_assignments"
    assert browser.press(f"{FORMGRADER}/api/assignment/tiny/release")["success"]
    return browser


def test_a_term_over_the_hub(place, ines, ada):
    """Catches a formgrader that instructors cannot use, an exchange that students cannot, grading without the course's wall."""
    tiny_here = {"course_id": "tiny-course", "assignment_id": "tiny"}
    (listed,) = ada.open("/user/ada/assignments?course_id=tiny-course").json()["value"]
    assert listed["status"] == "released"
    (fetched,) = ada.press("/user/ada/assignments/fetch", **tiny_here)["value"]
    assert fetched["status"] == "fetched" and fetched["path"] == "tiny"
    path = place / "ada/tiny/tiny.ipynb"
    path.write_bytes(answered(
        place, f"import os\nimport numpy as np\n{tiny.RELU}\nprint('sees', os.path.exists({str(place / 'grader')!r}))"))
    _, submitted = ada.press("/user/ada/assignments/submit", **tiny_here)["value"]
    assert submitted["student_id"] == "ada" and len(submitted["submissions"]) == 1

    assert ines.press(f"{FORMGRADER}/api/assignment/tiny/collect")["success"]
    said = ines.type("/services/tiny-course/", "whoami && autograder grade tiny --feedback")
    assert "grader" in said and "1 graded" in said
    (row,) = ines.open(f"{FORMGRADER}/api/submitted_notebooks/tiny/tiny").json()
    assert (row["student"], row["score"]) == ("ada", 90)
    page = ines.open(f"{FORMGRADER}/submissions/{row['id']}/")
    assert page.ok and "sees " in page.text and ("sees False" in page.text or "WITHOUT isolation" in said)

    assert ines.press(f"{FORMGRADER}/api/assignment/tiny/release_feedback")["success"]
    _, given = ada.press("/user/ada/assignments/fetch_feedback", **tiny_here)["value"]
    (feedback,) = (place / "ada" / given["submissions"][0]["local_feedback_path"]).glob("*.html")
    assert "90 of 90" in feedback.read_text() and feedback.stat().st_uid == NUMBERS["ada"]


def test_students_stay_out(place, hub, ines, ada):
    """Catches a student in formgrader, in the course's folder or in what others hand in, and others on a student's server."""
    (token,) = re.findall(r"token (\w+)", ada.type("/user/ada/", "echo token $JUPYTERHUB_API_TOKEN"))
    port = re.search(r"port=(\d+)", (place / "hub/jupyterhub_config.py").read_text())[1]
    assert ada.open("/services/tiny-course/").status_code == 403
    for path in (f"{FORMGRADER}/manage_assignments", f"{FORMGRADER}/api/assignments", "/services/tiny-course/lab",
                 "/services/tiny-course/api/contents/nbgrader_config.py"):
        assert ada.open(path).status_code == 403
        for server in (hub, f"http://127.0.0.1:{port}"):  # as a program on a student's server can ask
            said = requests.get(server + path, headers={"Authorization": f"token {token}"}, timeout=SECONDS, allow_redirects=False)
            assert said.status_code == 403, said.url
    assert ines.open("/user/ada/lab").status_code == 403

    assert ada.open("/user/ada/formgrader/manage_assignments").status_code == 404
    disabled = re.search(r'"disabledExtensions": \[(.*?)\]', ada.page)[1]
    assert {f'"@jupyter/nbgrader:{name}"' for name in ("course-list", "create-assignment", "formgrader")} <= {*disabled.split(", ")}
    course, exchange = place / "grader/course", place / "exchange"
    ada.type("/user/ada/", f"! ls {course} && ! ls {exchange}/tiny-course/inbound && ! mv {exchange}/tiny-course {exchange}/mine")


def test_what_students_put_into_the_exchange_themselves(place, ines, ada):
    """Catches a link into the course that is followed with the grader's rights, and work that is another's by its name."""
    course, exchange = place / "grader/course", place / "exchange/tiny-course"
    for name in ("ada", "bob"):
        folder = f"{exchange}/inbound/{name}+tiny+$(date -u '+%F %T.%6N') UTC+x"
        ada.type("/user/ada/", f'cd $(mktemp -d) && chmod 755 . && cp {exchange}/outbound/tiny/tiny.ipynb . && '
                               f'ln -s {course}/suites/tiny/test_tiny.py found.py && cp -P --recursive . "{folder}"')
    told = ines.press(f"{FORMGRADER}/api/assignment/tiny/collect")
    assert told["success"] and "was handed in by ada" in told["log"] and "found.py is a link" in told["log"]
    assert [path.name for path in (course / "submitted").iterdir()] == ["ada"]
    assert not (course / "submitted/ada/tiny/found.py").exists()


def test_a_student_hands_in_at_the_desk(place, hub, ada):
    """Catches a page, a form or a file that is looked for outside the service's place, and a sign-in that ends elsewhere."""
    assert f'href="{AT_DESK}hub"' in ada.open(AT_DESK).text
    home = ada.open(f"{AT_DESK}hub")
    assert home.url == f"{hub}{AT_DESK}" and "Hello" in home.text
    work = ada.open(f"{AT_DESK}work/tiny/").text
    for page in (home.text, work):
        assert all(address.startswith((AT_DESK, "#")) for address in re.findall(r'(?:href|src|action)="([^"]*)"', page))
    assert ada.open(f"{AT_DESK}static/desk.js").ok
    (token,) = {*re.findall(r'name="_xsrf" value="([^"]+)"', work)}
    given = ada.post(f"{hub}{AT_DESK}work/tiny/hand-in", {"_xsrf": token}, timeout=SECONDS,
                     files={"files": ("tiny.ipynb", answered(place, tiny.RELU))})
    assert given.url == f"{hub}{AT_DESK}work/tiny/tries/1", given.text
    assert '"state": "done"' in _until(lambda: ('"done"' in (told := ada.open(f"{AT_DESK}work/tiny/tries/1/events").text)) and told)
    assert "90</strong> of 100" in ada.open(f"{AT_DESK}work/tiny/tries/1").text


def test_the_assignment_list_leads_to_the_desk(place, ada):
    """Catches a server whose Submit goes past the desk, or whose student reads somebody else's result."""
    path = place / "ada/tiny/tiny.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(answered(place, tiny.RELU.replace("(z > 0) * 1.0", "np.ones_like(z)")))
    for one in (path.parent, path):
        os.chown(one, NUMBERS["ada"], NUMBERS["ada"])
    tiny_here = {"course_id": "desk-course", "assignment_id": "tiny"}
    _, handed_in = ada.press("/user/ada/assignments/submit", **tiny_here)["value"]
    number = len(handed_in["submissions"])

    def result():
        _, one = ada.open("/user/ada/assignments?course_id=desk-course").json()["value"]
        return one["submissions"][number - 1]["has_exchange_feedback"]

    _until(result)
    _, given = ada.press("/user/ada/assignments/fetch_feedback", **tiny_here)["value"]
    (page,) = (place / "ada" / given["submissions"][number - 1]["local_feedback_path"]).glob("*.html")
    assert "45</strong> of 100" in page.read_text() and "The slope is 0 or 1." in page.read_text()


def test_whom_the_desk_lets_in(place, hub, ines, ada):
    """Catches a student at the course's side or at another's work, a token for something else, and a sign-in that another began."""
    bob, nobody = Browser(hub, "bob"), requests.Session()
    for browser in (bob, ines, ada):
        browser.open(f"{AT_DESK}hub")
    assert bob.open(f"{AT_DESK}work/tiny/").ok and bob.open(f"{AT_DESK}work/tiny/tries/1").status_code == 404
    assert bob.open(f"{AT_DESK}course/").status_code == 404 and ines.open(f"{AT_DESK}course/").ok
    assert nobody.get(f"{hub}{AT_DESK}work/tiny/", timeout=SECONDS).status_code == 403

    begun = bob.get(f"{hub}{AT_DESK}hub", allow_redirects=False, timeout=SECONDS).headers["Location"]
    state = re.search(r"state=([^&]+)", begun)[1]
    for browser in (nobody, ada):
        back = browser.get(f"{hub}{AT_DESK}oauth_callback?code=any&state={state}", timeout=SECONDS)
        assert back.status_code == 403 and "not begun here" in back.text
    assert bob.open(f"{AT_DESK}oauth_callback?code=any&state={state}").status_code == 502

    def asked(token):
        return requests.get(f"{hub}{AT_DESK}jupyter/list", headers={"Authorization": f"Bearer {token}"}, timeout=SECONDS)

    assert "it is http" in ines.type("/services/tiny-course/", "echo it is $JUPYTER_SERVER_URL")  # by which a terminal is known
    (of_server,) = re.findall(r"token (\w+)", ada.type("/user/ada/", "echo token $JUPYTERHUB_API_TOKEN"))
    assert asked(of_server).json()["student"] == "ada"
    for scopes, status in ([], 403), (["access:services!service=desk-course-desk"], 200):
        made = ines.post(f"{hub}/hub/api/users/ines/tokens", json={"scopes": [*scopes, "read:users:name!user"]},
                         headers={"X-XSRFToken": ines._token("/hub/")}, timeout=SECONDS)
        assert asked(made.json()["token"]).status_code == status, made.text
    course = requests.get(f"{hub}{AT_DESK}course/", headers={"Authorization": f"Bearer {made.json()['token']}"}, timeout=SECONDS)
    assert course.status_code == 404  # no token opens the course's side


HERE_A_SERVICE = {f"JUPYTERHUB_{name}": value for name, value in {
    "SERVICE_PREFIX": "/services/desk/", "SERVICE_URL": "http://127.0.0.1:8091", "SERVICE_NAME": "desk", "API_TOKEN": "t",
    "CLIENT_ID": "service-desk", "API_URL": "http://127.0.0.1:8081/hub/api"}.items()}


def test_where_a_hub_wants_the_desk():
    """Catches a desk that takes the place of the JupyterLab in whose terminal it is opened, or begins without what it needs."""
    assert desk_hub.service({}) is None
    assert desk_hub.service(HERE_A_SERVICE) == desk_hub.Service("127.0.0.1", 8091, "/services/desk/")
    assert desk_hub.service(HERE_A_SERVICE | {"JUPYTER_SERVER_URL": "http://127.0.0.1:8888/"}) is None
    with pytest.raises(KitError, match="JUPYTERHUB_SERVICE_NAME"):
        desk_hub.service(HERE_A_SERVICE | {"JUPYTERHUB_SERVICE_NAME": ""})
    with pytest.raises(KitError, match="speaks http"):
        desk_hub.service(HERE_A_SERVICE | {"JUPYTERHUB_SERVICE_URL": "https://127.0.0.1:8091"})


@pytest.mark.parametrize("account, mode, files, said", [
    ("no-such-account", 0o700, ["nbgrader_config.py"], "no account 'no-such-account'"),
    (None, 0o700, [], "it has no nbgrader_config.py"),
    (None, 0o750, ["nbgrader_config.py"], "chmod 700"),
])
def test_what_a_hub_refuses_to_serve(tmp_path, account, mode, files, said):
    """Catches hidden tests that students can read, and a service that starts without a course."""
    for name in files:
        (tmp_path / name).touch()
    tmp_path.chmod(mode)
    with pytest.raises(KitError, match=said):
        serve(Config(), "tiny-course", tmp_path, account or pwd.getpwuid(os.getuid()).pw_name, ["ines"])
    with pytest.raises(KitError, match=said):
        open_desk(Config(), "tiny-course", tmp_path, account or pwd.getpwuid(os.getuid()).pw_name)
