"""Who somebody is: personal links, and what a session says.

Nothing about a session is kept: a signed cookie says whose it is and since when. So that links and sessions can be revoked,
everybody has a generation, a number which both must name; it is raised when somebody is revoked. All that is secret follows
from one key, which is the desk's own.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass

from autograder.course.course import write_secret
from autograder.course.replacing import replacing
from autograder.desk.tries import home

STUDENT, STAFF = "student", "staff"
LINK, HUB, LMS = "link", "hub", "lms"
SESSION_HOURS = 12
_FAILURES, _FAILURE_SECONDS = 20, 600  # of signing in, from one address


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in.

    Parameters
    ----------
    id : str
    role : str
        "student" or "staff".
    by : str
        Who says so: "link", "hub" or "lms". Who is staff only the LMS can say beside the course's settings.
    """

    id: str
    role: str
    by: str

    @property
    def is_staff(self):
        """Whether this is somebody of the course's side."""
        return self.role == STAFF


class Door:
    """Lets people in.

    Parameters
    ----------
    course : Course
    staff : collection of str
        Ids of those on the course's side.
    """

    def __init__(self, course, staff):
        self._folder = home(course)
        self._staff = set(staff)
        self._failures = {}
        self._tokens = None, {}  # whose links those are, and by its digest whose each is
        self._read = None, {}  # when the file of generations was written, and what it says
        key = self._folder / "key"
        if not key.exists():
            write_secret(key, secrets.token_hex(32))
        self._key = key.read_text(encoding="utf-8").strip().encode()

    @property
    def cookie_secret(self):
        """What cookies are signed with."""
        return self._derived("cookies")

    def admit(self, person_id, by):
        """Somebody of whom is known who it is, as a `Person`."""
        return Person(person_id, STAFF if person_id in self._staff else STUDENT, by)

    def token(self, person_id):
        """The secret part of somebody's personal link."""
        return self._derived("link", person_id, self._generation(person_id))

    def handle(self, person_id):
        """A name for somebody in addresses, where ids do not belong: logs and histories keep those."""
        return self._derived("handle", person_id)[:16]

    def holder(self, token, ids):
        """Whose personal link has this token, among `ids`; None if nobody's."""
        now = {*ids, *self._staff}, self._generations()
        if self._tokens[0] != now:  # everybody's are made anew; in between a program that tries many costs next to nothing
            self._tokens = now, {_digest(self.token(one)): one for one in now[0]}
        return self._tokens[1].get(_digest(token))

    def session(self, person):
        """What a cookie is to say of somebody who has just signed in."""
        return json.dumps([person.id, person.role, person.by, self._generation(person.id), int(time.time())])

    def person(self, session):
        """Whose session it is, None if it is over or was revoked.

        Parameters
        ----------
        session : bytes or None
            Of a cookie whose signature is in order.
        """
        if not session:
            return None
        try:
            person_id, role, by, generation, since = json.loads(session)
        except (ValueError, TypeError):
            return None
        fresh = 0 <= time.time() - since < SESSION_HOURS * 3600
        still = role == STUDENT or by == LMS or person_id in self._staff
        return Person(person_id, role, by) if fresh and still and generation == self._generation(person_id) else None

    def revoke(self, person_id):
        """End somebody's sessions, and make their link another one."""
        generations = self._generations() | {person_id: self._generation(person_id) + 1}
        with replacing(self._folder / "generations", mode=0o600) as file:
            json.dump(generations, file)

    def may_try(self, address):
        """Whether somebody at this address may try to sign in: there were not too many failures."""
        recent = [one for one in self._failures.get(address, ()) if time.monotonic() - one < _FAILURE_SECONDS]
        self._failures = {one: times for one, times in self._failures.items() if times[-1] > time.monotonic() - _FAILURE_SECONDS}
        return len(recent) < _FAILURES

    def failed(self, address):
        """Note a failure."""
        self._failures[address] = [*self._failures.get(address, ()), time.monotonic()][-_FAILURES:]

    def _generation(self, person_id):
        return self._generations().get(person_id, 0)

    def _generations(self):
        file = self._folder / "generations"
        try:
            written = file.stat().st_mtime_ns
            if written != self._read[0]:  # another command revokes
                self._read = written, json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return self._read[1]

    def _derived(self, *parts):
        text = "\0".join(map(str, parts)).encode("utf-8", "surrogatepass")
        return base64.urlsafe_b64encode(hmac.digest(self._key, text, "sha256")[:24]).decode()


def _digest(token):
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
