"""Coming to the desk from a learning platform, what is tried there by whoever should not come in, and grades that go back.

The platform is a stand-in, `lms.Lms`; the desk is a real one.
"""

import base64
import json
import threading
import time
from urllib.parse import urlencode

import desks
import jwt
import pytest
import tiny
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from lms import AGS, CLIENT, COURSE, LEARNER, MEMBER, TEACHER, Lms, post
from rich.console import Console

from autograder import KitError
from autograder.course import export
from autograder.course.roster import Student
from autograder.desk import scores
from autograder.desk.settings import Desk

ADA = {"sub": "17", "email": "Ada@example.org", "name": "Ada Lovelace"}
GRACE = {"sub": "18", "email": "grace@example.org", "name": "Grace Hopper"}
TINA = {"sub": "3", "email": "t@example.org", "name": "Tina Teacher", "roles": [TEACHER]}
NO_GRADES = {f"{AGS}claim/endpoint": None}


@pytest.fixture(scope="module")
def lms():
    """The platform of the course, where the desk is known."""
    platform = Lms()
    yield platform
    platform.close()


@pytest.fixture(scope="module")
def other():
    """Another platform that the desk knows; its keys never come."""
    platform = Lms()
    yield platform
    platform.close()


@pytest.fixture(scope="module")
def desk(tmp_path_factory, zygote, lms, other):
    """A desk whose people come from a platform; its roster knows e-mail addresses, and of Grace a number."""
    course = desks.course(tmp_path_factory.mktemp("lti") / "course", settings_of(
        lms.entry(), other.entry(keys_url=f"{other.issuer}/hanging")))
    with course.open_gradebook() as gradebook:
        gradebook.enrol([Student("ada", "Ada", "Lovelace", "ada@example.org"),
                         Student("grace", "Grace", "Hopper", "grace@example.org", "4711")])
    with desks.desk(course) as running:
        lms.desk = other.desk = f"http://127.0.0.1:{running.port}"
        yield running


@pytest.fixture(scope="module")
def silent(desk, other):
    """A launch from the platform whose keys never come, which is under way while the other tests run."""
    browser, answers = desk.browser(), []

    def launch():
        asked = other.login(browser)
        answers.append(post(browser, state=asked["state"], id_token=other.token(asked["nonce"])))

    thread = threading.Thread(target=launch)
    thread.start()
    return thread, answers


def settings_of(*entries):
    """What a course's settings say of these platforms."""
    return f"c.Desk.lti = {list(entries)!r}\n"


def signed_in(browser):
    """Whether somebody is."""
    return browser.request("GET", "/work/tiny/")[0] == 200


def test_a_student_comes_to_the_assignment(desk, lms, silent):
    """Catches a way from the platform's link to the assignment that is broken anywhere."""
    ada = desk.browser()
    assert lms.launch(ada, **ADA, custom={"assignment": "tiny"})[:2] == (303, "/work/tiny/")
    assert "Hand in" in ada.get("/work/tiny/") and "Ada Lovelace" in ada.get("/")
    by_address = desk.browser()
    assert lms.launch(by_address, **ADA, target_link_uri=f"{lms.desk}/work/tiny/")[1] == "/work/tiny/"
    assert lms.launch(desk.browser(), **ADA)[1] == "/"  # the link in a course's menu
    status, _, text = lms.launch(desk.browser(), **ADA, custom={"assignment": "../secret"})
    assert status == 404 and "tell your instructor" in text


def test_the_platform_says_who_is_staff(desk, lms):
    """Catches a TA who sees nothing, and roles taken from where they mean nothing in this course."""
    assistant = [f"{MEMBER}/instructor#TeachingAssistant"]  # as Canvas spells it
    for roles in ([TEACHER], assistant):
        browser = desk.browser()
        assert lms.launch(browser, **TINA | {"roles": roles})[0] == 303
        assert "Tiny" in browser.get("/course/")
    claims_more = desk.browser()
    lms.launch(claims_more, **ADA, custom={"roles": TEACHER, "role": "Instructor"}, roles=[
        LEARNER, "Instructor", "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor", f"{MEMBER}#InstructorX"])
    assert signed_in(claims_more) and claims_more.request("GET", "/course/")[0] == 404
    for roles in ([f"{MEMBER}#Mentor"], ["http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"], [], None, TEACHER):
        nobody = desk.browser()
        assert lms.launch(nobody, **ADA | {"roles": roles})[0] == 403 and not signed_in(nobody)
    assert "the link in your course" in desk.browser().get("/")


