"""The desk's pages for the course's side: what they show, what they change, and what students have of it."""

import json
import re
import time
import zipfile
from urllib.parse import urljoin

import chromium
import desks
import pytest
import tiny
from desks import notebook
from test_desk import SLOPE_WRONG, score

from autograder.course import students, timestamps
from autograder.course.roster import Student
from autograder.desk.tries import Tries

SETTINGS = """
c.Desk.counts = {"*": "best"}
c.Desk.minutes_for_a_try = 0
c.PenaltyPerDay.grace_minutes = 0
c.PenaltyPerDay.share_per_day = 0.6
"""
NOTHING_RIGHT = "def relu(z):\n    return z + 1\ndef relu_grad(z):\n    return z"
STUDENTS = {"ada": "Ada Lovelace", "grace": "Grace Hopper", "alan": "Alan Turing", "emmy": "Emmy Noether", "kurt": "Kurt Gödel",
            "lin": "Lin Linus"}
_SECONDS = 60


@pytest.fixture(scope="module")
def desk(tmp_path_factory, zygote):
    """A desk where the best try counts, and being late costs much."""
    course = desks.course(tmp_path_factory.mktemp("staff") / "course", SETTINGS)
    with course.open_gradebook() as gradebook:
        gradebook.enrol([Student(one, *name.split()) for one, name in STUDENTS.items()])
    with desks.desk(course) as running:
        handed_in(running, "ada", SLOPE_WRONG)
        handed_in(running, "grace", NOTHING_RIGHT)
        yield running


@pytest.fixture
def tina(desk):
    """A TA's browser."""
    return desk.browser("tina")


def page_of(tina, student):
    """The address of a student's page, as the page of the class names it."""
    shown = tina.get("/course/tiny/")
    return "/course/tiny/" + re.search(rf'<a href="([\w-]{{16}}/)">{STUDENTS[student]}<', shown)[1]


def handed_in(desk, student, code, name="tiny.ipynb", note=""):
    """Hand in, wait for the result; returns the try's address."""
    browser = desk.browser(student)
    status, address, text = browser.hand_in("tiny", {name: notebook(desk.course, code, note)})
    assert status == 303, text
    browser.result(address)
    return address


def until(condition):
    """Wait until something is so."""
    end = time.monotonic() + _SECONDS
    while not condition():
        assert time.monotonic() < end, "it never was so"
        time.sleep(0.1)


def graded_by_hand(course, student, points=10):
    """Grade the written answer, as formgrader does."""
    with course.open_gradebook() as gradebook:
        page = gradebook.nbgrader.find_submission_notebook("tiny", "tiny", student)
        for grade in page.grades:
            if grade.name == "why":
                grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.nbgrader.db.commit()


def log(course):
    """What the operator's log says: a list of dicts."""
    return [json.loads(line) for line in (course.root / ".autograder/desk/log").read_text().splitlines()]


def test_the_class_is_seen_by_the_staff_alone(desk, tina):
    """Catches numbers, mistakes or people that the page lacks, ids in addresses, and students who see or do what staff does."""
    shown = tina.get("/course/tiny/")
    assert "2 of 6 in the roster" in shown and "median 25 %" in shown
    assert "Not yet" in shown and "Lin Linus" in shown
    assert re.search(r"<strong>2</strong> × <code>relu</code> The slope is 0 or 1\.", shown)
    assert "2 have answers to grade by hand" in shown
    assert "<td class=\"number\">2</td>" in tina.get("/course/")
    ada = desk.browser("ada")
    address = page_of(tina, "ada")
    for path in ("", "tries/1", "tries/1/shown", "tries/1/files/0", "tries/1/notebook"):
        assert tina.request("GET", address + path)[0] == 200, path
        assert ada.request("GET", address + path)[0] == 404, path
    for page in (shown, tina.get(address), tina.get(address + "tries/1")):
        links = re.findall(r'(?:href|action|data-events)="([^"]*)"', page)
        assert links and not any(one in link for link in links for one in STUDENTS), links
        assert "<script" not in page
    ada.get("/work/tiny/")
    for action in ("extend", "excuse", "release", "count", "answer", "tries/1/again", "../again", "../release"):
        assert ada.post(urljoin(address, action), time="2d", text="x")[0] == 404, action
    tina.token = "0" * 32
    assert tina.post(address + "extend", time="2d")[0] == 403
    assert "more time" not in desk.browser("tina").get("/course/tiny/")
    assert tina.request("GET", "/course/tiny/AAAAAAAAAAAAAAAA/")[0] == 404
    status, _, text = desk.browser().request("GET", "/course/tiny/")
    assert status == 403 and b"You are not signed in" in text


