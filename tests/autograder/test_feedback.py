"""The page that students get back: what it says, in one file, and by which commands."""

import re
import shutil
from html.parser import HTMLParser

import nbformat
import pytest
from kit import KIT
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from tiny import CONFIGURATION, RELU, hand_in, nbgrader, new_course

from autograder.authoring import build as authoring
from autograder.course import batch, mathml
from autograder.course.course import Course
from autograder.grading import notebook as notebooks

EMPTY = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta"}
SETTINGS = "c.NbGraderAPI.timezone = 'Europe/Berlin'\n"
HEADINGS = {'```python item="relu"': "## Rectify (90 points)", '<!-- #region item="why"': "## Explain (10 points)"}
STUDENTS = {
    "ada": {"relu_solution": RELU, "why": "Because $x_i$."},
    "eve": {"relu_solution": RELU.replace("np.maximum(0, z)", "z * undefined  # here")},
    "zoe": {"relu_solution": RELU.replace("(z > 0)", "(z > 9)"), "why": "Because."},
}


class Seen(HTMLParser):
    """A page as a reader gets it: text, elements in order, and whether they are nested as they should be."""

    def __init__(self, page):
        super().__init__()
        self.text, self.elements, self._open, self._hidden = "", [], [], 0
        self.feed(page)
        assert not self._open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in EMPTY and not (tag.startswith("m") and self.get_starttag_text().endswith("/>")):
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        if "style" not in self._open:
            self.text += " ".join(data.split()) + " " if data.strip() else ""


@pytest.fixture(scope="module")
def course(tmp_path_factory, zygote):
    """Three graded submissions: all but the written answer right; an error; one criterion not met, two days late."""
    course = new_course(tmp_path_factory.mktemp("feedback") / "course")
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + SETTINGS)
    course = Course(course.root)
    source = course.root / "source/tiny/tiny.md"
    for fence, heading in HEADINGS.items():
        source.write_text(source.read_text().replace(fence, f"{heading}\n\n{fence}"))
    assignment = authoring.build("tiny", course, zygote).assignment
    with course.open_gradebook() as gradebook:
        gradebook.set_due_date(assignment, "2026-10-05 22:00:00 UTC")
    with Gradebook(course.directory.db_url) as gradebook:
        gradebook.add_student("ada", first_name="Ada", last_name="King <b>")
    for student, answers in STUDENTS.items():
        folder = hand_in(course, student, **answers)
    (folder / "timestamp.txt").write_text("2026-10-07 09:00:00 UTC\n")
    batch.Run(course, assignment, list(STUDENTS)).grade()
    return course


def pages_of(course):
    """The pages of all students, written by the kit's own command: id -> text."""
    assert not batch.write_feedback(course, course.assignment("tiny"), list(STUDENTS))
    return {student: (course.feedback / student / "tiny/tiny.html").read_text() for student in STUDENTS}


@pytest.fixture(scope="module")
def pages(course):
    """Before anybody has graded by hand."""
    return pages_of(course)


def test_the_head_says_who_when_and_what_lateness_cost(pages):
    """Catches a page without a name, a time without a zone, points that are gone and nobody says why."""
    ada, zoe = Seen(pages["ada"]).text, Seen(pages["zoe"]).text
    assert "Ada King <b> ( ada )" in ada and "Handed in Mon 5 Oct 2026, 22:15 CEST (UTC+02:00)" in ada
    assert "Due Tue 6 Oct 2026, 00:00 CEST" in ada and " Late " not in ada
    assert "Handed in Wed 7 Oct 2026, 11:00 CEST" in zoe and "by 1 day and 11 hours: 9 points taken away" in zoe
    assert "Late work loses 10 % of its points for each day begun; up to 15 minutes cost nothing." in zoe
    assert "36 of 100 points (45 − 9 for being late)" in zoe and "Together 36 100" in zoe


def test_items_have_titles_and_points_and_what_waits_for_a_person_says_so(pages):
    """Catches ids in place of titles, and a written answer that looks like nothing earned."""
    text = Seen(pages["ada"]).text
    assert "90 of 100 points 10 of these are not graded yet" in text
    assert "Rectify relu 90 90" in text and "Explain why not graded yet 10" in text and "What lost points" not in text


def test_what_lost_points_comes_with_reason_and_the_students_line(pages):
    """Catches a number without a reason."""
    zoe, eve = Seen(pages["zoe"]).text, Seen(pages["eve"]).text
    assert "What lost points Rectify: 45 of 90 points Not met (45 points) : The slope is 0 or 1." in zoe
    assert "Met: Negative numbers become 0." in zoe and "should be" in zoe
    assert "raised NameError" in eve and "Your line: return z * undefined # here" in eve
    assert eve.index("What lost points") < eve.index("Remarks") < eve.index("Your notebook, as it was graded")