def test_who_somebody_is_cannot_be_chosen(desk, lms):
    """Catches a student who is let in as another, by what people can write about themselves."""
    def person(**said):
        browser = desk.browser()
        status, _, text = lms.launch(browser, **{"sub": "99", "custom": {"assignment": "tiny"}} | NO_GRADES | said)
        return browser.get("/work/tiny/").partition("<bdi>")[2].partition("</bdi>")[0] if status == 303 else text

    assert person(email="GRACE@example.org") == "grace"
    assert person(custom={"user_id": "4711", "assignment": "tiny"}) == "grace"
    assert person(ext={"user_username": "ada"}) == "ada"
    assert person(email="ada@example.org", custom={"user_id": "$Canvas.user.id", "login": "$Canvas.user.loginId"}) == "ada"
    for said in ({"name": "Grace Hopper"}, {"email": "grace@elsewhere.org"}, {"email": "ada@example.org", "ext": {
            "user_username": "grace"}}, {"ext": {"user_username": "grac"}}, {"email": ["ada@example.org"]}):
        assert "list of students" in person(**said) and "ada" not in person(**said) and "Hopper" not in person(**said)


def public_pem(lms):
    """The platform's public key, as everybody knows it."""
    return lms.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def hs256(lms, nonce):
    """A token that is signed with what everybody knows."""
    def encoded(part):
        return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")

    signed = encoded({"alg": "HS256", "typ": "JWT", "kid": lms.key_name}) + b"." + encoded(lms.claims(nonce))
    digest = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    return (signed + b"." + base64.urlsafe_b64encode(digest.sign(signed, public_pem(lms))).rstrip(b"=")).decode()