def test_a_try_as_it_is_and_as_its_student_sees_it(desk, tina):
    """Catches staff who see too little, a view of the student's that shows more than the student has, and uploads that a browser
    would show."""
    evil = 'a"b<i>/../\u202ex.ipynb'
    own = handed_in(desk, "emmy", SLOPE_WRONG, name="tiny.ipynb", note="<script>alert(1)</script>")
    address = page_of(tina, "emmy") + "tries/1"
    whole, shown, theirs = tina.get(address), tina.get(address + "/shown"), desk.browser("emmy").get(own)
    assert "relu_grad(z)" in whole and "relu_grad(z)" not in shown and "relu_grad(z)" not in theirs  # the values that were wrong
    assert "The slope is 0 or 1." in shown and "hand-in" not in shown and "/choose" not in shown
    status, headers, body = tina.request("GET", address + "/files/0")
    assert status == 200 and b"<script>alert(1)</script>" in body
    assert headers["Content-Type"] == "application/octet-stream" and headers["Content-Disposition"].startswith("attachment;")
    assert tina.request("GET", address + "/files/1")[0] == 404
    browser = desk.browser("emmy")
    status, _, text = browser.hand_in("tiny", {evil.replace('"', "%22"): b"<html><script>alert(1)</script>"})
    assert status == 303, text
    _, headers, _ = tina.request("GET", page_of(tina, "emmy") + "tries/2/files/0")
    assert headers["Content-Type"] == "application/octet-stream" and "<" not in headers["Content-Disposition"]
    assert "<i>" not in tina.get(page_of(tina, "emmy"))


def test_more_time_changes_penalty_and_which_try_counts(desk, tina):
    """Catches an extension that the gradebook, or the choice of the best try, does not hear of, and input that says nothing."""
    course = desk.course
    handed_in(desk, "alan", SLOPE_WRONG)
    with course.open_gradebook() as gradebook:
        gradebook.set_due_date(course.assignment("tiny"), timestamps.now())
    time.sleep(1.1)  # until the desk looks again
    handed_in(desk, "alan", tiny.RELU)
    assert score(course, "alan") == 45  # 90 less 60 % are fewer
    address = page_of(tina, "alan")
    tina.get(address)
    assert tina.post(address + "extend", time="soon")[:2] == (303, address)
    assert "says neither how much more time" in tina.get(address)
    tina.post(address + "extend", time="1d", why="was <b>ill</b>")
    said = tina.get(address)
    assert "alan has 1 d more for tiny" in said and "was &lt;b&gt;ill&lt;/b&gt;" in said
    assert "alan has 1 d more" not in tina.get(address)  # once
    until(lambda: score(course, "alan") == 90)
    assert tiny.scores(course)["alan"][1] in (0, None)
    assert "more time" in tina.get("/course/tiny/")
    tina.post(address + "excuse", why="joined late")
    assert "excused" in tina.get("/course/tiny/")
    time.sleep(1.1)
    assert "excused" in desk.browser("alan").get("/")
    tina.post(address + "excuse", undo="1")
    assert "not excused from tiny any more" in tina.get(address)
    notes = [entry for entry in log(course) if entry.get("student") == "alan"]
    assert [entry["did"] for entry in notes] == ["gave time", "excused", "took an excuse back"]
    assert all(entry["who"] == "tina" for entry in notes) and "ill" not in json.dumps(notes)
    with course.open_gradebook() as gradebook:
        gradebook.set_due_date(course.assignment("tiny"), None)


