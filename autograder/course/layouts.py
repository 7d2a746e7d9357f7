"""How downloads name what is in them: from a tree of files to attempts, each with what it says about whose it is and when.

Canvas puts it into the names of files, Moodle into those of folders, Gradescope into a table beside them, Git into the last
commit, nbgrader into the folders of its exchange. Only the outermost names count: what lies below them is the student's own.
"""

import os
import pwd
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from autograder.course import archives, timestamps
from autograder.course.roster import Claim, NotMatched
from autograder.grading import files

_METADATA = "submission_metadata.yml"
_METADATA_BYTES = 200 * 2**20  # every submission's results stand in it
_MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)(?:_(?P<file>.*))?")
_CANVAS = re.compile(r"_(?P<number>\d+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<entry>text|link)\.html)", re.DOTALL)
_ANONYMOUS = re.compile(r"(?:LATE_)?anon_\w+?_\d+_(?P<file>.+)", re.DOTALL)
_INBOUND = re.compile(
    r"(?P<login>.+)\+(?P<assignment>[^+]+)\+(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^+]*?(?: ?[+-]\d\d:?\d\d)?)(?:\+[\w=-]+)?"
)
_COPY = re.compile(r"(?:[-_ ]?\(\d+\)| ?- ?(?:Copy|Kopie)\d*)+$", re.IGNORECASE)  # what browsers and Jupyter put behind a name
_NUMBER = re.compile(r"-\d+$")  # what Canvas does
_BOT = "github-classroom[bot]"
_COMMITS = 200
_GIT_SECONDS = 60
_HEAD_BYTES = 1000
_REFS_BYTES = 10 * 2**20


@dataclass
class Attempt:
    """Something that was handed in.

    Parameters
    ----------
    label : str
        Where it comes from, as a person finds it again.
    claims : list of Claim
        Whose it is: of several, each one's.
    tree : archives.Tree
        Its files under the student's own names.
    kind : str
        "canvas", "moodle", "gradescope", "github", "exchange", "desk" or "plain".
    person : str
        What the platform itself tells people apart by, or "".
    time : str
        When it was handed in, as timestamp.txt is to say it, or "".
    order : int or None
        Of two of the same kind and person, the one with the higher number is newer.
    late : bool
        Whether the platform calls it late, and does not say how much.
    remarks : list of str
    nothing : str
        Why there is nothing to collect, although it is somebody's, or "".
    owner : int or None
        The user who handed it in by putting it where it lies, and who can still change it there.
    """

    label: str
    claims: list[Claim]
    tree: archives.Tree
    kind: str
    person: str = ""
    time: str = ""
    order: int | None = None
    late: bool = False
    remarks: list[str] = field(default_factory=list)
    nothing: str = ""
    owner: int | None = None


def plain_name(name):
    """A file's name without what is put behind it where there is another one: `utils (1).py`, `utils-2.py`."""
    stem, ending = os.path.splitext(name)
    return (_NUMBER.sub("", _COPY.sub("", stem)) or stem) + ending


def is_called_after(assignment, name):
    """Whether a notebook has the assignment's name, or that of a copy: `ps1.ipynb`, `ps1 (1).ipynb`, `PS1-2.ipynb`."""
    return f"{assignment}.ipynb".casefold() in (name.casefold(), plain_name(name).casefold())


def is_named_by_a_platform(name):
    """Whether a file is called as Canvas or Moodle call what was handed in."""
    return bool(_MOODLE.fullmatch(name) or _canvas_readings(name))


