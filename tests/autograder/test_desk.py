"""The desk: handing in, what is told and when, which try counts, and what a crash costs."""

import datetime
import io
import json
import signal
import time
import zipfile

import desks
import pytest
import tiny
from desks import notebook

from autograder.course import timestamps
from autograder.desk.tries import Tries, allowance

SLOPE_WRONG = tiny.RELU.replace("(z > 0) * 1.0", "np.ones_like(z)")
def score(course, student):
    """A student's points by program in the gradebook, None if it has none."""
    with course.open_gradebook() as gradebook:
        total = gradebook.totals(course.assignment("tiny")).get(student)
    return total and total.by_program


@pytest.fixture(scope="module")
def criteria(tmp_path_factory, zygote):
    """A desk that tells criteria, as by default."""
    course = desks.course(tmp_path_factory.mktemp("criteria") / "course",
                          'c.Desk.tries_at_once = 4\nc.Desk.more_tries = {"grace": 20}')
    with desks.desk(course) as running:
        yield running


@pytest.fixture(scope="module")
def everything(tmp_path_factory, zygote):
    """A desk that tells everything, where the best try counts."""
    course = desks.course(tmp_path_factory.mktemp("everything") / "course",
                         'c.Desk.show = {"tiny": "everything"}\nc.Desk.counts = {"tiny": "best"}\nc.Desk.minutes_for_a_try = 0\n')
    with desks.desk(course) as running:
        yield running


def test_a_link_leads_to_a_result(criteria):
    """Catches a way from the link to the result that is broken anywhere, and a gradebook that does not hear of it."""
    ada = criteria.browser("ada")
    assert "Ada Lovelace" in ada.get("/")
    assert "Hand in" in ada.get("/work/tiny/")
    status, address, _ = ada.hand_in("tiny", {"tiny.ipynb": notebook(criteria.course, SLOPE_WRONG)})
    assert (status, address) == (303, "/work/tiny/tries/1")
    page = ada.result(address)
    assert "45" in page and "The slope is 0 or 1." in page and "Ada Lovelace" in page
    assert "Not met" in page and "expected" not in page  # the values that were wrong are not told
    assert ada.request("GET", f"{address}/notebook")[0] == 404
    assert score(criteria.course, "ada") == 45
    graded = tiny.autograder(criteria.course, "grade", "tiny")
    assert "0 graded" in graded.stdout and "1 unchanged" in graded.stdout, graded.stdout + graded.stderr


def test_files_come_as_people_have_them(criteria):
    """Catches a notebook under another name, a zip file, and a helper file that do not arrive where they belong."""
    grace, course = criteria.browser("grace"), criteria.course
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("my work/Tiny (1).ipynb", notebook(course, "from helper import relu, relu_grad"))
        archive.writestr("my work/helper.py", "import numpy as np\n" + tiny.RELU)
    _, address, _ = grace.hand_in("tiny", {"all.zip": packed.getvalue()})
    assert "90</strong> of 100" in grace.result(address).replace("<strong>", "")
    assert sorted(path.name for path in (course.submitted / "grace/tiny").iterdir()) == ["helper.py", "timestamp.txt", "tiny.ipynb"]
    assert timestamps.read(course.submitted / "grace/tiny").time is not None


def test_what_is_no_notebook_costs_no_try_and_takes_no_place(criteria):
    """Catches a wrong file, chosen by mistake, that replaces work or uses up a try."""
    grace, course = criteria.browser("grace"), criteria.course
    grace.result(grace.hand_in("tiny", {"tiny.ipynb": notebook(course)})[1])
    before = grace.get("/work/tiny/")
    page = grace.result(grace.hand_in("tiny", {"holiday.jpg": b"\xff\xd8 no notebook"})[1])
    assert "no notebook here that can be run" in page
    assert (course.submitted / "grace/tiny/tiny.ipynb").exists() and score(course, "grace") == 90
    left = " left now"
    now = grace.get("/work/tiny/")
    assert now[now.index(left) - 2:now.index(left)] >= before[before.index(left) - 2:before.index(left)]