def test_points_and_comments_by_hand_are_on_the_page(course, tmp_path):
    """Catches a grader's work that the student never sees."""
    copy = tmp_path / "course"
    shutil.copytree(course.root, copy)
    (copy / "nbgrader_config.py").write_text(CONFIGURATION + f"c.CourseDirectory.root = {str(copy)!r}\n")
    course = Course(copy)
    with Gradebook(course.directory.db_url) as gradebook:
        for cell, points in (("why", 7), ("relu", 60)):
            gradebook.find_grade(cell, "tiny", "tiny", "zoe").manual_score = points
        gradebook.find_grade("why", "tiny", "tiny", "zoe").extra_credit = 0.5
        gradebook.find_comment("why", "tiny", "tiny", "zoe").manual_comment = "See *this*: $a^2$ <script>"
        gradebook.db.commit()
    page = pages_of(course)["zoe"]
    text = Seen(page).text
    assert "not graded yet" not in text and "Rectify relu 45 by program, changed by hand 60 90" in text
    assert "Explain: 7.5 of 10 points See this : a 2 <script>" in text and "<em>this</em>" in page
    assert page.count("<msup>") == 2  # in the list of what lost points, and below the cell


@pytest.mark.parametrize("student", STUDENTS)
def test_a_page_is_one_file_that_asks_nobody_and_runs_nothing(pages, student):
    """Catches a script, a picture from elsewhere, ids that are there twice, headings that skip a level."""
    page = Seen(pages[student])
    names = [name for name, _ in page.elements]
    assert not {"script", "link", "iframe", "object", "form"} & set(names) and "://" not in pages[student]
    policy = next(attributes["content"] for _, attributes in page.elements if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'") and "script" not in policy
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    links = {attributes["href"] for name, attributes in page.elements if name == "a"}
    assert len(ids) == len(set(ids)) and links <= {f"#{id}" for id in ids}
    levels = [int(name[1]) for name in names if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1 and all(after <= before + 1 for before, after in zip(levels, levels[1:]))
    assert ("html", {"lang": "en"}) in page.elements and all("scope" in attributes for name, attributes in page.elements
                                                              if name == "th" and attributes)


def test_plain_nbgrader_writes_the_same_page(course, pages, tmp_path):
    """Catches two pages that say different things, whether the kit or plain nbgrader graded."""
    shutil.rmtree(course.feedback)
    done = nbgrader(course, "generate_feedback", "tiny")
    assert done.returncode == 0, done.stderr
    assert {one: (course.feedback / one / "tiny/tiny.html").read_text() for one in STUDENTS} == pages
    plain = tmp_path / "plain"
    shutil.copytree(course.root, plain, ignore=shutil.ignore_patterns("autograded", "feedback"))
    (plain / "nbgrader_config.py").write_text(CONFIGURATION + SETTINGS + f"c.CourseDirectory.root = {str(plain)!r}\n")
    for command in (["autograde", "tiny"], ["generate_feedback", "tiny"]):
        done = nbgrader(Course(plain), *command)
        assert done.returncode == 0, done.stderr
    assert {one: (plain / "feedback" / one / "tiny/tiny.html").read_text() for one in STUDENTS} == pages


def test_who_has_no_graded_notebook_is_named_and_the_others_get_their_pages(course):
    """Catches one missing file that stops everybody's feedback."""
    away = course.autograded / "eve-away"
    (course.autograded / "eve").rename(away)
    try:
        failures = batch.write_feedback(course, course.assignment("tiny"), [*STUDENTS, "nobody"])
    finally:
        away.rename(course.autograded / "eve")
    assert failures.keys() == {"eve", "nobody"} and "no autograded notebook of eve" in failures["eve"]
    assert "grade first" in failures["nobody"]


def test_pictures_beside_the_notebook_are_in_the_page(course, tmp_path, zygote):
    """Catches a photographed derivation that stays behind when the page is sent."""
    folder = hand_in(course, "mia", lambda notebook: notebook.cells.append(
        new_markdown_cell("![work](photo%201.png) ![again](photo%201.png) ![gone](none.png)")), relu_solution=RELU)
    (folder / "photo 1.png").write_bytes(b"\x89PNG derivation")
    assignment = course.assignment("tiny")
    batch.Run(course, assignment, ["mia"]).grade()
    assert not batch.write_feedback(course, assignment, ["mia"])
    page = (course.feedback / "mia/tiny/tiny.html").read_text()
    assert page.count('<img class="img-responsive" src="data:image/png;base64,iVBORyBkZXJpdmF0aW9u"') == 1
    assert "gone (none.png)" in page and sorted(path.name for path in (course.feedback / "mia/tiny").iterdir()) == [
        "timestamp.txt", "tiny.html"]


def test_a_reason_that_several_criteria_share_is_told_once(course):
    """Catches twenty repetitions of one sentence where one thing is missing."""
    hand_in(course, "new")
    assignment = course.assignment("tiny")
    batch.Run(course, assignment, ["new"]).grade()
    assert not batch.write_feedback(course, assignment, ["new"])
    page = Seen((course.feedback / "new/tiny/tiny.html").read_text()).text
    lost = page[page.index("What lost points"):page.index("Your notebook")]
    assert "Rectify: 0 of 90 points" in lost and lost.count("Not met") == 2
    assert len(re.findall("is not written yet", lost)) in (1, 2)


def test_titles_are_the_headings_without_their_points():
    """Catches the name of a neighbour's section, and points that stand there twice."""
    titles = notebooks.titles(nbformat.read(KIT / "release/ps1/ps1.ipynb", as_version=4))
    assert titles["gelu"] == "GELU, in its two forms" and titles["derivation"] == "Your turn: finish the derivation"
    assert "(" not in "".join(titles.values()) and len(titles) == 21


# --- formulas


def formulas():
    """Every formula of the kit's notebooks, with whether it stands by itself."""
    found = set()

    class Collector(IPythonRenderer):
        def inline_math(self, body):
            found.add((body, False))
            return ""

        def block_math(self, body):
            found.add((body, True))
            return ""

        def image(self, *_, **__):
            return ""

    for path in (KIT / "source").glob("*/*.md"):
        prose = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        MarkdownWithMath(renderer=Collector(exclude_anchor_links=True)).render(prose)
    return sorted(found)


def test_every_formula_of_the_kit_is_set():
    """Catches an upgrade of latex2mathml, or a formula, by which students read TeX."""
    found = formulas()
    assert len(found) > 500
    for tex, display in found:
        page = mathml.formula(tex, display)
        assert page.startswith("<math ") and "\\" not in page, tex
        Seen(page)


@pytest.mark.parametrize("tex, wanted", [
    (r"\arg\max_i x", '<munder><mo movablelimits="true" lspace="0.167em" rspace="0.167em">arg\u2009max</mo>'),
    (r"\operatorname*{arg\,max}_i x", "arg\u2009max</mo>"),
    (r"\max_{i} x", "<munder><mo"),
    (r"\mathbb{R}\mathbb{ABC}", "<mi>ℝ</mi><mrow><mi>𝔸</mi><mi>𝔹</mi><mi>ℂ</mi></mrow>"),
    (r"\mathbf{xy}\mathbf{1}", "<mi>𝐱</mi><mi>𝐲</mi></mrow><mrow><mn>𝟏</mn>"),
    (r"\boldsymbol\theta", "<mi>𝜽</mi>"),
    (r"\mathrm{d}x", "<mtext>d</mtext><mi>x</mi>"),
    (r"y\log x", '<mi>y</mi><mspace width="0.167em"/><mi>log</mi><mspace width="0.167em"/><mi>x</mi>'),
    (r"\lVert x\rVert^2", '<mo stretchy="false" lspace="0" rspace="0">‖</mo>'),
    (r"\left(\frac{a}{b}\right)", '<mo fence="true" form="prefix" stretchy="true">(</mo><mfrac>'),
    (r"\begin{aligned} a &= b \\[2pt] &= c\end{aligned}", "<mtr><mtd "),
    (r"\begin{align*} a &= b \label{x} \end{align*}", "<mtable"),
    (r"\overline{xy}", "border-top: 1px solid"),
    (r"\boxed{x}", "border: 1px solid"),
    (r"x := y", "<mo>≔</mo>"),
])
def test_what_latex2mathml_leaves_wrong_is_mended(tex, wanted):
    """Catches each of the mends that its next version may undo."""
    page = mathml.formula(tex, display=True)
    Seen(page)
    assert wanted in page and "mathvariant=\"bold" not in page


@pytest.mark.parametrize("tex", [r"\unknown{x}", r"{x", "x}", "a & b", r"\begin{nothing} x", r"\frac{a}", r"x^2^3", "x" * 5000])
def test_what_is_no_formula_shows_its_tex(tex):
    """Catches half a formula, which says something else."""
    assert mathml.formula(tex, display=False) == f"<code>{tex.replace('&', '&amp;')}</code>"
