"""Coming in from a learning platform, by LTI 1.3: who is signed in there is signed in here, without another password.

The platform sends the browser to `lti/login`; that sends it back, with a nonce and a state, to where the platform signs people
in; the platform sends it on to `lti/launch` with a token that says who it is. The token counts once, in the browser that asked
for it, and only with the platform's signature. Grades go the other way; see `scores`.
"""

import hmac
import json
import logging
import re
import secrets
import time
from urllib.parse import urlencode

import jwt
from tornado.httputil import url_concat
from tornado.web import HTTPError

from autograder.course.handed_in import no_id
from autograder.course.roster import Claim, NotMatched, Roster
from autograder.course.shown import shown
from autograder.desk import scores
from autograder.desk.platforms import ALGORITHM, Keys, NoAnswer, OwnKey
from autograder.desk.site import Page
from autograder.desk.who import LMS, STAFF, Person

_CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
_MEMBER = "http://purl.imsglobal.org/vocab/lis/v2/membership"
# in small letters: Canvas writes its assistants' as membership/instructor#...
_STAFF = {f"{_MEMBER}#instructor", f"{_MEMBER}/instructor#teachingassistant", f"{_MEMBER}#teachingassistant"}
_STUDENT = f"{_MEMBER}#learner"
_LAUNCH_SECONDS = 600  # from login to launch
_LEEWAY_SECONDS = 60  # that the platform's clock may differ
_TOKEN_CHARACTERS, _TEXT_CHARACTERS = 32 * 2**10, 255
_BROWSER, _STATE = "launch", "lti-state"  # what is signed: a cookie, and a parameter
_log = logging.getLogger("autograder.desk")


class Lti:
    """What the pages below share.

    Parameters
    ----------
    course : Course
    platforms : list of Platform
    """

    def __init__(self, course, platforms):
        self.platforms, self.own_key = platforms, OwnKey(course)
        self.begun = secrets.token_hex(8)  # states of an earlier run are not ours: which of them were used is not known any more
        self._keys = {platform: Keys(platform) for platform in platforms}
        self._used = {}  # nonce -> when it may be forgotten

    def platform(self, issuer, client_id):
        """The platform of that name, which may leave out how it calls us where there is one only; None if there is none."""
        known = [one for one in self.platforms if one.issuer == issuer and client_id in (one.client_id, "")]
        return known[0] if len(known) == 1 else None

    async def claims(self, platform, token, nonce):
        """What a platform's token says, if it is one that counts.

        Raises
        ------
        jwt.PyJWTError
            If it is not.
        NoAnswer
            If that cannot be found out now.
        """
        if len(token) > _TOKEN_CHARACTERS:
            raise jwt.InvalidTokenError("it is too long")
        name = jwt.get_unverified_header(token).get("kid")
        key = await self._keys[platform].get(name) if name else None
        if key is None:
            raise jwt.InvalidKeyError("the platform has no such key")
        said = jwt.decode(token, key, [ALGORITHM], audience=platform.client_id, issuer=platform.issuer, leeway=_LEEWAY_SECONDS,
                          options={"require": ["iss", "aud", "sub", "exp", "iat", "nonce"]})
        several = isinstance(said["aud"], list) and len(said["aud"]) > 1
        if said.get("azp", None if several else platform.client_id) != platform.client_id:
            raise jwt.InvalidAudienceError("it was made out to somebody else")
        if not hmac.compare_digest(str(said["nonce"]).encode(), nonce.encode()):
            raise jwt.InvalidTokenError("it answers another question")
        if nonce in self._used:
            raise jwt.InvalidTokenError("it was used before")
        now = time.monotonic()
        self._used = {one: until for one, until in self._used.items() if until > now} | {nonce: now + 2 * _LAUNCH_SECONDS}
        return said


class _LtiPage(Page):
    def initialize(self, lti):
        """Keep what the pages share."""
        self.lti = lti

    def ours(self, path):
        """The whole address of a page of the desk, as the browser sees it."""
        return f"{self.request.protocol}://{self.request.host}{self.url(path)}"

    def check_xsrf_cookie(self):
        """The forms of these pages are the platform's, not ours: state and nonce do it."""