def test_the_staff_lets_another_try_count(desk, tina):
    """Catches a decision that the next try, the rule or the student undoes, or that cannot be taken back."""
    course = desk.course
    handed_in(desk, "kurt", tiny.RELU)
    handed_in(desk, "kurt", SLOPE_WRONG)
    assert score(course, "kurt") == 90
    address = page_of(tina, "kurt")
    tina.get(address)
    tina.post(address + "count", number="2")
    until(lambda: score(course, "kurt") == 45)
    assert "ones_like" in (course.submitted / "kurt/tiny/tiny.ipynb").read_text()
    handed_in(desk, "kurt", tiny.RELU, note="another one")
    assert score(course, "kurt") == 45
    assert "try 2, as your instructors have decided" in desk.browser("kurt").get("/work/tiny/")
    assert tina.post(address + "count", number="9")[0] == 400
    tina.post(address + "count")
    until(lambda: score(course, "kurt") == 90)
    graded = tiny.autograder(course, "grade", "tiny", "--student", "kurt")
    assert "1 unchanged" in graded.stdout, graded.stdout + graded.stderr


def test_what_failed_is_seen_and_tried_again(desk, tina):
    """Catches a failure that nobody of the staff sees, or whose traceback a student sees, and a rerun that does nothing."""
    handed_in(desk, "lin", tiny.RELU)
    one = Tries(desk.course, "tiny", "lin").get(1)
    one.again()
    one.fail("Traceback: in a hidden test")
    time.sleep(2.1)
    assert "Try 1 could not be graded." in tina.get("/course/tiny/") and "1 failed" in tina.get("/course/")
    address = page_of(tina, "lin")
    assert "in a hidden test" in tina.get(address + "tries/1") and "in a hidden test" not in tina.get(address + "tries/1/shown")
    archive = desk.course.root / "lin.zip"
    students.export(desk.course, "lin", archive)
    with zipfile.ZipFile(archive) as exported:
        assert not any(b"in a hidden test" in exported.read(name) for name in exported.namelist())
        assert "desk/tiny/1/uploaded/0" in exported.namelist()
    for again in (address + "tries/1/again", "/course/tiny/again"):
        one.fail("Traceback: in a hidden test")
        assert tina.post(again)[0] == 303
        until(lambda: not one.waits)
        assert one.report.score == 90 and not one.failure
    assert "could not be graded" not in tina.get(address)
    (one.folder / "report.json").write_text("{}")  # as of another version of the kit
    assert "Another version" in tina.get(address + "tries/1") and "Another version" in desk.browser("lin").get("/work/tiny/tries/1")