class Reader:
    """Reads downloads of one assignment.

    Parameters
    ----------
    assignment : str
        Its name.
    others : collection of str
        Names of the course's other assignments.
    course_id : str
        What nbgrader's exchange calls the course.
    roster : Roster
    who : dict of str to Claim
        As `roster.who_is_who` returns it.
    """

    def __init__(self, assignment, others, course_id, roster, who):
        self._assignment, self._others, self._course_id, self._roster, self._who = assignment, others, course_id, roster, who

    def attempts(self, tree, source):
        """What a download holds.

        Parameters
        ----------
        tree : archives.Tree
        source : Path
            Where the tree comes from.

        Returns
        -------
        attempts : list of Attempt
        strays : dict of str to str
            Names that say not whose their files are -> more about it, as the rest of a sentence.
        """
        self._source, self._prefix, self._root = source, "", source
        name = archives.stem(source.name) if source.is_file() else source.name
        if self._is_of_one(name, tree):
            self._root, parts = source.parent, {name: tree.under(name)}
        else:
            tree = self._unwrapped(tree)
            if _METADATA in tree.names and not self._in_exchange:
                return self._gradescope(tree)
            parts = tree.parts()
        entries = {top: self._entry(top, part) for top, part in parts.items()}
        strays = {self._prefix + top: entry for top, entry in entries.items() if isinstance(entry, str)}
        return self._together([entry for entry in entries.values() if isinstance(entry, Attempt)]), strays

    def is_of_a_student(self, name):
        """Whether a file is called as a platform calls what a student of the roster has handed in."""
        return bool(_MOODLE.fullmatch(name)) or any(self._matches(claim) for _, claim in _canvas_readings(name))

    def is_somebodys(self, name):
        """Whether a file is called after a student of the roster, be it by a person or by a platform."""
        return self.is_of_a_student(name) or self._is_somebody(self._owner(name))

    def all_of(self, student_id, tree, source):
        """What a tree holds of which a person has said whose it is."""
        self._source, self._prefix, self._root = source, "", source
        entry = self._entry(tree.tops[0], tree) if len(tree.tops) == 1 else None
        attempt = entry if isinstance(entry, Attempt) else self._folder(student_id, tree.under(student_id))
        attempt.claims, attempt.label = [Claim(login=student_id)], source.name
        return attempt

    # ---- where the names stand

    def _is_of_one(self, name, tree):
        """Whether a whole download is one person's: its own name says whose, and the notebook lies right in it."""
        if "" in tree.repositories or (self._source.is_dir() and self.is_one_attempt(name)):
            return True
        direct = any(is_called_after(self._assignment, one) or one.startswith(f"{self._assignment}/") for one in tree.names)
        return direct and self._is_somebody(name)

    def _unwrapped(self, tree):
        """The tree without folders that hold everything and are nobody's, as programs put them around an archive's contents."""
        while not self._in_exchange:
            tops = tree.tops
            inbound = [folder for folder in ("inbound/", f"{self._course_id}/inbound/") if any(
                name.startswith(folder) for name in tree.names)]
            if inbound:
                self._prefix += inbound[0]
                return tree.below(inbound[0])
            if len(tops) != 1 or tops[0] in tree.names or tops[0] in tree.repositories:
                return tree
            inner = tree.below(f"{tops[0]}/")
            if self.is_one_attempt(tops[0]) or self._is_somebody(tops[0]) or not self._is_class(tops[0], inner):
                return tree
            self._prefix += f"{tops[0]}/"
            tree = inner
        return tree

    @property
    def _in_exchange(self):
        """Whether this is where students themselves put what they hand in, and so what others may be taken for."""
        return f"{self._root.name}/{self._prefix}".endswith("inbound/")

    def _is_class(self, name, tree):
        """Whether these can be the entries for a class, rather than one person's files."""
        if _METADATA in tree.names:
            return bool(re.fullmatch(r"assignment_\d+_export", name))
        work = [one for one in tree.names if "/" not in one and (one.lower().endswith(".ipynb") or archives.is_packed(one))]
        return self._assignment not in tree.tops and all(
            is_named_by_a_platform(one) or self._is_somebody(self._owner(one)) for one in work)

    @staticmethod
    def is_one_attempt(top):
        """Whether a folder is called as Moodle, or nbgrader's exchange, call that of one attempt."""
        return bool(_MOODLE.fullmatch(top) or _INBOUND.fullmatch(top))

    def _is_somebody(self, text):
        return self._matches(Claim(login=text)) or self._matches(Claim(name=text))

    def _matches(self, claim):
        try:
            return self._roster.known and bool(self._roster.match(claim))
        except NotMatched:
            return False

    # ---- one entry

    def _entry(self, top, tree):
        """What stands under an outermost name: an attempt, a sentence's rest that says why it is nobody's, or None if it is
        another assignment's."""
        inner, inbound = tree.below(f"{top}/"), _INBOUND.fullmatch(top)
        if self._in_exchange and not (inbound and inner.names):
            return "is nothing that nbgrader has handed in"
        if moodle := _MOODLE.fullmatch(top):
            return self._moodle(top, moodle, inner, tree)
        if not inner.names:
            return self._canvas(top, tree) or self._file(top, tree)
        if inbound:
            return self._inbound(top, inbound, inner)
        if "" in inner.repositories:
            return self._clone(top, inner)
        return self._folder(top, tree) if any(one not in self._others for one in inner.tops) else None

    def _label(self, name):
        return f"{self._source.name}: {self._prefix}{name}"

    def _known(self, person, claim):
        """The claim, completed by what a list of the platform's says about the person."""
        said = self._who.get(person)
        if not said:
            return claim
        return Claim(said.login, claim.lms_user_id or said.lms_user_id, said.email, said.name or claim.name)

    def _moodle(self, top, match, inner, tree):
        person = f"moodle {match['number']}"  # another one for each assignment, and so nobody's number in the roster
        own = inner if inner.names else _single(top, match["file"] or top, tree)  # with folders or without
        return Attempt(self._label(top), [self._known(person, Claim(name=match["name"]))], own, "moodle", person)

    def _canvas(self, top, tree):
        """What a name of Canvas's says.

        Students choose their names, and their files', and can do so that an earlier or a later number looks like the person's.
        So every reading is tried, and what can be read as the name of two people is nobody's.
        """
        if anonymous := _ANONYMOUS.fullmatch(top):
            return Attempt(self._label(top), [Claim()], _single(top, anonymous["file"], tree), "canvas",
                           nothing="is anonymous: turn off anonymous grading in Canvas, and download again")
        readings = _canvas_readings(top)
        if not readings:
            return None
        fitting = [reading for reading in readings if self._matches(reading[1])]
        match, claim = (fitting or readings)[0]
        attempt = Attempt(
            self._label(top), [claim if self._roster.known else Claim(login=claim.name)],
            _single(top, match["file"] or f"{match['entry']}.html", tree), "canvas", f"canvas {match['number']}",
            order=int(match["attachment"] or 0), late=top[:match.start()].endswith("_LATE"),
        )
        people = sorted({self._roster.match(one).id for _, one in fitting})
        if len(people) > 1:
            attempt.claims, attempt.nothing = [Claim()], f"can be read as the name of {' and as that of '.join(people)}"
        elif match["entry"]:
            attempt.nothing = "was handed in as a text or a link, not as a file"
        return attempt

    def _together(self, found):
        """Files that stand side by side in a download and are one person's, as one attempt each.

        Of notebooks with the assignment's name the one with Canvas's highest number is the newest; the others are attempts before.
        """
        groups = {}
        for one in found:
            groups.setdefault((one.kind, one.person) if one.kind in ("canvas", "moodle") else id(one), []).append(one)
        together = []
        for group in groups.values():
            group = [one for one in group if not one.nothing] or group[:1]
            group.sort(key=lambda one: -(one.order or 0))
            notebooks = [one for one in group if any(is_called_after(self._assignment, name) for name in one.tree.names)]
            older = notebooks[1:] if group[0].kind == "canvas" else []
            newest, *beside = [one for one in group if one not in older]
            for one in beside:
                for name, path in one.tree.files.items():
                    if one.kind == "moodle" or name not in newest.tree.files:  # Canvas's later one comes first
                        newest.tree.add(name, path)
                newest.tree.refused |= {name: reason for name, reason in one.tree.refused.items() if name not in newest.tree.files}
                newest.late |= one.late
            if beside:
                newest.label = (notebooks or group)[0].label
            together += [newest, *older]
        return together

    def _inbound(self, top, match, inner):
        if match["assignment"] != self._assignment:
            return None
        login, time = match["login"], match["time"]
        attempt = Attempt(self._label(top), [Claim(login=login)], inner, "exchange", f"exchange {login}", time,
                          int("".join(re.findall(r"\d", time)[:14])))
        stamp = _timestamp(inner)
        if stamp and _utc(stamp) != _utc(time):
            attempt.remarks.append(f"its {files.TIMESTAMP} says another time than the name of its folder, which counts")
        if self._source.is_dir():
            attempt.owner = (self._root / self._prefix / top).lstat().st_uid
            account = _account(attempt.owner)
            if account not in (None, match["login"]) and attempt.owner not in (0, os.geteuid()):  # who own the copies they make
                attempt.nothing = f"was handed in by {account}"
        return attempt

    def _clone(self, top, inner):
        around = (self._root.name, Path(self._prefix).name)  # `gh classroom clone` calls it NAME-submissions
        for prefix in (*(name.removesuffix("-submissions") for name in around), self._assignment):
            if prefix and top.casefold().startswith(f"{prefix}-".casefold()):
                login = top[len(prefix) + 1:]
                break
        else:
            login = top
        person = f"github {login.casefold()}"
        attempt = Attempt(self._label(top), [self._known(person, Claim(login=login))], self._work(inner), "github", person)
        commits = _commits(self._root / self._prefix / top / ".git")
        own = [time for time, author in commits if author != _BOT]
        if own:
            attempt.time = own[0]
        elif commits:
            attempt.nothing = "holds only what GitHub Classroom has put there: nothing has been pushed"
        else:
            attempt.remarks.append("its last commit cannot be read, so when it was handed in is not known")
        return attempt

    def _folder(self, top, tree):
        """A folder that is called after its student; what timestamp.txt says in it counts, as it does in `submitted`."""
        inner = tree.below(f"{top}/")
        work = self._work(inner)
        return Attempt(self._label(top), [self._called(top)], work, "plain", time=_timestamp(work) or _timestamp(inner))

    def _file(self, top, tree):
        """A file beside others that is called after its student: jdoe.ipynb, jdoe_ps1.ipynb, Jane Doe.zip."""
        ending = os.path.splitext(top)[1].lower()
        if ending != ".ipynb" and not archives.is_archive(top):
            return tree.refused.get(top, "is neither a notebook nor an archive, and its name says not whose it is")
        owner = self._owner(top)
        if not owner:
            return "its name says not whose it is"
        claim = self._called(owner) if self._roster.known else Claim(login=owner.partition("_")[0])
        own = f"{self._assignment}.ipynb" if ending == ".ipynb" else top
        return Attempt(self._label(top), [claim], _single(top, own, tree), "plain")

    def _owner(self, name):
        """What a file's name says beside the assignment's."""
        own = re.escape(self._assignment)
        return re.sub(rf"^{own}(?![a-z0-9])[-_ ]*|[-_ ]*(?<![a-z0-9]){own}$", "", _COPY.sub("", archives.stem(name)),
                      flags=re.IGNORECASE)

    def _called(self, text):
        """What a name says that somebody gave by hand: an id or a login if there is one like it, otherwise a person's name."""
        for prefix in ("", f"{self._assignment}-", f"{self._assignment}_"):
            if text.casefold().startswith(prefix.casefold()):
                for claim in (Claim(login=text[len(prefix):]), Claim(name=text[len(prefix):].replace("_", " "))):
                    if self._matches(claim):
                        return claim
        return Claim(name=text.replace("_", " ")) if self._roster.known else Claim(login=text)

    def _work(self, tree):
        """The part of a student's folder that is about this assignment."""
        if self._assignment in {one.partition("/")[0] for one in tree.names if "/" in one}:
            return tree.below(f"{self._assignment}/")
        own = [one for one in tree.names if "/" not in one or one.partition("/")[0] not in self._others]
        return archives.Tree(*({one: part[one] for one in own if one in part} for part in (tree.files, tree.refused)))

    # ---- Gradescope

    def _gradescope(self, tree):
        try:
            table = yaml.load(files.read(tree.files[_METADATA], _METADATA_BYTES), Loader=_Texts)
            entries = {key: value for key, value in table.items() if isinstance(value, dict)}
        except (yaml.YAMLError, files.NotAFile, OSError, RecursionError, AttributeError, KeyError, TypeError, ValueError):
            raise archives.Unreadable(f"holds a {_METADATA} that cannot be read, so it is nobody's") from None
        found, parts = [], tree.parts()
        for key, entry in entries.items():
            part = parts.get(key, archives.Tree())
            inner = part.below(f"{key}/")
            own = self._work(inner) if inner.names else _single(key, key, part)
            submitters = entry.get(":submitters")
            claims = [
                Claim(login=_text(one, ":sid"), email=_text(one, ":email"), name=_text(one, ":name"))
                for one in (submitters if isinstance(submitters, list) else []) if isinstance(one, dict)
            ]
            attempt = Attempt(self._label(key), claims, own, "gradescope", time=_moment(entry.get(":created_at")))
            if not claims:
                attempt.claims, attempt.nothing = [Claim()], f"is nobody's, as {_METADATA} says"
            elif not own.names:
                attempt.nothing = f"stands in {_METADATA}, but its files are not there"
            found.append(attempt)
        strays = [top for top in parts if top not in entries and top != _METADATA]
        return found, {self._prefix + top: f"does not stand in {_METADATA}" for top in strays}