class Login(_LtiPage):
    """The beginning: a platform asks us to ask it who somebody is."""

    def get(self):
        """Ask, with a state that this browser alone can bring back."""
        platform = self.lti.platform(self.get_argument("iss", ""), self.get_argument("client_id", ""))
        if platform is None:
            raise HTTPError(403, "The desk does not know the learning platform that you come from. Please tell your instructor.")
        if self.request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame"):
            self._leave_the_frame()
            return
        browser = (self.get_signed_cookie(_BROWSER, max_age_days=1) or b"").decode() or secrets.token_urlsafe(24)
        cookie = self.desk.cookies(self.request)
        if cookie["secure"]:
            cookie["samesite"] = "None"  # the launch comes from a page of the platform's
        self.set_signed_cookie(_BROWSER, browser, expires_days=None, **cookie)
        nonce = secrets.token_urlsafe(24)
        state = json.dumps([browser, nonce, platform.issuer, platform.client_id, self.lti.begun])
        asked = {
            "scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
            "client_id": platform.client_id, "redirect_uri": self.ours("lti/launch"), "nonce": nonce,
            "state": self.create_signed_value(_STATE, state).decode(),
        }
        for hint in ("login_hint", "lti_message_hint"):
            if said := self.get_argument(hint, ""):
                asked[hint] = said
        self.redirect(url_concat(platform.auth_url, asked))

    post = get

    def _leave_the_frame(self):
        """Where the platform shows us within its own page: no cookie would come along, and nothing of ours may be framed."""
        self.clear_header("X-Frame-Options")
        policy = self._headers["Content-Security-Policy"]
        self.set_header("Content-Security-Policy", policy.replace("frame-ancestors 'none'", "frame-ancestors *"))
        asked = {name: self.get_argument(name) for name in self.request.arguments}
        self.show("framed.html.j2", address=f"{self.url('lti', 'login')}?{urlencode(asked)}")


class Launch(_LtiPage):
    """The end: the platform has said who it is."""

    async def post(self):
        """Sign in whoever it is, and show the assignment that the platform's link names."""
        platform, nonce = self._asked()
        if error := self.get_body_argument("error", ""):
            said = re.sub(r"\W+", " ", error)[:_TEXT_CHARACTERS]
            raise HTTPError(403, f"The learning platform did not say who you are ({said}). Please sign in there, and open the link "
                                 "in your course again.")
        try:
            claims = await self.lti.claims(platform, self.get_body_argument("id_token", ""), nonce)
        except NoAnswer as trouble:
            _log.warning("a launch could not be checked: %s %s", platform.keys_url, trouble)
            raise HTTPError(503, "The learning platform does not answer just now, so it could not be checked who you are. Please "
                                 "open the link in your course again in a minute.") from None
        except (jwt.PyJWTError, RecursionError) as trouble:  # the latter of brackets within brackets
            _log.warning("a launch from %s was refused: %s", platform.issuer, trouble)
            raise HTTPError(403, "What the learning platform has sent about you is not in order, or was used before. Please open "
                                 "the link in your course again.") from None
        self._check(platform, claims)
        staff = bool(_STAFF & _roles(claims))
        if not staff and _STUDENT not in _roles(claims):
            raise HTTPError(403, "The learning platform says that you neither learn nor teach in this course, so there is nothing "
                                 "for you to do here.")
        roster = Roster(await self.desk.records.ask(lambda gradebook: gradebook.students()))
        person = self._person(platform, claims, roster, staff)
        name = self._assignment(claims)
        if name and not person.is_staff:
            try:
                await self.desk.in_thread(scores.keep, self.desk.course, name, person.id, platform, claims)
            except OSError as error:  # nobody is kept out for that; the next launch says it again
                _log.error("where scores of %s go could not be kept: %s", person.id, error)
        self.sign_in(person)
        if name and not person.is_staff:
            self.back("work", name, "")
        else:
            self.back("")

    def _asked(self):
        """Of which platform we have asked who this is, and with which nonce."""
        again = "Please open the link in your course again"
        try:
            state = self.get_signed_cookie(_STATE, self.get_body_argument("state", ""), _LAUNCH_SECONDS / 86400)
            browser, nonce, issuer, client_id, begun = json.loads(state)
        except (ValueError, TypeError):
            raise HTTPError(403, f"This was open for too long, or did not begin here. {again}.") from None
        mine = self.get_signed_cookie(_BROWSER, max_age_days=2)
        if mine is None:
            raise HTTPError(403, f"Your browser has not brought its cookie along. {again}, in a window of its own, and let the "
                                 "browser accept this page's cookies.")
        platform = self.lti.platform(issuer, client_id)
        if begun != self.lti.begun or platform is None or not hmac.compare_digest(mine, browser.encode()):
            raise HTTPError(403, f"This did not begin in this browser, or the desk has been opened anew since. {again}.")
        return platform, nonce

    def _check(self, platform, claims):
        """Whether the message is one for us, of a course of ours; what an instructor has to enter for it is said."""
        version, kind = _text(claims, "version"), _text(claims, "message_type")
        if version != "1.3.0" or kind != "LtiResourceLinkRequest":
            raise HTTPError(403, "The learning platform asks for something that the desk cannot do: it takes plain links alone "
                                 "(LtiResourceLinkRequest of LTI 1.3.0).")
        if not 0 < len(claims["sub"]) <= _TEXT_CHARACTERS:
            raise HTTPError(403, "The learning platform does not say who you are; it must send its number for you.")
        for what, name, value in (("installation", "deployment_ids", _text(claims, "deployment_id")),
                                  ("course", "context_ids", _text(claims, "context", "id"))):
            if value not in getattr(platform, name):
                raise HTTPError(403, f"This desk is not for the {what} that the learning platform calls {value!r}. If it is to be, "
                                     f"the instructor adds that to {name} in c.Desk.lti.")

    def _person(self, platform, claims, roster, staff):
        """Who it is, as the roster or else the platform calls them."""
        try:
            student = roster.match(_claim(platform, claims, roster))
            if reason := no_id(student.id):
                raise NotMatched(f"the id {student.id} {reason}")
            person = self.desk.door.admit(student.id, LMS)
            return Person(person.id, STAFF, LMS) if staff else person
        except NotMatched as reason:
            if staff:
                return Person(_own_name(platform, claims), STAFF, LMS)
            _log.warning("%s at %s is not let in: %s", shown(claims["sub"]), platform.name, shown(str(reason)))
            raise HTTPError(403, "You are not in this course's list of students, or not under what the learning platform says of "
                                 "you. Please ask your instructor to look into it.") from None

    def _assignment(self, claims):
        """The name of the assignment that the platform's link leads to: by a parameter of its own, or by its address; "" if none.

        Nothing but the name is ever taken out of an address.
        """
        name = _text(claims, "custom", "assignment")
        if not name:
            found = re.fullmatch(rf"https?://[^/?#]+{re.escape(self.desk.base)}work/([\w.-]+)/?", _text(claims, "target_link_uri"))
            name = found[1] if found else ""
        if name and self.desk.assignment(name) is None:
            raise HTTPError(404, "The link in your course leads to an assignment that is not here. Please tell your instructor.")
        return name


