"""What graders and students see: nbgrader's formgrader on a real server, and feedback pages, in a real browser."""

import base64
import os
import re
import subprocess
import sys
import time
import urllib.request

import chromium
import nbformat
import ports
import pytest
from kit import KIT
from nbgrader.api import Gradebook
from test_class import course_of

from autograder.authoring import sample_class
from autograder.authoring.sample_class import Sample, cell
from autograder.course import batch
from autograder.suites.ps1.alternatives import EXTRA_CELLS

pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
from selenium.webdriver.common.by import By  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = chromium.needed

SECONDS = 60
TOKEN = "a-token-for-this-test"
SCORES = {"four-mistakes": "89.8 / 100", "perfect": "99 / 100", "hostile": "99 / 100"}  # with the 5 bonus points
TAKES_SCORE_BOXES = """
from IPython.display import HTML, Markdown, display
display(HTML("<div class='nbgrader_cell'><span id='derivation'>mine</span></div>"), Markdown("# derivation"))
"""


def _hostile(notebook):
    place = 1 + notebook.cells.index(cell(notebook, "given-1"))
    notebook.cells[place:place] = [
        nbformat.v4.new_code_cell(EXTRA_CELLS["script in the output"]),
        nbformat.v4.new_code_cell(TAKES_SCORE_BOXES),
        nbformat.v4.new_markdown_cell(
            "# derivation\n\n<script>document.title = 'taken'</script>\n\n"
            "a <img src=x onerror=\"document.title = 'taken'\"> [b](javascript:document.title='taken')"
        ),
    ]


@pytest.fixture(scope="module")
def course(built_course, tmp_path_factory):
    """A course with three graded submissions, two of them with feedback pages."""
    course = course_of(built_course, tmp_path_factory.mktemp("browser") / "course", SCORES)
    assignment = course.assignment("ps1")
    sample_class.write_class(course, assignment, [Sample("hostile", edit=_hostile)])
    batch.Run(course, assignment, list(SCORES)).grade()
    assert not batch.write_feedback(course, assignment, ["four-mistakes", "hostile"])
    return course