def test_tries_are_limited_and_more_can_be_given(criteria):
    """Catches a limit that can be got around by sending several at once, or that says not when it is over."""
    ada, course = criteria.browser("ada"), criteria.course
    answers = [ada.hand_in("tiny", {"tiny.ipynb": notebook(course, note=str(number))}) for number in range(5)]
    assert [status for status, _, _ in answers].count(429) >= 1
    refused = next(text for status, _, text in answers if status == 429)
    assert "no try left" in refused and "UTC" in refused
    assert "24 at once" in criteria.browser("grace").get("/work/tiny/")


def test_others_tries_are_nobodys_business(criteria):
    """Catches pages of somebody else, and pages for nobody."""
    ada, grace = criteria.browser("ada"), criteria.browser("grace")
    for number in range(2):
        _, address, _ = grace.hand_in("tiny", {"tiny.ipynb": notebook(criteria.course, note=f"mine alone {number}")})
    digest = Tries(criteria.course, "tiny", "grace").get(address.rpartition("/")[2]).receipt.digest[:32]
    assert digest in grace.get(address) and digest.encode() not in ada.request("GET", address)[2]
    assert criteria.browser().request("GET", address)[0] == 403
    assert ada.request("GET", "/course/")[0] == 404 and "Tiny" in criteria.browser("tina").get("/course/")


def test_a_form_from_elsewhere_is_refused(criteria):
    """Catches another page that hands in, or signs out, in somebody's name."""
    ada = criteria.browser("ada")
    ada.token = "0" * 32
    assert ada.hand_in("tiny", {"tiny.ipynb": b"{}"})[0] == 403
    ada.token = "0" * 32
    assert ada.post("/leave")[0] == 403


def test_a_revoked_link_and_its_session_are_over(criteria):
    """Catches a lost link that nobody can take back."""
    ada = criteria.browser("ada")
    done = tiny.autograder(criteria.course, "serve", "--revoke", "ada")
    assert done.returncode == 0 and "over" in done.stdout, done.stderr
    assert ada.request("GET", "/work/tiny/")[0] == 403
    with pytest.raises(AssertionError, match="not one of ours"):
        criteria.browser("ada")


def test_the_best_counts_and_everything_is_told(everything):
    """Catches a worse try that takes the place of a better one, and a page of the notebook that cannot be opened."""
    ada, course = everything.browser("ada"), everything.course
    page = ada.result(ada.hand_in("tiny", {"tiny.ipynb": notebook(course)})[1])
    assert "Your notebook, as it was graded" in page
    shown = ada.get("/work/tiny/tries/1/notebook")
    assert "maximum" in shown and "<script" not in shown
    page = ada.result(ada.hand_in("tiny", {"tiny.ipynb": notebook(course, SLOPE_WRONG)})[1])
    assert "expected" in page.lower() or "should" in page
    assert score(course, "ada") == 90
    assert "maximum" in (course.submitted / "ada/tiny/tiny.ipynb").read_text()
    assert "ones_like" not in (course.submitted / "ada/tiny/tiny.ipynb").read_text()
    assert "<strong>counts</strong>" not in ada.get("/work/tiny/")  # that would tell what is told with the grade


def test_with_the_grade_all_of_it_is_told(everything):
    """Catches points and comments by hand that are shown too early, or never."""
    grace, course = everything.browser("grace"), everything.course
    address = grace.hand_in("tiny", {"tiny.ipynb": notebook(course, SLOPE_WRONG)})[1]
    grace.result(address)
    with course.open_gradebook() as gradebook:
        page = gradebook.nbgrader.find_submission_notebook("tiny", "tiny", "grace")
        for grade in page.grades:
            if grade.name == "why":
                grade.manual_score, grade.needs_manual_grade = 7, False
        for comment in page.comments:
            if comment.name == "why":
                comment.manual_comment = "Say *whose* idea that was."
        gradebook.nbgrader.db.commit()
    before = grace.get(address)
    assert "whose" not in before and ">7<" not in before
    assert tiny.autograder(course, "release-grades", "tiny", "--student", "grace").returncode == 0
    time.sleep(1.5)
    after = grace.get(address)
    assert "<em>whose</em>" in after and ">7<" in after
    assert grace.hand_in("tiny", {"tiny.ipynb": notebook(course)})[0] == 403  # with all of it told, no more tries


