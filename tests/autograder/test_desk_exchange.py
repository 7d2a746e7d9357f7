"""Handing in at the desk from where students work: nbgrader's own commands and JupyterLab's Assignment List."""

import ast
import json
import os
import subprocess
import sys

import desks
import pytest
from desks import notebook
from kit import KIT
from test_desk import SLOPE_WRONG

EXCHANGE = KIT / "autograder/desk/exchange.py"
# where there is nothing of the kit: nbgrader, and its server extension for JupyterLab's Assignment List, in a process for each call
NBGRADER = """
import json, os, sys
sys.modules["autograder"] = None
from nbgrader.apps import nbgraderapp
from nbgrader.server_extensions.assignment_list.handlers import AssignmentList
for line in sys.stdin:
    home, *arguments = json.loads(line)
    if not os.fork():
        os.chdir(home)
        os.environ["HOME"] = home
        os.dup2(os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
        os.dup2(1, 2)
        if arguments[0] == "lab":
            of = AssignmentList()
            of.root_dir = home
            print(json.dumps(getattr(of, arguments[1])(*arguments[2:])))
        else:
            sys.argv[1:] = arguments
            nbgraderapp.main()
        sys.exit()
    os.wait()
    print(flush=True)
"""


class Student:
    """Somebody who works in a folder of their own, with nbgrader and without the kit."""

    def __init__(self, running, name, home, process):
        self.home, self._process = home, process
        status, headers, settings = running.browser(name).request("GET", "/jupyter/nbgrader_config.py")
        assert status == 200 and "nbgrader_config.py" in headers["Content-Disposition"]
        (home / "nbgrader_config.py").write_bytes(settings)
        (home / "tiny").mkdir()

    def nbgrader(self, *arguments):
        """Run nbgrader in the folder; returns what it says."""
        print(json.dumps([str(self.home), *arguments]), file=self._process.stdin, flush=True)
        assert self._process.stdout.readline() == "\n"
        return (self.home / "said").read_text()

    def lab(self, *call):
        """What JupyterLab is told by this call of nbgrader's server extension."""
        return json.loads(self.nbgrader("lab", *call).splitlines()[-1])

    def write(self, contents, **more):
        """Write the notebook, and other files."""
        (self.home / "tiny/tiny.ipynb").write_bytes(contents)
        for name, text in more.items():
            (self.home / "tiny" / name).write_text(text)


@pytest.fixture(scope="module")
def desk(tmp_path_factory, zygote):
    """A desk that tells criteria."""
    with desks.desk(desks.course(tmp_path_factory.mktemp("exchange") / "course", "c.Desk.tries_at_once = 24")) as running:
        yield running