@pytest.fixture(scope="module")
def server(course, tmp_path_factory):
    """The address of a Jupyter server in the course folder, as a grader starts one."""
    (port,) = ports.free()
    own = tmp_path_factory.mktemp("jupyter")
    environment = os.environ | {
        "PYTHONPATH": str(KIT), "JUPYTER_TOKEN": TOKEN, "JUPYTER_CONFIG_DIR": str(own), "JUPYTER_DATA_DIR": str(own)}
    command = [sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root", "--ip=127.0.0.1",
               f"--port={port}", "--ServerApp.port_retries=0", "--ServerApp.base_url=/services/course"]  # as below a hub
    with (own / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=course.root, env=environment, stdout=log, stderr=log)
    address, deadline = f"http://127.0.0.1:{port}/services/course", time.monotonic() + SECONDS
    try:
        while True:
            try:
                urllib.request.urlopen(f"{address}/api", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline, (own / "log").read_text()
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(SECONDS)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """Headless Chromium."""
    with chromium.browser(tmp_path_factory.mktemp("chromium")) as driver:
        yield driver


@pytest.fixture(scope="module")
def listed(server, browser):
    """The formgrader's list of submissions: student -> (the row's text, address of the submission's page)."""
    browser.get(f"{server}/formgrader/gradebook/ps1/ps1?token={TOKEN}")
    _until(browser, "models && models.loaded")
    rows = {}
    for row in browser.find_elements(By.CSS_SELECTOR, "#main-table tr"):
        link = row.find_element(By.CSS_SELECTOR, "a.name-shown")
        rows[link.text] = row.text, link.get_attribute("href")
    return rows


def _until(browser, condition):
    WebDriverWait(browser, SECONDS).until(lambda b: b.execute_script(f"return Boolean({condition})"))


def _open_submission(browser, listed, student):
    browser.get(listed[student][1])
    _until(browser, "formgrader.grades && formgrader.grades.loaded")


def _text(browser):
    return browser.execute_script("return document.body.innerText")  # as shown; quicker than Selenium's own .text


def _type_score(browser, item, score):
    box = browser.find_element(By.ID, item)
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", box)
    box.clear()
    box.send_keys(f"{score}\t")
    _until(browser, f"$('#{item}').parents('.nbgrader_cell').find('.glyphicon-ok.score-saved').is(':visible')")


def _by_hand(course, student):
    with Gradebook(course.directory.db_url) as gradebook:
        return gradebook.find_grade("derivation", "ps1", "ps1", student).manual_score


def _top(browser, text, below=0):
    """How far down the page the first of the smallest elements with this text is, below some other place."""
    places = browser.find_elements(By.XPATH, f"//*[not(self::script)][text()[contains(., {text!r})]]")
    return min(place.rect["y"] for place in places if place.rect["y"] > below)


def test_the_formgrader_lists_every_student_with_the_score(listed):
    """Catches a configuration or gradebook that the formgrader cannot read, and students without a name."""
    assert listed.keys() == SCORES.keys()
    for student, score in SCORES.items():
        assert score in listed[student][0] and "0 / 6" in listed[student][0]


def test_a_submission_shows_criteria_and_rubric_and_a_score_given_by_hand_stays(course, browser, listed):
    """Catches tags shown as text, a rubric away from the answer, and a grader's score that is not saved or overwritten."""
    _open_submission(browser, listed, "four-mistakes")
    shown = _text(browser)
    assert "sgd_step: 0 of 3 points\n✗ not met: " in shown and "\nYour step goes up the slope" in shown
    assert "sigmoid: 4 of 4 points\n✓ met: " in shown and "<div>" not in shown and "<br>" not in shown
    assert "Points are missing in relu 1.8 of 3, loss_gradients 2 of 5, sgd_step 0 of 3" in shown
    task, box = _top(browser, "Your turn: finish the derivation"), browser.find_element(By.ID, "derivation").rect["y"]
    rubric = _top(browser, "Rubric", below=task)
    assert task < rubric < _top(browser, "says that one bias acts on all") < box and box - rubric < 600
    assert box < _top(browser, "is added on every example", below=task)
    _type_score(browser, "derivation", 4.5)
    assert _by_hand(course, "four-mistakes") == 4.5
    assignment = course.assignment("ps1")
    (report,) = batch.Run(course, assignment, ["four-mistakes"], regrade=True).grade()
    assert report.score == 89.8 and _by_hand(course, "four-mistakes") == 4.5


def test_a_hostile_submission_neither_runs_scripts_nor_takes_a_score_box(course, browser, listed):
    """Catches code of a student's that runs as the grader or reader, and a look-alike that swallows the grader's score."""
    _open_submission(browser, listed, "hostile")
    shown = _text(browser)
    assert "onerror=" in shown and "mine" in shown  # it is there, as text
    assert browser.title == "ps1" and len(browser.find_elements(By.ID, "derivation")) == 1
    _type_score(browser, "derivation", 3)
    assert _by_hand(course, "hostile") == 3
    for link in browser.find_elements(By.CSS_SELECTOR, "#notebook a"):
        assert not (link.get_attribute("href") or "").startswith("javascript")
    browser.get((course.feedback / "hostile/ps1/ps1.html").as_uri())
    _open_notebook(browser)
    assert "onerror=" in _text(browser) and browser.title == "ps1: hostile"


def test_formgrader_needs_no_network_for_formulas_and_tells_the_hint_first(browser, listed):
    """Catches formulas as TeX, a request to another host, a number of a submission in place of a name, a traceback first."""
    _open_submission(browser, listed, "four-mistakes")
    shown, page = _text(browser), browser.page_source
    assert browser.execute_script("return document.querySelectorAll('math').length") > 100
    assert "$" not in browser.execute_script("return $('#notebook').clone().find('code, pre').remove().end().text()")
    assert not [entry for entry in browser.get_log("browser") if "MathJax" in entry["message"]]
    assert not re.search(r"""(?:src|href)=["']https?://(?!127\.0\.0\.1)""", page.partition('<div id="notebook"')[0])
    assert "four-mistakes" in shown and "Submission #" not in shown
    hint, reason = "Your step goes up the slope", re.search(r"entry \[[\d, ]+\] of \w+ after a step", shown)
    assert shown.index("sgd_step: 0 of 3 points") < shown.index(hint) < reason.start() < shown.rindex("AssertionError")


def _feedback(course, browser, student):
    browser.get((course.feedback / student / "ps1/ps1.html").as_uri())


def _open_notebook(browser):
    browser.execute_script("document.querySelector('details.notebook').open = true")


def test_a_feedback_page_opens_from_disk_and_says_what_lost_points(course, browser):
    """Catches feedback that needs a server, leaves sentences or points out, or links that lead nowhere."""
    _feedback(course, browser, "four-mistakes")
    shown = _text(browser)
    assert "89.8 of 100 points" in shown and "not graded yet" in shown and "Mini-batches" in shown
    assert "Every parameter becomes theta - lr * gradient, in place.\nHint: Your step goes up the slope" in shown
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    browser.find_element(By.LINK_TEXT, "A step downhill").click()
    top = "return document.querySelector(':target').getBoundingClientRect().top"
    assert -5 < browser.execute_script(top) < 900
    browser.find_elements(By.LINK_TEXT, "Your answer in the notebook")[2].click()
    _until(browser, "document.querySelector('details.notebook').open")  # a browser opens what a link leads into
    assert "def sgd_step" in browser.execute_script("return document.querySelector(':target').innerText")
    shown = _text(browser)
    assert len(re.findall(r"^\w+: [\d.]+ of \d+ (?:bonus )?points$", shown, re.MULTILINE)) == len(course.assignment("ps1").items)


@pytest.mark.parametrize("student", ["four-mistakes", "hostile"])
@pytest.mark.parametrize("width", [320, 800, 1280])
def test_a_feedback_page_fits_a_phone_and_a_desk(course, browser, student, width):
    """Catches a page that runs off the side: a table, a long line, a picture, a formula that does not scroll in its box."""
    _feedback(course, browser, student)
    _open_notebook(browser)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
    try:
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


CONTRAST = """
const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                     return .2126 * r + .7152 * g + .0722 * b; };
const numbers = c => c.match(/[\\d.]+/g).map(Number);
const behind = e => { for (; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor);
                      if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
let worst = [99, ""];
for (const e of document.querySelectorAll("body *")) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
  const a = light(numbers(getComputedStyle(e).color).slice(0, 3)), b = light(behind(e));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 200)];
}
return worst;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_on_a_feedback_page_can_be_read_by_day_and_by_night(course, browser, scheme):
    """Catches grey on grey: less contrast than WCAG's AA asks for."""
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    try:
        _feedback(course, browser, "four-mistakes")
        _open_notebook(browser)
        dark = browser.execute_script("return getComputedStyle(document.body).backgroundColor") != "rgb(255, 255, 255)"
        ratio, where = browser.execute_script(CONTRAST)
    finally:
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert dark == (scheme == "dark") and ratio >= 4.5, where


def test_a_feedback_page_prints_on_few_sheets(course, browser):
    """Catches the whole notebook on paper: 66 pages once."""
    _feedback(course, browser, "four-mistakes")
    pdf = base64.b64decode(browser.print_page())
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) <= 8