def own_key_inside(lms, nonce):
    """A token that brings the key along, and says where it is to be found."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return lms.token(nonce, key, headers={"jwk": jwk, "jku": f"{lms.desk}/lti/keys"})


FORGED = {
    "no token": lambda lms, nonce: "",
    "nonsense": lambda lms, nonce: "a.b.c",
    "brackets within brackets": lambda lms, nonce: base64.urlsafe_b64encode(b"[" * 18_000).decode() + ".b.c",
    "a list for an algorithm": lambda lms, nonce: base64.urlsafe_b64encode(b'{"alg": ["RS256"], "kid": "one"}').decode() + ".e30.c",
    "a number for a key": lambda lms, nonce: base64.urlsafe_b64encode(b'{"alg": "RS256", "kid": 1}').decode() + ".e30.c",
    "another key": lambda lms, nonce: lms.token(nonce, rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    "a key brought along": own_key_inside,
    "a key of no such name": lambda lms, nonce: lms.token(nonce, headers={"kid": "another"}),
    "no name of a key": lambda lms, nonce: jwt.encode(lms.claims(nonce), lms.key, "RS256"),
    "unsigned": lambda lms, nonce: jwt.encode(lms.claims(nonce), None, "none", {"kid": lms.key_name}),
    "signature cut off": lambda lms, nonce: lms.token(nonce).rpartition(".")[0] + ".",
    "HS256 with the public key": hs256,
    "RS512": lambda lms, nonce: lms.token(nonce, algorithm="RS512"),
    "for another client": lambda lms, nonce: lms.token(nonce, aud="elsewhere", azp="elsewhere"),
    "for several, made out to none": lambda lms, nonce: lms.token(nonce, aud=[CLIENT, "elsewhere"], azp=None),
    "for several, made out to another": lambda lms, nonce: lms.token(nonce, aud=[CLIENT, "elsewhere"], azp="elsewhere"),
    "made out to another": lambda lms, nonce: lms.token(nonce, azp="elsewhere"),
    "of another issuer": lambda lms, nonce: lms.token(nonce, iss="https://lms.example.org"),
    "expired": lambda lms, nonce: lms.token(nonce, iat=int(time.time()) - 900, exp=int(time.time()) - 300),
    "without an end": lambda lms, nonce: lms.token(nonce, exp=None),
    "from tomorrow": lambda lms, nonce: lms.token(nonce, iat=int(time.time()) + 86400, exp=int(time.time()) + 90000),
    "with another nonce": lambda lms, nonce: lms.token("n" * 32),
    "without a nonce": lambda lms, nonce: lms.token(None),
    "about nobody": lambda lms, nonce: lms.token(nonce, sub=None),
    "about somebody empty": lambda lms, nonce: lms.token(nonce, sub=""),
    "about a number": lambda lms, nonce: lms.token(nonce, sub=17),
    "of another installation": lambda lms, nonce: lms.token(nonce, deployment_id="2"),
    "of another course": lambda lms, nonce: lms.token(nonce, context={"id": "another"}, roles=[TEACHER]),
    "of no course": lambda lms, nonce: lms.token(nonce, context=COURSE),
    "another message": lambda lms, nonce: lms.token(nonce, message_type="LtiDeepLinkingRequest"),
    "another version": lambda lms, nonce: lms.token(nonce, version="1.1"),
    "long": lambda lms, nonce: lms.token(nonce, padding="x" * 40_000),
}


@pytest.mark.parametrize("kind", FORGED)
def test_what_the_platform_has_not_said_so_counts_for_nothing(desk, lms, kind):
    """Catches a forged, borrowed or outdated token that lets somebody in."""
    lms.person = ADA
    browser = desk.browser()
    asked = lms.login(browser)
    status, _, text = post(browser, state=asked["state"], id_token=FORGED[kind](lms, asked["nonce"]))
    assert status == 403 and "session" not in browser.cookies and not signed_in(browser), text
    good = lms.login(browser)  # the browser itself is welcome
    assert post(browser, state=good["state"], id_token=lms.token(good["nonce"]))[0] == 303


def test_a_launch_counts_once_and_in_its_own_browser(desk, lms, other):
    """Catches a token that is used again, and somebody who signs others in as himself, to have their work."""
    lms.person = ADA
    ada, mallory = desk.browser(), desk.browser()
    asked = lms.login(ada)
    token = lms.token(asked["nonce"])
    for browser in (mallory, desk.browser()):  # one that has begun a launch of its own, and one that has not
        if browser is mallory:
            own = lms.login(mallory)
        assert post(browser, state=asked["state"], id_token=token)[0] == 403 and not signed_in(browser)
    assert post(mallory, state=own["state"], id_token=token)[0] == 403  # another question's answer
    assert post(ada, state=asked["state"][:-4] + "0000", id_token=token)[0] == 403
    assert post(ada, state=ada.cookies["launch"], id_token=token)[0] == 403
    assert post(ada, id_token=token)[0] == 403
    assert post(ada, state=asked["state"], id_token=token)[0] == 303
    del ada.cookies["session"]
    assert post(ada, state=asked["state"], id_token=token)[0] == 403 and not signed_in(ada)
    again = lms.login(ada)
    assert post(ada, state=again["state"], id_token=token)[0] == 403 and not signed_in(ada)
    elsewhere = other.login(ada)  # a state for one platform, a token of another
    assert post(ada, state=elsewhere["state"], id_token=lms.token(elsewhere["nonce"]))[0] in (403, 503) and not signed_in(ada)
    first, second = lms.login(ada), lms.login(ada)  # in two tabs
    assert [post(ada, state=one["state"], id_token=lms.token(one["nonce"]))[0] for one in (first, second)] == [303, 303]


@pytest.mark.parametrize("address", [
    "https://evil.example/", "//evil.example/work/tiny/", "javascript:alert(1)", "https://evil.example/work/tiny/../../x",
    "http://[", "https://evil.example\\@/work//evil.example/", 7])
def test_nobody_is_sent_elsewhere(desk, lms, address):
    """Catches a link in the platform that leads through the desk to another page."""
    assert lms.launch(desk.browser(), **ADA, target_link_uri=address)[:2] == (303, "/")


def test_an_unknown_platform_is_refused_and_no_login_leads_elsewhere(desk, lms):
    """Catches a desk that asks whoever it is told to ask."""
    for begun in ("iss=https://evil.example", f"iss={lms.issuer}&client_id=another", "", "iss=%00"):
        status, headers, text = desk.browser().request("GET", f"/lti/login?{begun}&target_link_uri=https://evil.example/")
        assert status == 403 and "Location" not in headers and b"does not know" in text
    asked = lms.login(desk.browser(), target_link_uri="https://evil.example/", redirect_uri="https://evil.example/")
    assert asked["redirect_uri"] == f"{lms.desk}/lti/launch" and "evil" not in json.dumps(asked)
    status, headers, _ = desk.browser().request("POST", "/lti/login", f"iss={lms.issuer}&login_hint=7",
                                                Content_Type="application/x-www-form-urlencoded")
    assert status == 302 and headers["Location"].startswith(f"{lms.issuer}/auth?")
    status, _, text = post(desk.browser(), error="<b>login_required", state="x")
    assert status == 403 and "<b>" not in text


def test_a_flood_is_refused(desk, lms):
    """Catches a launch that takes in whatever is sent."""
    browser = desk.browser()
    asked = lms.login(browser)
    try:
        assert post(browser, state=asked["state"], id_token="x" * 2_000_000)[0] in (400, 413)
    except OSError:
        pass  # the connection is closed while we still send
    assert desk.browser().request("GET", "/")[0] == 200


def test_within_the_platforms_page_there_is_a_way_out(desk, lms):
    """Catches a blank rectangle where a platform shows tools in its own page; and that anything else of ours can be framed."""
    status, headers, text = desk.browser().request(
        "GET", f"/lti/login?iss={lms.issuer}&login_hint=7&x=%22%3E%3Cb%3E", Sec_Fetch_Dest="iframe")
    assert status == 200 and "X-Frame-Options" not in headers and "frame-ancestors *" in headers["Content-Security-Policy"]
    assert 'target="_blank"' in text.decode() and "login_hint=7" in text.decode() and "<b>" not in text.decode()
    assert desk.browser().request("GET", "/")[1]["X-Frame-Options"] == "DENY"


def test_released_grades_are_sent_and_nothing_is_lost(desk, lms):
    """Catches grades that are sent too early, twice, to the wrong place or to nobody, and some that a failure swallows."""
    course, ada, grace = desk.course, desk.browser(), desk.browser()
    lms.launch(ada, **ADA, custom={"assignment": "tiny"})
    lms.launch(grace, **GRACE | NO_GRADES, custom={"assignment": "tiny"})
    ada.token = grace.token = ""
    addresses = [(browser, browser.hand_in("tiny", {"tiny.ipynb": desks.notebook(course)})[1]) for browser in (ada, grace)]
    for browser, address in addresses:
        browser.result(address)
    with pytest.raises(KitError, match="no grade of tiny is released"):
        scores.send(course, "tiny")
    by_hand(course, "ada", 7)
    by_hand(course, "grace", 8)
    export.release(Console(quiet=True), course, "tiny")
    lms.answers = 503
    failed = tiny.autograder(course, "send-grades", "tiny")
    assert failed.returncode == 1 and "0 grades of tiny sent" in failed.stdout, failed.stdout + failed.stderr
    assert "ada: 127.0.0.1 gives us no access token: 503" in failed.stderr and "nothing is lost" in failed.stderr
    assert "1 never opened tiny" in failed.stdout and "grace" in failed.stdout
    lms.answers = 200
    result = scores.send(course, "tiny")
    assert (result.sent, result.same, result.strangers, result.failed) == (["ada"], [], ["grace"], {})
    (path, message), = lms.scores
    assert path == "/lineitems/5/lineitem/scores?type_id=1" and message.pop("timestamp").endswith("Z")
    assert message == {"userId": "17", "scoreGiven": 97, "scoreMaximum": 100, "activityProgress": "Completed",
                       "gradingProgress": "FullyGraded"}
    assert scores.send(course, "tiny").same == ["ada"] and len(lms.scores) == 1
    by_hand(course, "ada", 9)
    assert scores.send(course, "tiny").sent == ["ada"] and lms.scores[-1][1]["scoreGiven"] == 99
    where = course.root / ".autograder/desk/tiny/ada/lti.json"
    where.write_text(json.dumps(json.loads(where.read_text()) | {"lineitem": "http://127.0.0.1:1/nobody"}))
    result = scores.send(course, "tiny")
    assert result.failed == {"ada": "127.0.0.1 does not answer"} and not result.sent
    key = course.root / ".autograder/desk/lti.pem"
    assert key.stat().st_mode & 0o777 == 0o600 and where.stat().st_mode & 0o777 == 0o600


def by_hand(course, student, points):
    """Give points for the answer that is graded by hand."""
    with course.open_gradebook() as gradebook:
        for grade in gradebook.nbgrader.find_submission_notebook("tiny", "tiny", student).grades:
            if grade.name == "why":
                grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.nbgrader.db.commit()


def test_a_platform_whose_keys_never_come_is_waited_for_by_nobody_else(desk, silent):
    """Catches a desk that stands still, or lets somebody in, because a platform does not answer."""
    thread, answers = silent
    thread.join(60)
    (status, _, text), = answers
    assert status == 503 and "does not answer just now" in text


def test_a_platform_changes_its_key(desk, lms):
    """Catches a desk that asks for keys with every launch, and one that nobody comes to for an hour when they change."""
    assert lms.asked_for_keys <= 3
    lms.change_key("two")
    until = time.monotonic() + 60
    while lms.launch(desk.browser(), **ADA)[0] == 403:  # it asks again, but not each time that somebody names a key
        assert time.monotonic() < until, "the new key is never asked for"
        time.sleep(0.5)
    assert lms.asked_for_keys <= 4


def test_without_a_roster_behind_a_proxy_and_opened_again(tmp_path, zygote, lms):
    """Catches ids that nobody has given, cookies that do not come along under TLS, and launches that outlive the desk."""
    course = desks.course(tmp_path / "course", settings_of(lms.entry()), students=())
    before = lms.desk
    try:
        with desks.desk(course, "--behind-proxy") as running:
            lms.desk = f"http://127.0.0.1:{running.port}"
            with_email, without = running.browser(), running.browser()
            assert lms.launch(with_email, **ADA, custom={"assignment": "tiny"})[1] == "/work/tiny/"
            assert "<bdi>Ada@example.org</bdi>" in with_email.get("/work/tiny/")
            assert lms.launch(without, sub="17", custom={"assignment": "tiny"})[1] == "/work/tiny/"
            assert "<bdi>17@127.0.0.1</bdi>" in without.get("/work/tiny/")
            status, headers, _ = running.browser().request("GET", f"/lti/login?iss={lms.issuer}", X_Forwarded_Proto="https")
            assert status == 302 and "redirect_uri=https%3A%2F%2F127.0.0.1" in headers["Location"]
            assert "SameSite=None" in headers["Set-Cookie"] and "Secure" in headers["Set-Cookie"]
            asked = lms.login(without)
            _, headers, _ = without.request(
                "POST", "/lti/launch", urlencode({"state": asked["state"], "id_token": lms.token(asked["nonce"])}),
                Content_Type="application/x-www-form-urlencoded", X_Forwarded_Proto="https")
            (session,) = [one for one in headers.get_all("Set-Cookie") if one.startswith("session=")]
            assert "Secure" in session and "SameSite=Lax" in session  # a strict one would not come along to the next page
            configuration = json.loads(running.browser().get("/lti/config"))
            assert configuration["oidc_initiation_url"] == f"{lms.desk}/lti/login"
            keys = running.browser().get("/lti/keys")
            assert json.loads(keys)["keys"][0].keys() == {"kty", "n", "e", "alg", "use", "kid"}
            asked = lms.login(with_email)
        with desks.desk(course) as running:
            later = running.browser()
            later.cookies = with_email.cookies
            status, _, text = post(later, state=asked["state"], id_token=lms.token(asked["nonce"], **ADA))
            assert status == 403 and "opened anew" in text
            assert running.browser().get("/lti/keys") == keys
    finally:
        lms.desk = before


@pytest.mark.parametrize("wrong, told", [
    ({"client_id": None}, "lacks client_id"), ({"secret": "x"}, "has secret, which nothing is known of"),
    ({"keys_url": "http://lms.example.org/keys"}, "begins with https://"), ({"context_ids": "4"}, "it is a list of texts"),
    ({"issuer": 4}, "it is a text")])
def test_settings_that_make_no_sense_are_told(tmp_path, lms, wrong, told):
    """Catches a slip in the settings that shows only when the first student comes."""
    course = tiny.new_course(tmp_path / "course")
    with open(course.root / "nbgrader_config.py", "a") as file:
        file.write(settings_of({name: value for name, value in (lms.entry() | wrong).items() if value is not None}))
    with pytest.raises(KitError, match=told) as raised:
        Desk.of(type(course)(course.root))
    assert "c.Desk.lti[0]" in str(raised.value) and "\n" not in str(raised.value)


def test_a_platform_stands_in_the_settings_once(tmp_path, lms):
    """Catches a second entry for another installation, with which nobody would be let in any more."""
    course = tiny.new_course(tmp_path / "course")
    with open(course.root / "nbgrader_config.py", "a") as file:
        file.write(settings_of(lms.entry(), lms.entry(deployment_ids=["2"])))
    with pytest.raises(KitError, match=r"c.Desk.lti\[1\] .*several deployment_ids"):
        Desk.of(type(course)(course.root))
