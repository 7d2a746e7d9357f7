"""Who is in the class, and whose work something is.

A learning platform names a submission in its own way: by its number for the person, an e-mail address, a login, or a name with
the family name first and without accents. Here that is brought to one student of the gradebook, or to none: what fits two
people, or says two things, is nobody's, and the reason is given.
"""

import csv
import difflib
import functools
import io
import re
import unicodedata
from collections import defaultdict
from dataclasses import asdict, dataclass, field, replace

from autograder import KitError
from autograder.course.handed_in import no_id
from autograder.grading import files

_BYTES = 50 * 2**20
_CHARACTERS = 128  # of a name in nbgrader's gradebook
_OF_THEIR_OWN = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
# what columns are called, in lower case and with spaces for underscores
_COLUMNS = {
    "id": ("id", "student id", "username", "user name", "login", "login id", "sis login id", "anmeldename", "benutzername"),
    "lms_user_id": ("lms user id", "canvas user id", "user id", "moodle id", "lms id"),
    "number": ("sid", "sis id", "sis user id", "student sis id", "id number", "student number", "id-nummer", "matrikelnummer"),
    "email": ("email", "e-mail", "mail", "email address", "e-mail address", "e-mail-adresse"),
    "name": ("name", "full name", "student name", "student", "display name", "vollständiger name", "sortable name"),
    "first_name": ("first name", "firstname", "given name", "vorname"),
    "last_name": ("last name", "lastname", "surname", "family name", "nachname"),
    "role": ("role", "roles", "rolle", "rollen"),
    "identifier": ("identifier", "id/kennung"),
    "github": ("github username",),
}
_STUDENTS = ("student", "learner", "teilnehm", "studier")  # what the role of one is called
_NOBODY = ("student, test", "test student", "points possible")  # Canvas's own


@dataclass(frozen=True)
class Student:
    """A row of the gradebook's table of students."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""

    @property
    def name(self):
        """First and last name, "" if there is none."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True)
class Claim:
    """What is said about whose something is; "" where nothing is.

    Parameters
    ----------
    login : str
        An id, a login or another text that stands for one person.
    lms_user_id, email, name : str
    """

    login: str = ""
    lms_user_id: str = ""
    email: str = ""
    name: str = ""


class NotMatched(Exception):
    """It cannot be said whose it is. The message says why."""


class Roster:
    """The students of a course, to be asked whose something is.

    Parameters
    ----------
    students : iterable of Student

    Attributes
    ----------
    students : dict of str to Student
        By id.
    known : bool
        Whether anything but ids is known. Where nothing is, ids are taken as they come.
    """

    def __init__(self, students):
        self.students = {student.id: student for student in students}
        self.known = any(student.name or student.email or student.lms_user_id for student in self.students.values())
        self._ids, self._lms, self._emails, self._mailboxes, self._names = (defaultdict(set) for _ in range(5))
        for student in self.students.values():
            for index, value in (
                (self._ids, student.id), (self._lms, student.lms_user_id), (self._emails, student.email),
                (self._mailboxes, student.email.partition("@")[0]),
            ):
                if value:
                    index[_same(value)].add(student.id)
            for spelling in _orders(student.name):
                self._names[spelling].add(student.id)

    def match(self, claim):
        """The student that the claim is about.

        Raises
        ------
        NotMatched
        """
        if not self.known:
            return self._unknown(claim)
        said = [
            ("number", claim.lms_user_id, self._lms.get(_same(claim.lms_user_id), ())),
            ("e-mail address", claim.email, self._emails.get(_same(claim.email), ())),
            ("login", claim.login, self._by_login(claim.login)),
            ("name", claim.name, set().union(*(self._names.get(one, ()) for one in _spellings(claim.name)))),
        ]
        found = [(what, value, ids) for what, value, ids in said if ids]
        if not found:
            told = _listed(what for what, value, _ in said if value)
            if not told:
                raise NotMatched("nothing says whose it is")
            raise NotMatched(f"nobody in the roster has its {told}{self._near(claim)}")
        fitting = set.intersection(*(set(ids) for _, _, ids in found))
        if not fitting:
            told = ", ".join(f"its {what} is that of {_listed(sorted(ids))}" for what, _, ids in found)
            raise NotMatched(f"what it says does not go together: {told}")
        if len(fitting) > 1:
            raise NotMatched(f"{_listed(sorted(fitting))} have the same {found[-1][0]}, and nothing tells them apart")
        student = self.students[fitting.pop()]
        if claim.lms_user_id and student.lms_user_id and _same(claim.lms_user_id) != _same(student.lms_user_id):
            raise NotMatched(f"{student.id} has its {found[0][0]}, but the number {student.lms_user_id}, not {claim.lms_user_id}")
        return student

    def is_called(self, student_id, name):
        """Whether a name can be the student's, as far as that is known."""
        student = self.students.get(student_id)
        return not (student and student.name) or any(student_id in self._names.get(one, ()) for one in _spellings(name))

    def _by_login(self, login):
        for index in (self._ids, self._emails, self._mailboxes, self._lms):
            if login and (ids := index.get(_same(login))):
                return ids
        return ()

    def _unknown(self, claim):
        said = claim.login or claim.email or claim.name or claim.lms_user_id
        if not said or (reason := no_id(said)):
            raise NotMatched(f"no student can have that as an id: it {reason}" if said else "nothing says whose it is")
        known = self._ids.get(_same(said), {said})
        return self.students.get(min(known)) or Student(said)

    def _near(self, claim):
        """Whoever is called nearly so, as a hint for the person who looks into it."""
        wanted = next(iter(_spellings(claim.name or claim.login or claim.email.partition("@")[0])), "")
        alike = [one for one in (*self._names, *self._ids) if one[:2] == wanted[:2] or one[-2:] == wanted[-2:]]
        near = difflib.get_close_matches(wanted, alike, n=1, cutoff=0.8)
        ids = self._names.get(near[0], set()) | self._ids.get(near[0], set()) if near else ()
        names = [f"{self.students[one].name} ({one})" if self.students[one].name else one for one in sorted(ids)]
        return f"; is it {' or '.join(names)}?" if names else ""