def test_brackets_grow_where_there_is_no_font_for_mathematics(course, browser):
    """Catches a matrix between brackets as low as a letter, as on phones."""
    _feedback(course, browser, "four-mistakes")
    _open_notebook(browser)
    heights = browser.execute_script("""
        const math = document.querySelector("mo[stretchy=true] ~ mtable, mo[stretchy=true] ~ mfrac").closest("math");
        math.style.fontFamily = "Stretched, serif";
        return document.fonts.load("16px Stretched").then(() => [...math.querySelectorAll("mo[stretchy=true]")].map(
            m => m.getBoundingClientRect().height / parseFloat(getComputedStyle(m).fontSize)));
    """)
    assert heights and max(heights) > 1.8


LISTED = "[...document.querySelectorAll('.jp-DirListing-itemText')].some(e => e.innerText == 'ps1.ipynb')"


def test_formgrader_leads_to_the_instructor_version(server, browser, listed):
    """Catches a source in a folder that the server does not show, and links from a page by itself that leave its address."""
    browser.get(f"{server}/lab?formgrader=true")
    _until(browser, "document.querySelector('iframe')")
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    _until(browser, "models && models.loaded")
    browser.find_element(By.LINK_TEXT, "ps1").click()
    browser.switch_to.default_content()
    _until(browser, LISTED)

    browser.get(f"{server}/formgrader/manage_assignments")
    _until(browser, "models && models.loaded")
    browser.get(browser.find_element(By.LINK_TEXT, "ps1").get_attribute("href"))
    _until(browser, LISTED)
    _open_submission(browser, listed, "perfect")
    links = browser.execute_script("return [...document.links].map(link => link.href)")
    assert f"{server}/notebooks/autograded/perfect/ps1/ps1.ipynb" in links