def test_after_a_kill_every_receipt_has_its_result(tmp_path):
    """Catches a receipt that was given before the work was safe, and work that nobody goes on with."""
    course = desks.course(tmp_path / "course", "c.Desk.minutes_for_a_try = 0\n")
    first = desks.Desk(course)
    ada, grace = first.browser("ada"), first.browser("grace")
    receipts = [(who, json.loads(browser.hand_in("tiny", {"tiny.ipynb": notebook(course, note=str(number))},
                                                 Accept="application/json")[2]))
                for number in range(3) for who, browser in (("ada", ada), ("grace", grace))]
    first.close(signal.SIGKILL)
    with desks.desk(course) as second:
        for who, receipt in receipts:
            assert "90</strong>" in second.browser(who).result(receipt["page"])
    for who, receipt in receipts:
        one = Tries(course, "tiny", who).get(receipt["number"])
        assert one.receipt.digest == receipt["digest"] and one.report.score == 90
    assert score(course, "ada") == score(course, "grace") == 90


def test_tries_come_back_with_time():
    """Catches a bucket that fills too fast, too slowly, or beyond its size."""
    start = datetime.datetime(2026, 10, 5, 12)
    every = datetime.timedelta(minutes=20)

    def at(minutes):
        return start + datetime.timedelta(minutes=minutes)

    assert allowance([], start, 4, every) == (4, None)
    assert allowance([at(0)] * 4, at(0), 4, every) == (0, at(20))
    assert allowance([at(0)] * 4, at(19), 4, every) == (0, at(20))
    assert allowance([at(0)] * 4, at(20), 4, every) == (1, at(40))
    assert allowance([at(0)] * 4, at(600), 4, every) == (4, None)
    assert allowance([at(0), at(0), at(0), at(0), at(20)], at(25), 4, every) == (0, at(40))
    assert allowance([at(0)] * 9, at(0), 4, datetime.timedelta()) == (4, None)


def test_a_value_that_is_typed_is_told_with_the_grade_alone(tmp_path, zygote):
    """Catches an answer that tries can find: points, criteria, the total or the notebook's page tell whether it is right."""
    folder = tmp_path / "course"
    tiny_course = desks.course(folder, 'c.Desk.show = {"*": "everything"}')
    source = folder / "source/tiny/tiny.md"
    source.write_text(source.read_text().replace('item="relu" points=90', 'item="relu" points=90 fixed_answer=true'))
    built = tiny.autograder(tiny_course, "build", "tiny")
    assert built.returncode == 0, built.stderr
    pages = []
    with desks.desk(tiny_course) as desk:
        ada = desk.browser("ada")
        for code in (tiny.RELU, SLOPE_WRONG):
            _, address, _ = ada.hand_in("tiny", {"tiny.ipynb": notebook(tiny_course, code)})
            pages.append((ada.result(address), ada.get(f"{address}/notebook")))
    for right, wrong in zip(*pages):
        assert "received" in right and "received" in wrong
        for telling in ("Not met", "90</strong>", "45</strong>", ">45<", "The slope is"):
            assert telling not in wrong and telling not in right


def test_one_students_many_tries_do_not_delay_anothers_first(criteria):
    """Catches a line in which whoever comes first, comes first all the time."""
    grace, mallory = criteria.browser("grace"), criteria.browser("tina")
    slow = "import time\n" + tiny.RELU + "\nuntil = time.process_time() + 1\nwhile time.process_time() < until: pass"
    many = [mallory.hand_in("tiny", {"tiny.ipynb": notebook(criteria.course, slow, str(number))})[1] for number in range(4)]
    grace.result(grace.hand_in("tiny", {"tiny.ipynb": notebook(criteria.course, note="a first one")})[1])
    assert Tries(criteria.course, "tiny", "tina").get(many[-1].rpartition("/")[2]).waits


def test_who_asks_says_a_proxy_only_where_there_is_one(criteria):
    """Catches anybody who names another address, or TLS, and is believed: guessing links would never end."""
    browser = criteria.browser()
    status, headers, _ = browser.request("GET", "/", X_Forwarded_Proto="https", X_Forwarded_For="10.0.0.1")
    assert status == 200 and "Secure" not in str(headers.items())