def test_grades_are_released_and_a_request_is_answered(desk, tina):
    """Catches grades that are given out too early, a request that is lost, doubled, seen by others or taken for markup, and an
    answer that its student does not read."""
    course, ada, address = desk.course, desk.browser("ada"), page_of(tina, "ada")
    ada.get("/work/tiny/")
    assert ada.post("/work/tiny/ask", text="too early")[0] == 403
    tina.get(address)
    tina.post("/course/tiny/release")
    assert "no grade of tiny is complete" in tina.get("/course/tiny/")
    graded_by_hand(course, "ada")
    graded_by_hand(course, "grace")
    assert tina.post(address + "release")[:2] == (303, address)
    assert "1 grade of tiny released" in tina.get(address)
    assert "55" in ada.get("/work/tiny/tries/1") and "relu_grad(z)" in ada.get("/work/tiny/tries/1")
    assert "released" in tiny.autograder(course, "status", "tiny").stdout

    text = "Item relu:\n<script>alert(1)</script> 50 % are <b>mine</b>"
    ada.get("/work/tiny/")
    assert ada.post("/work/tiny/ask", text=" \n ")[0] == 400
    assert ada.post("/work/tiny/ask", text="x" * 4001)[0] == 400
    assert ada.post("/work/tiny/ask", text=text)[0] == 303
    assert ada.post("/work/tiny/ask", text="and another thing")[0] == 400
    for page in (ada.get("/work/tiny/"), tina.get("/course/tiny/"), tina.get(address)):
        assert "&lt;script&gt;alert(1)" in page and "<script" not in page and "another thing" not in page
    assert "alert(1)" not in desk.browser("grace").get("/work/tiny/") and "1 request" in tina.get("/course/")
    assert tina.post(address + "answer", text="You are <i>right</i>.")[0] == 303
    assert tina.post(address + "answer", text="No, you are not.")[0] == 303
    assert "Nothing waits for an answer" in tina.get(address)
    page = ada.get("/work/tiny/")
    assert "You are &lt;i&gt;right&lt;/i&gt;." in page and "tina" not in page and "not.</p>" not in page
    assert "1 request" not in tina.get("/course/") and 'action="/work/tiny/ask"' in page

    written = json.dumps(log(course))
    assert "answered a request" in written and "released grades" in written
    assert "alert(1)" not in written and "right" not in written
    archive = course.root / "ada.zip"
    students.export(course, "ada", archive)
    with zipfile.ZipFile(archive) as exported:
        assert "alert(1)" in exported.read("desk/tiny/requests.json").decode()
    students.rename(course, "ada", "ada.l")
    assert (course.root / ".autograder/desk/tiny/ada.l/requests.json").exists()
    students.rename(course, "ada.l", "ada")

    tina.post("/course/tiny/release")
    assert "2 grades of tiny released, 1 of them now" in tina.get("/course/tiny/")
    tina.post(address + "release", undo="1")
    assert "1 grade of tiny not released any more" in tina.get(address)
    time.sleep(1.1)
    assert "relu_grad(z)" not in ada.get("/work/tiny/tries/1")


@chromium.needed
def test_in_a_browser_by_keyboard_on_a_phone(desk, tmp_path):
    """Catches a page that is wider than a phone, and a form that a keyboard cannot reach or that our own policy blocks."""
    with chromium.browser(tmp_path) as driver:
        from selenium.webdriver.common.by import By
        from selenium.webdriver.common.keys import Keys
        from selenium.webdriver.support.ui import WebDriverWait

        def wait(condition):  # a key that opens a page does not wait for it
            return WebDriverWait(driver, _SECONDS, ignored_exceptions=[Exception]).until(condition)

        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": True})
        driver.get(desk.links["tina"])
        driver.switch_to.active_element.send_keys(Keys.ENTER)
        wait(lambda driver: driver.current_url.endswith("/course/"))
        for address in ("/course/", "/course/tiny/", "grace", "tries/1"):
            if address == "grace":
                driver.find_element(By.LINK_TEXT, "Grace Hopper").send_keys(Keys.ENTER)
                wait(lambda driver: driver.find_element(By.ID, "time"))
            else:
                driver.get(urljoin(driver.current_url, address))
            assert driver.execute_script("return document.documentElement.scrollWidth") == 360, address
            tallest = driver.execute_script(
                "return Math.max(0, ...[...document.querySelectorAll('.items tbody tr')].map(row => row.offsetHeight))")
            assert tallest < 300, address
        driver.back()
        driver.find_element(By.ID, "time").send_keys("3d", Keys.ENTER)
        assert "grace has 3 d more for tiny" in wait(lambda driver: driver.find_element(By.CSS_SELECTOR, "[role=status]")).text
        assert not [entry for entry in driver.get_log("browser") if "Content Security Policy" in entry["message"]]