@dataclass
class Imported:
    """What a list of students has brought.

    Parameters
    ----------
    added, changed, same : list of Student
    refused : list of tuple of int and str
        Line of the file, and why it was left out.
    others : int
        How many lines were about people who are not students.
    absent : list of str
        Ids of students in the gradebook of whom the file says nothing.
    """

    added: list = field(default_factory=list)
    changed: list = field(default_factory=list)
    same: list = field(default_factory=list)
    refused: list = field(default_factory=list)
    others: int = 0
    absent: list = field(default_factory=list)


def merge(students, path):
    """What a learning platform's list of students changes.

    Somebody who is known by id, number or e-mail address keeps their id, and what the list leaves empty keeps what stands.

    Parameters
    ----------
    students : list of Student
        The gradebook's.
    path : Path

    Returns
    -------
    Imported

    Raises
    ------
    KitError
        If the file is no list of students.
    """
    there, result, seen, owners = {student.id: student for student in students}, Imported(), {}, defaultdict(set)
    for one in students:
        for key in ("id", "email", "lms_user_id"):
            owners[key, _same(getattr(one, key))].add(one.id)
    for line, row in _read(path):
        if row.get("role") and not any(word in row["role"].casefold() for word in _STUDENTS):
            result.others += 1
            continue
        student = _student(row)
        if not any(asdict(student).values()) or student.name.casefold() in _NOBODY or row.get("name", "").casefold() in _NOBODY:
            continue
        said = [("id", row.get("id")), ("id", row.get("number")), ("id", student.email), ("id", student.lms_user_id),
                ("email", student.email), ("lms_user_id", student.lms_user_id)]
        known = set().union(*(owners.get((key, _same(value)), ()) for key, value in said if value))
        if len(known) > 1:
            result.refused.append((line, f"{student.name or student.id} would be {_listed(sorted(known))} at once"))
            continue
        old = there[known.pop()] if known else None
        new = replace(old, **{key: value for key, value in asdict(student).items() if value and key != "id"}) if old else student
        reason = _wrong(new)
        if reason:
            result.refused.append((line, reason))
        elif (first := seen.get(_same(new.id))) is None:
            seen[_same(new.id)] = (line, new)
            (result.same if new == old else result.changed if old else result.added).append(new)
        elif first[1] != new:
            result.refused.append((line, f"{new.id} stands in line {first[0]} already, with something else"))
    _refuse_shared(result, {**there, **{new.id: new for _, new in seen.values()}}, seen)
    listed = {new.id for _, new in seen.values()}
    result.absent = sorted(there.keys() - listed)
    return result


def who_is_who(path):
    """What a platform's list says about the names that it gives to submissions.

    Moodle's grading worksheet says who "Participant 1234567" is, GitHub Classroom's roster whose a login is.

    Returns
    -------
    dict of str to Claim
        "moodle 1234567" or "github LOGIN" -> who that is.
    """
    known = {}
    for _, row in _read(path):
        student = _student(row)
        number = re.fullmatch(r"\D*(\d+)", row.get("identifier", ""))
        if login := row.get("github"):
            said = row.get("identifier", "")
            known[f"github {login.casefold()}"] = Claim(
                login="" if "@" in said else said, email=said if "@" in said else student.email, name=student.name)
        elif number:
            known[f"moodle {number[1]}"] = Claim(login=row.get("number", ""), email=student.email, name=student.name)
    if not known:
        raise KitError(
            f"{path} does not say whose submissions are: what can is Moodle's grading worksheet and GitHub Classroom's roster; "
            f"to import students: autograder roster {path}"
        )
    return known


