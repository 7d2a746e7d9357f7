"""The desk in a real browser: as a student with a mouse, with the keyboard alone, on a phone, and without scripts."""

import chromium
import desks
import pytest

By = pytest.importorskip("selenium.webdriver.common.by", reason="selenium is not installed").By
from selenium.webdriver.common.keys import Keys  # noqa: E402
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

pytestmark = chromium.needed
SECONDS = 60


@pytest.fixture(scope="module")
def desk(tmp_path_factory, zygote):
    """A desk that tells everything."""
    course = desks.course(tmp_path_factory.mktemp("seen") / "course",
                          'c.Desk.show = {"*": "everything"}\nc.Desk.minutes_for_a_try = 0')
    with desks.desk(course) as running:
        yield running


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def browser(request, tmp_path):
    """A browser, with scripts and without."""
    driver = chromium.started(tmp_path / "profile", request.param)
    yield driver
    driver.quit()


def wait(browser, condition):
    """Wait until something holds; pages may load themselves again meanwhile."""
    return WebDriverWait(browser, SECONDS, ignored_exceptions=[Exception]).until(condition)


def test_a_student_hands_in_and_reads_the_result(desk, browser, tmp_path):
    """Catches a way through the desk that needs a script, and a page that waits for ever for the result."""
    browser.get(desk.links["ada"])
    assert "Ada Lovelace" in browser.page_source
    browser.switch_to.active_element.send_keys(Keys.ENTER)  # the button has the focus: no mouse is needed
    wait(browser, lambda browser: browser.find_element(By.LINK_TEXT, "Tiny"))
    browser.find_element(By.LINK_TEXT, "Tiny").send_keys(Keys.ENTER)
    notebook = tmp_path / "tiny.ipynb"
    notebook.write_bytes(desks.notebook(desk.course, note=browser.session_id))
    wait(browser, lambda browser: browser.find_element(By.ID, "files")).send_keys(str(notebook))
    browser.find_element(By.CSS_SELECTOR, "main form button").send_keys(Keys.ENTER)
    assert wait(browser, lambda browser: "90 of 100" in browser.find_element(By.TAG_NAME, "main").text)
    assert "Receipt" in browser.page_source
    browser.find_element(By.LINK_TEXT, "Your notebook, as it was graded").click()
    assert wait(browser, lambda browser: "def relu" in browser.find_element(By.TAG_NAME, "main").get_attribute("textContent"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone(desk, tmp_path, scheme):
    """Catches pages that are wider than a phone."""
    browser = chromium.started(tmp_path / "profile")
    try:
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        grace = desk.browser("grace")
        wrong = desks.notebook(desk.course, "def relu(z): return z\nrelu_grad = relu")
        _, address, _ = grace.hand_in("tiny", {"tiny.ipynb": wrong})
        grace.result(address)
        browser.get(desk.links["grace"])
        pages = [browser.current_url]
        browser.find_element(By.CSS_SELECTOR, "main button").click()
        wait(browser, lambda browser: browser.find_element(By.LINK_TEXT, "Tiny"))
        for path in ("/", "/work/tiny/", address, f"{address}/notebook", "/nosuch"):
            browser.get(f"http://{desk.host}:{desk.port}{path}")
            pages.append(path)
            assert browser.execute_script("return document.documentElement.scrollWidth <= 360"), path
        assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == {
            "light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 28)"}[scheme]
    finally:
        browser.quit()
