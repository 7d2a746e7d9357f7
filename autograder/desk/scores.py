"""Grades given back to the learning platforms that students came from: LTI's Assignment and Grade Services.

With each launch a platform says where the scores of the assignment go. That is kept beside the student's tries,

    lti.json        where to: the platform, its address for the assignment's scores, its number for the student
    lti-sent.json   what was sent there last

so that sending again sends what is new or has changed, whatever has become of an attempt to send before.
"""

import asyncio
import json
import secrets
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit, urlunsplit

from autograder import KitError
from autograder.course import status, timestamps
from autograder.course.handed_in import no_id
from autograder.course.replacing import replacing
from autograder.course.shown import shown
from autograder.desk.platforms import NoAnswer, OwnKey, answered, fetch, is_safe
from autograder.desk.settings import Desk
from autograder.desk.tries import Tries

SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
_ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
_KIND = "application/vnd.ims.lis.v1.score+json"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_AT_ONCE = 4
_ASSERTION_SECONDS = 60
_SPARE_SECONDS = 60  # before a token ends, another one is asked for
_NAMES = 8


@dataclass
class Sent:
    """What has become of an assignment's released grades: ids of students.

    Parameters
    ----------
    sent, same : list of str
        Now, and before.
    strangers : list of str
        Who has never opened the assignment from a platform, which has therefore not said where to.
    failed : dict of str to str
        Whose could not be sent -> why.
    """

    sent: list = field(default_factory=list)
    same: list = field(default_factory=list)
    strangers: list = field(default_factory=list)
    failed: dict = field(default_factory=dict)


def keep(course, assignment, student, platform, claims):
    """Keep where a student's scores go, if the claims of a launch say so.

    Parameters
    ----------
    course : Course
    assignment, student : str
    platform : platforms.Platform
    claims : dict
    """
    endpoint = claims.get(_ENDPOINT)
    endpoint = endpoint if isinstance(endpoint, dict) else {}
    address, scopes = endpoint.get("lineitem"), endpoint.get("scope")
    if not (isinstance(address, str) and is_safe(address) and isinstance(scopes, list) and SCOPE in scopes):
        return
    where = {"issuer": platform.issuer, "client_id": platform.client_id, "lineitem": address, "user": claims["sub"]}
    tries = Tries(course, assignment, student)
    if _read(tries, "lti.json") != where:
        tries.folder.mkdir(parents=True, exist_ok=True)
        _write(tries, "lti.json", where)


def send(course, name, expect=lambda total: None, advance=lambda: None):
    """Send the released grades of an assignment.

    Parameters
    ----------
    course : Course
    name : str
    expect, advance : callable
        Are told how many there are, and when one of them is done.

    Returns
    -------
    Sent

    Raises
    ------
    KitError
        If there is no platform, or no grade is released.
    """
    platforms = {(one.issuer, one.client_id): one for one in Desk.of(course).platforms}
    if not platforms:
        raise KitError(f"c.Desk.lti in {course.root / 'nbgrader_config.py'} names no learning platform; docs/desk-lti.md says how")
    look = status.look(course, name)
    works = [work for work in look.works if work.decision.released and work.complete and not work.decision.excused
             and not no_id(work.student.id)]
    if not works:
        raise KitError(f"no grade of {name} is released; autograder release-grades {name} does so for all that are complete")
    result, waiting = Sent(), []
    for work in works:
        student = work.student.id
        tries = Tries(course, name, student)
        if where := _read(tries, "lti.json"):
            score = where | {"given": round(work.points, 4), "of": look.assignment.points}
            if score == _read(tries, "lti-sent.json"):
                result.same.append(student)
            else:
                waiting.append((student, tries, score))
        else:
            result.strangers.append(student)
    expect(len(waiting))
    asyncio.run(_send_all(OwnKey(course), platforms, waiting, result, advance))
    return result