def _read(path):
    """The lines of a table, each as (number, column -> value), with the columns that are known here."""
    try:
        contents = files.read(path, _BYTES)
    except (OSError, files.NotAFile) as error:
        raise KitError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    text = _decoded(contents)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_BYTES)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise KitError(f"{path} is no CSV file: {error}") from None
    start = next((index for index, line in enumerate(lines) if any(cell.strip() for cell in line)), len(lines))
    columns = _columns([_plain(cell).casefold().replace("_", " ") for cell in lines[start]] if lines[start:] else [])
    if not {"name", "first_name", "last_name", "id", "email", "github"} & columns.keys():
        raise KitError(
            f"{path} is no list of students: its first line names none of the columns id, name, first_name, last_name, email, "
            "as the exports of Canvas, Moodle and Gradescope do"
        )
    return [
        (number, {key: _plain(line[place]) for key, place in columns.items() if place < len(line)})
        for number, line in enumerate(lines[start + 1:], start + 2) if any(cell.strip() for cell in line)
    ]


def _decoded(contents):
    encodings = ["utf-16"] if contents[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]  # a spreadsheet's in Europe
    for encoding in encodings:
        try:
            return contents.decode(encoding)
        except UnicodeDecodeError:
            continue
    return contents.decode("latin-1")


def _columns(titles):
    columns = {key: titles.index(title) for key, known in _COLUMNS.items() for title in reversed(known) if title in titles}
    if "student" in titles and "id" in titles and {"sis login id", "sis user id", "section"} & set(titles):
        columns["lms_user_id"] = titles.index("id")  # Canvas's gradebook, where the login is the student's id
        columns.pop("id")
        if "sis login id" in titles:
            columns["id"] = titles.index("sis login id")
    return columns


def _student(row):
    name = row.get("name", "")
    last, comma, first = name.partition(",")
    if not comma:
        first, _, last = name.rpartition(" ")
    first, last = row.get("first_name") or first.strip(), row.get("last_name") or last.strip()
    if (row.get("first_name") or row.get("last_name")) and not (row.get("first_name") and row.get("last_name")):
        first, last = row.get("first_name", ""), row.get("last_name", "")
    email, lms = row.get("email", ""), row.get("lms_user_id", "")
    login = row.get("id", "")
    email = email or (login if "@" in login else "")
    identifier = row.get("identifier") if row.get("github") else ""  # GitHub's; Moodle's is another one for each assignment
    return Student(login or row.get("number") or identifier or email or lms, first, last, email, lms)


def _wrong(student):
    if not student.id:
        return f"{student.name} has neither an id nor an e-mail address"
    if reason := no_id(student.id):
        return f"{student.id} cannot be an id: it {reason}"
    if any(len(value) > _CHARACTERS for value in asdict(student).values()):
        return f"{student.id[:40]} has a name, number or address of more than {_CHARACTERS} characters"
    return ""


def _refuse_shared(result, everybody, seen):
    """Leave out who would share a number or an address with somebody else: neither could then be told by it."""
    for what, key in (("number", "lms_user_id"), ("e-mail address", "email")):
        owners = defaultdict(set)
        for student in everybody.values():
            if value := getattr(student, key):
                owners[_same(value)].add(student.id)
        for ids in owners.values():
            for line, new in [seen[_same(one)] for one in sorted(ids) if len(ids) > 1 and _same(one) in seen]:
                for kind in (result.added, result.changed):
                    if new in kind:
                        kind.remove(new)
                        result.refused.append((line, f"{_listed(sorted(ids))} have the same {what}"))
    result.refused.sort()


def _plain(text):
    """One line, composed as Unicode says, without what cannot be seen."""
    text = "".join(" " if unicodedata.category(one) in ("Cc", "Zl", "Zp") else one for one in unicodedata.normalize("NFC", text))
    return " ".join(text.replace("\ufeff", "").split())


def _same(text):
    return unicodedata.normalize("NFC", text).casefold().strip()


@functools.lru_cache(maxsize=100_000)
def _spellings(name):
    """How a name can be written without accents, spaces and signs."""
    name = unicodedata.normalize("NFC", name).casefold()
    written = (name.translate(_OF_THEIR_OWN), name.translate(_GERMAN).translate(_OF_THEIR_OWN))
    return tuple(dict.fromkeys(
        spelling for text in written
        if (spelling := "".join(one for one in unicodedata.normalize("NFKD", text) if one.isalnum()))
    ))


def _orders(name):
    """All spellings of a name with any of its parts first: where the family name begins is not known of every name."""
    parts = name.replace(",", " ").split()
    return {spelling for cut in range(len(parts)) for spelling in _spellings("".join(parts[cut:] + parts[:cut]))}


def _listed(words):
    words = list(words)
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