class OwnKeys(_LtiPage):
    """Our public key, for the platform to check what we send."""

    def get(self):
        """Give it."""
        self.write({"keys": [self.lti.own_key.public]})


class Configuration(_LtiPage):
    """What Canvas takes in place of a form with thirty fields."""

    def get(self):
        """Give it."""
        title, launch = self.desk.title, self.ours("lti/launch")
        place = {"placement": "course_navigation", "message_type": "LtiResourceLinkRequest", "text": title,
                 "target_link_uri": launch, "windowTarget": "_blank"}
        self.write({
            "title": title, "description": "Hand in notebooks, and read at once what to mend.", "target_link_uri": launch,
            "oidc_initiation_url": self.ours("lti/login"), "public_jwk_url": self.ours("lti/keys"), "scopes": [scores.SCOPE],
            "custom_fields": {"user_id": "$Canvas.user.id", "login": "$Canvas.user.loginId"},
            "extensions": [{"platform": "canvas.instructure.com", "domain": self.request.host_name, "privacy_level": "public",
                            "settings": {"placements": [place]}}],
        })


def pages(desk):
    """The pages for `serve.TheDesk.application`; none where no platform is set."""
    platforms = desk.settings.platforms
    if not platforms:
        return []
    shared = {"lti": Lti(desk.course, platforms)}
    return [(r"lti/login", Login, shared), (r"lti/launch", Launch, shared), (r"lti/keys", OwnKeys, shared),
            (r"lti/config", Configuration, shared)]


def _text(claims, name, *parts):
    """A text among the claims, or within one of them; "" if it is not there, or is a variable that the platform left as it was."""
    value = claims.get(_CLAIM + name)
    for part in parts:
        value = value.get(part) if isinstance(value, dict) else None
    return value if isinstance(value, str) and not value.startswith("$") else ""


def _roles(claims):
    roles = claims.get(_CLAIM + "roles")
    return {role.casefold() for role in roles if isinstance(role, str)} if isinstance(roles, list) else set()


def _claim(platform, claims, roster):
    """What the roster is asked. Not by the name: on many platforms people change their own."""
    email = claims.get("email")
    email = email if isinstance(email, str) else ""
    if not roster.known:
        return Claim(login=_own_name(platform, claims))
    ids = {one.id.casefold() for one in roster.students.values()}
    numbers = {one.lms_user_id for one in roster.students.values()}
    said = (("custom", "login"), ("ext", "user_username"), ("lis", "person_sourcedid"))  # the second is Moodle's
    logins = [*(_text(claims, *one) for one in said), email]
    return Claim(
        login=next((one for one in logins if one.casefold() in ids), ""), email=email,
        lms_user_id=next((one for one in (_text(claims, "custom", "user_id"), claims["sub"]) if one in numbers), ""))


def _own_name(platform, claims):
    """What somebody is called whom no roster knows: by e-mail address, or by the platform's number."""
    email = claims.get("email")
    return email if isinstance(email, str) and "@" in email else f"{claims['sub']}@{platform.name}"