_Texts = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # everything stays text: ids keep their zeros, times their zones


def _canvas_readings(name):
    """All that the name of a file can say if Canvas gave it: pairs of a match of its end, and whose it then is."""
    matches = [match for ends in re.finditer(r"(?!^)(?=_\d+_)", name) if (match := _CANVAS.fullmatch(name, ends.start()))]
    return [(match, Claim(lms_user_id=match["number"], name=name[:match.start()].removesuffix("_LATE"))) for match in matches]


def _text(entry, key):
    value = entry.get(key)
    return value.strip() if isinstance(value, str) and value.strip() not in ("", "~", "null") else ""


def _moment(said):
    """A time as Ruby writes it, in the form that timestamp.txt has; often it is an object that holds the time in UTC."""
    text = said.get("utc") if isinstance(said, dict) else said
    if not isinstance(text, str):
        return ""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?\d* ?(Z|UTC|[+-]\d\d:?\d\d)", text)
    return f"{match[1]} {match[2]}{match[3] or ''} {'UTC' if match[4] == 'Z' else match[4]}" if match else text


def _single(top, name, tree):
    """One file as a tree of its own, under the student's name for it."""
    return archives.Tree(*({name: part[top]} if top in part else {} for part in (tree.files, tree.refused)))


def _timestamp(tree):
    """What timestamp.txt says, "" if there is none; what is no text is "?", to be refused where times are read."""
    path = tree.files.get(files.TIMESTAMP)
    if path is None:
        return ""
    try:
        return timestamps.stated(path) or "?"
    except (OSError, files.NotAFile, UnicodeDecodeError):
        return "?"