@pytest.fixture(scope="module")
def student(desk, tmp_path_factory):
    """Gives a `Student` of this name."""
    environment = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "ignore"}
    with subprocess.Popen([sys.executable, "-c", NBGRADER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        yield lambda name: Student(desk, name, tmp_path_factory.mktemp(name), process)
        process.stdin.close()


def result(desk, student, number):
    """The page of a try, when it has a result."""
    return desk.browser(student).result(f"/work/tiny/tries/{number}")


def test_nbgrader_hands_in_and_fetches(desk, student):
    """Catches a student's nbgrader that does not hand in all that is needed and no more, or does not get what may be told."""
    ada = student("ada")
    ada.write(notebook(desk.course, "from helper import relu, relu_grad"), **{
        "helper.py": "import numpy as np\n" + SLOPE_WRONG, ".secret": "mine", "nbgrader_config.py": "a link",
        "requirements.txt": (desk.course.release / "tiny/requirements.txt").read_text()})
    assert "course tiny (already downloaded)" in ada.nbgrader("list")
    said = ada.nbgrader("submit", "tiny")
    assert "try 1 of tiny, received" in said and f"http://127.0.0.1:{desk.port}/work/tiny/tries/1" in said
    page = result(desk, "ada", 1)
    assert "helper.py, tiny.ipynb</dd>" in page  # what was given is not handed in, nor what is hidden
    (digest,) = {line.split()[-1] for line in said.splitlines() if "Receipt:" in line}
    assert digest in page
    assert "(feedback ready to be fetched)" in ada.nbgrader("list", "--cached")
    assert "Fetched feedback" in ada.nbgrader("fetch_feedback", "tiny")
    assert "(feedback already fetched)" in ada.nbgrader("list", "--cached")
    (kept,) = (ada.home / "tiny/feedback").glob("*/tiny.html")
    text = kept.read_text()
    assert "45" in text and "The slope is 0 or 1." in text and "expected" not in text
    assert not any(part in text for part in ("<form", "<script", 'href="/'))  # which lead nowhere from a file


def test_the_assignment_list_is_answered(desk, student):
    """Catches what JupyterLab cannot show: entries without what it reads, a path that is not in its folder, an old page as new."""
    grace = student("grace")
    grace.write(notebook(desk.course, SLOPE_WRONG))
    assert grace.lab("list_courses")["value"] == ["course"]
    (fetched,) = grace.lab("list_assignments", "course")["value"]
    assert fetched["status"] == "fetched" and fetched["path"] == "tiny"
    assert [one["path"] for one in fetched["notebooks"]] == ["tiny/tiny.ipynb"]
    assert grace.lab("submit_assignment", "course", "tiny")["success"]
    result(desk, "grace", 1)

    def submission():
        (one,) = grace.lab("list_assignments", "course")["value"][1]["submissions"]
        return one

    before = submission()
    assert before["has_exchange_feedback"] and not before["has_local_feedback"] and before["timestamp"].endswith(" UTC")
    assert grace.lab("fetch_feedback", "course", "tiny")["success"]
    after = submission()
    assert after["has_local_feedback"] and not after["feedback_updated"]
    (grace.home / after["local_feedback_path"] / "tiny.html").write_text("what was told before")
    assert submission()["feedback_updated"]


def test_what_the_desk_refuses_is_said(desk, student):
    """Catches a traceback, or silence, where a student has to know that nothing was handed in."""
    grace = student("grace")
    assert "There is no notebook in" in grace.nbgrader("submit", "tiny")
    assert "no assignment 'ps9'; it has: tiny" in grace.nbgrader("submit", "ps9")
    grace.write(notebook(desk.course))
    with open(grace.home / "tiny/weights.bin", "wb") as file:
        file.truncate(40 * 2**20)
    assert "leave out what is not needed. The largest is weights.bin (40 MB)" in grace.nbgrader("submit", "tiny")
    (grace.home / "tiny/weights.bin").unlink()
    settings = grace.home / "nbgrader_config.py"
    link = desk.links["grace"]
    settings.write_text(settings.read_text().replace(link, f"{link[:-3]}xyz"))
    said = grace.nbgrader("submit", "tiny")
    assert "You are not signed in" in said and "Traceback" not in said and "xyz" not in said
    settings.write_text(settings.read_text().replace(f":{desk.port}/", ":9/"))
    assert "cannot be reached" in grace.nbgrader("list") and "cannot be reached" in grace.nbgrader("submit", "tiny")
    with settings.open("a") as file:
        file.write(f"\nc.DeskExchange.links = {{'other': 'http://127.0.0.1:9/enter/any', 'course': {link!r}}}\n")
    said = grace.nbgrader("list")  # where one desk is silent, the others' courses are there
    assert "cannot be reached" in said and "course tiny (already downloaded)" in said
    assert "cannot be reached" not in grace.nbgrader("list", "--course", "course")


def test_many_files_go_as_one(desk, student):
    """Catches a folder with more files than a desk takes one by one, whose student is told to do something about it."""
    grace = student("grace")
    grace.write(notebook(desk.course, "from part7 import relu, relu_grad"), **{
        f"part{number}.py": "import numpy as np\n" + SLOPE_WRONG.replace("ones_like", "zeros_like") for number in range(60)})
    number = grace.nbgrader("submit", "tiny").partition("try ")[2].split()[0]
    assert "tiny.zip</dd>" in result(desk, "grace", number)


def test_a_token_opens_what_a_student_may_do_and_no_more(desk):
    """Catches a token that opens the course's side or another's work, or that a page elsewhere could have a browser send."""
    tokens = {name: link.rpartition("/")[2] for name, link in desk.links.items()}
    ask = desk.browser().request
    for said in ("", "Basic " + tokens["ada"], "Bearer " + tokens["ada"][:-1], "Bearer ", "Bearer \xe9"):
        assert ask("GET", "/jupyter/list", Authorization=said)[0] == 403
    listing = json.loads(ask("GET", "/jupyter/list", Authorization=f"Bearer {tokens['ada']}")[2])
    assert listing["student"] == "ada"
    assert ask("GET", "/course/", Authorization=f"Bearer {tokens['tina']}")[0] == 404
    assert ask("GET", "/jupyter/nbgrader_config.py", Authorization=f"Bearer {tokens['tina']}")[0] == 404
    assert ask("POST", "/leave", b"", Authorization=f"Bearer {tokens['ada']}")[0] == 403
    ada = desk.browser("ada")
    status, _, said = ada.request("POST", "/work/tiny/hand-in", b"", Accept="application/json")  # with the session's cookie alone
    assert status == 403 and "not ours" in json.loads(said)["error"]
    assert ada.request("GET", "/jupyter/list", Authorization="Bearer wrong")[0] == 403


def test_the_file_for_students_stands_alone():
    """Catches an import that a student's Python does not have."""
    tree = ast.walk(ast.parse(EXCHANGE.read_text()))
    named = {name.partition(".")[0] for node in tree if isinstance(node, ast.Import | ast.ImportFrom)
             for name in ([node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])}
    assert named - {"nbgrader", "traitlets"} <= set(sys.stdlib_module_names)