def show(console, errors, name, result):
    """Say what has become of them; returns whether all that could be sent is."""
    grades = f"{len(result.sent)} grade" + ("s" if len(result.sent) != 1 else "")
    console.print(f"[bold]{grades} of {name} sent[/bold]" + (f", {len(result.same)} sent before" if result.same else ""))
    if result.strangers:
        names = ", ".join(map(shown, result.strangers[:_NAMES]))
        more = f" and {len(result.strangers) - _NAMES} more" if len(result.strangers) > _NAMES else ""
        console.print(f"  {len(result.strangers)} never opened {name} from the learning platform: {names}{more}; autograder export "
                      f"{name} --for canvas|moodle writes a file for them")
    for student, why in sorted(result.failed.items()):
        errors.print(f"[yellow]not sent:[/yellow] {shown(student)}: {shown(why)}")
    if result.failed:
        errors.print(f"nothing is lost: autograder send-grades {name} sends what is left")
    return not result.failed


async def _send_all(key, platforms, waiting, result, advance):
    senders = {name: _Sender(key, platform) for name, platform in platforms.items()}
    some = asyncio.Semaphore(_AT_ONCE)

    async def send_one(student, tries, score):
        async with some:
            sender = senders.get((score["issuer"], score["client_id"]))
            try:
                if sender is None:
                    raise NoAnswer(f"{score['issuer']} is not in c.Desk.lti any more")
                await sender.send(score)
                _write(tries, "lti-sent.json", score)
                result.sent.append(student)
            except NoAnswer as trouble:
                result.failed[student] = str(trouble)
            advance()

    await asyncio.gather(*(send_one(*one) for one in waiting))


class _Sender:
    """Sends scores to one platform; where that does not answer once it is not asked again."""

    def __init__(self, key, platform):
        self._key, self._platform = key, platform
        self._token, self._until, self._lock, self._silent = "", 0.0, asyncio.Lock(), None

    async def send(self, score):
        """Send one, or raise `NoAnswer`."""
        address = urlsplit(score["lineitem"])
        address = urlunsplit(address._replace(path=address.path.rstrip("/") + "/scores"))  # Moodle's has a query behind it
        body = {
            "userId": score["user"], "scoreGiven": score["given"], "scoreMaximum": score["of"], "activityProgress": "Completed",
            "gradingProgress": "FullyGraded", "timestamp": f"{timestamps.now().isoformat(timespec='milliseconds')}Z",
        }
        headers = {"Authorization": f"Bearer {await self._access()}", "Content-Type": _KIND}
        response = await self._ask(address, method="POST", body=json.dumps(body), headers=headers)
        if not 200 <= response.code < 300:
            raise NoAnswer(f"{self._platform.name} does not take the score: {_said(response.code)}")

    async def _access(self):
        """A token that lets us send scores."""
        async with self._lock:
            if time.monotonic() > self._until - _SPARE_SECONDS:
                platform, now = self._platform, int(time.time())
                claims = {"iss": platform.client_id, "sub": platform.client_id, "aud": platform.token_url, "iat": now,
                          "exp": now + _ASSERTION_SECONDS, "jti": secrets.token_urlsafe(16)}
                form = {"grant_type": "client_credentials", "client_assertion_type": _ASSERTION, "scope": SCOPE,
                        "client_assertion": self._key.signed(claims)}
                response = await self._ask(platform.token_url, method="POST", body=urlencode(form),
                                           headers={"Content-Type": "application/x-www-form-urlencoded"})
                try:
                    answer = answered(response)
                    self._token, seconds = str(answer["access_token"]), float(answer.get("expires_in", _SPARE_SECONDS))
                except (NoAnswer, KeyError, TypeError, ValueError):
                    self._silent = NoAnswer(f"{platform.name} gives us no access token: {_said(response.code)}")
                    raise self._silent from None
                self._until = time.monotonic() + seconds
            return self._token

    async def _ask(self, url, **request):
        if self._silent:
            raise self._silent
        try:
            return await fetch(url, **request)
        except NoAnswer as trouble:
            self._silent = NoAnswer(f"{self._platform.name} {trouble}")
            raise self._silent from None


def _said(code):
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)


def _read(tries, name):
    try:
        return json.loads((tries.folder / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write(tries, name, contents):
    with replacing(tries.folder / name, mode=0o600) as file:
        json.dump(contents, file)
