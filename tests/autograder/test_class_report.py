"""The class report: numbers that are right, pairs that are alike, and a page that is safe to open."""

import csv
import json
import random
import re
import shutil
import statistics

import pytest
import tiny

from autograder.authoring import build as authoring
from autograder.course import similarity
from autograder.course.similarity import Answer

WORDS = "a b c x y z np sum exp max min for in range len return + - * / ( ) [ ] , = : 1 2 0 10".split()


def class_of(n, seed=0):
    """Works of students who have nothing in common but the language."""
    chance = random.Random(seed)
    return {f"s{i:03}": {f"task {j}": Answer(" ".join(chance.choices(WORDS, k=80)), True) for j in range(8)} for i in range(n)}


def test_a_copy_with_other_names_and_comments_is_found_and_nobody_else():
    """Catches a comparison that renaming defeats, and one that accuses honest people."""
    works = class_of(40)
    assert similarity.pairs(works, "") == []
    works["s007"] = {
        place: Answer("# all mine\n" + re.sub(r"\b[ax]\b", r"my_\g<0>", answer.text), True)
        for place, answer in works["s003"].items()
    }
    (pair,) = similarity.pairs(works, "")
    assert pair.students == ("s003", "s007") and pair.shared > 0.9 and pair.chance < 1e-4 and len(pair.answers) == 8


def test_what_everybody_was_given_or_writes_is_no_copy():
    """Catches a class that is accused of the one obvious solution, or of the text of the exercise."""
    obvious = "def relu(z):\n    return np.maximum(0, z)\n" * 3
    works = class_of(20)
    for answers in works.values():
        answers["relu"] = Answer(obvious, True)
    assert similarity.pairs(works, "") == []
    given = " ".join(random.Random(5).choices(WORDS, k=300))
    for student in ("s001", "s002"):  # two who left the rest as it was
        works[student]["task 1"] = Answer(given, True)
    assert similarity.pairs(works, given) == []


def test_two_of_a_kind_among_few_answers_in_words():
    """Catches prose that is compared as code, and blank or missing answers that count as equal."""
    chance = random.Random(3)
    words = [f"word{i}" for i in range(200)]
    works = {f"s{i:02}": {f"why {j}": Answer(" ".join(chance.choices(words, k=60)), False) for j in range(3)} for i in range(30)}
    works |= {"blank": {"why 0": Answer("", False)}, "empty": {"why 0": Answer("", False)}, "absent": {}}
    works["s09"] = {why: Answer(answer.text.upper().replace("WORD3", "however"), False) for why, answer in works["s04"].items()}
    assert [pair.students for pair in similarity.pairs(works, "")] == [("s04", "s09")]
    assert similarity.pairs({"a": works["s04"], "b": works["s09"]}, "") == []


@pytest.fixture(scope="module")
def course(tmp_path_factory, zygote):
    """A graded class: four right, one of them with an odd name, one wrong slope, one blank, one file that is no notebook."""
    course = tiny.new_course(tmp_path_factory.mktemp("course") / "course")
    authoring.build("tiny", course, zygote)
    for student in ("ada", "bob", "cyd"):
        tiny.hand_in(course, student, relu_solution=tiny.RELU)
    tiny.hand_in(course, "dan", relu_solution=tiny.RELU.replace("(z > 0) * 1.0", "(z < 0) * 1.0"))
    tiny.hand_in(course, "blank")
    (tiny.hand_in(course, "torn") / "tiny.ipynb").write_text("{")
    tiny.hand_in(course, "O'Neil & söhne", relu_solution=tiny.RELU)
    assert tiny.autograder(course, "grade", "tiny").returncode == 0
    return course


def test_the_report_says_what_grading_found(course):
    """Catches wrong counts, a blank answer that counts as a mistake, and somebody in trouble who is not named."""
    result = tiny.autograder(course, "report", "tiny")
    assert result.returncode == 0, result.stderr
    numbers = json.loads((course.root / "tiny-report.json").read_text())
    (item,) = numbers["items"]
    scores = [90, 90, 90, 90, 45, 0, 0]
    assert numbers["students"] == 7 and numbers["mean"] == pytest.approx(statistics.fmean(scores) / 90)
    assert (item["full"], item["part"], item["none"], item["not written"]) == (4, 1, 2, 1)
    assert item["difficulty"] == pytest.approx(statistics.fmean(scores) / 90) and item["discrimination"] is None
    assert [(one["criterion"], one["students"]) for one in numbers["mistakes"]] == [("The slope is 0 or 1.", ["dan"])]
    assert set(numbers["to look at"]["reasons"]) == {"blank", "torn"}
    assert sum(numbers["distribution"]) == 7 and numbers["distribution"][9] == 4
    (line,) = csv.DictReader((course.root / "tiny-report.csv").open(encoding="utf-8"))
    assert line["item"] == "relu" and line["full"] == "4"
    assert "2 to look at" in result.stdout and "tiny-report.html" in result.stdout


def test_the_page_loads_and_runs_nothing(course):
    """Catches a name that becomes a tag, and a page that needs a network."""
    tiny.autograder(course, "report", "tiny")
    page = (course.root / "tiny-report.html").read_text()
    assert "O&#39;Neil &amp; söhne" in page and "<script" not in page and "http" not in page.replace("http-equiv", "")


def test_nothing_graded_is_said_in_one_line(course, tmp_path):
    """Catches an empty page, and a traceback."""
    copy = tmp_path / "course"
    shutil.copytree(course.root, copy, ignore=shutil.ignore_patterns("tiny-report.*"))
    (copy / "nbgrader_config.py").write_text(tiny.CONFIGURATION + f"c.CourseDirectory.root = {str(copy)!r}\n")
    for stored in copy.glob(".autograder/tiny/*.json"):
        stored.unlink()
    result = tiny.autograder(type(course)(copy), "report", "tiny")
    assert result.returncode == 1 and len(result.stderr.strip().splitlines()) == 1 and "autograder grade tiny" in result.stderr
    assert not list(copy.glob("tiny-report.*"))