def _utc(text):
    try:
        return timestamps.parse(text)
    except ValueError:
        return text


def _commits(git):
    """Times and authors of a clone's last commits, newest first; none if they cannot be read.

    Git does what a clone's own configuration says, which can name programs to be run. So it reads the clone's objects from a
    repository of ours.
    """
    head = _head(git)
    if not head:
        return []
    environment = {"PATH": os.environ.get("PATH", os.defpath), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    of_the_clone = {"GIT_OBJECT_DIRECTORY": str(git / "objects"), "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
    if (git / "shallow").is_file():
        of_the_clone["GIT_SHALLOW_FILE"] = str(git / "shallow")
    with tempfile.TemporaryDirectory() as ours:
        try:
            _git(environment, "init", "--quiet", "--bare", ours)
            log = _git(environment | of_the_clone, f"--git-dir={ours}", "log", "--no-show-signature", f"--max-count={_COMMITS}",
                       "--format=%cI%x09%an", head, "--")
        except (OSError, subprocess.SubprocessError):
            return []
    return [line.split("\t", 1) for line in log.decode("utf-8", "replace").splitlines() if "\t" in line]


def _git(environment, *arguments):
    return subprocess.run(["git", *arguments], env=environment, check=True, capture_output=True, timeout=_GIT_SECONDS).stdout


def _head(git):
    """The commit that a clone stands at, "" if that cannot be read."""
    try:
        text = files.read(git / "HEAD", _HEAD_BYTES).decode().strip()
        if branch := re.fullmatch(r"ref: (refs/heads/[\w./@+-]+)", text):
            name = branch[1]
            try:
                text = "" if ".." in name else files.read(git / name, _HEAD_BYTES).decode().strip()
            except FileNotFoundError:
                packed = files.read(git / "packed-refs", _REFS_BYTES).decode()
                text = next((line.split()[0] for line in packed.splitlines() if line.endswith(f" {name}")), "")
    except (OSError, UnicodeDecodeError, files.NotAFile):
        return ""
    return text if re.fullmatch(r"[0-9a-f]{40}", text) else ""


def _account(user):
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return None
