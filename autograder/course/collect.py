"""Collects what a class has handed in: downloads in, folders of `submitted` out, each with the newest attempt.

Every attempt is first made ready in a scratch folder, as it is to lie in `submitted`. Then it is decided whether it is newer
than what stands there, and one rename takes it in. What nothing decides is left as it is, and told.
"""

import contextlib
import datetime
import itertools
import os
import shutil
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from autograder import KitError
from autograder.course import archives, timestamps
from autograder.course.attempts import ASIDE, OLDER, STANDS, Attempts, Record, digest
from autograder.course.handed_in import no_id, refusal
from autograder.course.layouts import Attempt, Reader, is_called_after, is_named_by_a_platform, plain_name
from autograder.course.replacing import workshop
from autograder.course.roster import NotMatched, Roster, Student, who_is_who
from autograder.grading import files

NEW, RESUBMITTED, UNCHANGED, LEFT = "new", "resubmitted", "unchanged", "left"
_INNER_SECONDS = 120  # to unpack what one student has packed
_EARLIEST = datetime.datetime(2015, 1, 1)  # before it, a clock was wrong
_UPLOADED = ("canvas", "moodle", "gradescope", "desk")  # whose files may have been renamed on their way


@dataclass
class Row:
    """What became of one student's work.

    Parameters
    ----------
    student : Student
    outcome : str
        "new", "resubmitted", "unchanged", or "left": there is something else, but what stands was not touched.
    time : str
        When what stands was handed in, as its timestamp.txt says, or "".
    late : datetime.timedelta or None
        How long after the due date that was.
    called_late : bool
        Whether the platform calls it late and nothing says by how much.
    remarks : list of str
        What a person should know, as rests of sentences.
    """

    student: Student
    outcome: str
    time: str
    late: datetime.timedelta | None
    called_late: bool
    remarks: list[str]


@dataclass
class Collected:
    """What collecting has come to.

    Parameters
    ----------
    rows : list of Row
        By student.
    unmatched : list of tuple of str and str
        Where something lies that was not collected, and why.
    unreadable : list of tuple of str and str
        Downloads of which nothing could be read, and why.
    missing : list of Student
        Those of the roster of whom nothing is there.
    has_roster : bool
    """

    rows: list[Row]
    unmatched: list[tuple[str, str]]
    unreadable: list[tuple[str, str]]
    missing: list[Student]
    has_roster: bool


@dataclass
class Ready:
    """An attempt as it is to lie in `submitted`.

    Parameters
    ----------
    attempt : layouts.Attempt
    folder : Path
    digest : str
    time : datetime.datetime or None
        When it was handed in, in UTC, if that is known.
    remarks : list of str
    """

    attempt: Attempt
    folder: Path
    digest: str
    time: datetime.datetime | None
    remarks: list[str]


class Undecided(Exception):
    """Nothing of a student's can be collected. The message says why."""


def collect(course, assignment, sources, student_id=None, say=lambda step: None, expect=lambda total: None, advance=lambda: None):
    """Collect downloads into `submitted`.

    Parameters
    ----------
    course : Course
    assignment : str
        Its name.
    sources : list of Path
        Folders, archives and files; tables among them say who is who (see `roster.who_is_who`).
    student_id : str, optional
        Whose all of it is.
    say, expect, advance : callable, optional
        Are told what is being read, then how many students there are, and after each of them.

    Returns
    -------
    Collected

    Raises
    ------
    KitError
    """
    with opened(course, assignment, sources, student_id, say) as class_:
        expect(len(class_.attempts))
        with course.open_gradebook() as gradebook:
            due, extensions = gradebook.deadlines(assignment)
        rows = []
        for student, ready in class_.ready():
            deadline = due and due + extensions.get(student.id, datetime.timedelta())
            try:
                rows.append(settle(Attempts(course, assignment, student.id), student, ready, deadline))
            except (Undecided, OSError) as reason:
                class_.unmatched += [(one.attempt.label, str(reason)) for one in ready]
            advance()
    missing = [] if student_id else [
        student for student in class_.roster.students.values()
        if not os.path.lexists(course.submitted / student.id / assignment)]
    return Collected(rows, sorted(class_.unmatched), class_.unreadable, missing, class_.roster.known)


@contextlib.contextmanager
def opened(course, assignment, sources, student_id=None, say=lambda step: None):
    """A class's downloads, read and sorted by student: a `Class`, as long as the block lasts."""
    tables = [source for source in sources if source.suffix.lower() == ".csv" and not is_named_by_a_platform(source.name)]
    sources = [source for source in sources if source not in tables]
    if not sources:
        raise KitError(f"{tables[0]} says who is who, but there is nothing to collect; give the download too"
                       if tables else "there is nothing to collect")
    if student_id and (reason := no_id(student_id)):
        raise KitError(f"no student can have the id {student_id!r}: it {reason}")
    with course.open_gradebook() as gradebook:
        roster, known = Roster(gradebook.students()), {*gradebook.assignments(), *course.authored.assignments}
    if assignment not in known:
        raise KitError(f"{course.root} has no assignment {assignment}; it has {', '.join(sorted(known)) or 'none'}")
    if student_id and roster.known and student_id not in roster.students:
        raise KitError(f"{student_id} is not in the roster; look at: autograder roster")
    who = {}
    for table in tables:
        who |= who_is_who(table)
    private = course.root / ".autograder"
    private.mkdir(exist_ok=True)
    with workshop(private) as scratch:
        class_ = Class(assignment, roster, scratch)
        reader = Reader(assignment, known - {assignment}, course.directory.course_id, roster, who)
        beside = defaultdict(set)  # files that lie in one folder and are given one by one, as by `unpacked/*`
        for source in itertools.chain.from_iterable(_downloads(source, reader) for source in sources):
            if source.is_file() and (not archives.is_packed(source.name) or reader.is_of_a_student(source.name)):
                beside[source.parent].add(source.name)
                continue
            say(source.name)
            class_.read(source, lambda source=source: archives.tree(source, archives.room_for_a_class(private), class_.new()),
                        reader, student_id)
        for folder, names in beside.items():
            class_.read(folder.resolve(), lambda folder=folder, names=names: archives.loose(folder, names), reader, student_id)
        class_.refuse_doubles()
        yield class_


def _downloads(source, reader):
    """The archives in a folder that holds nothing else, and is no student's, as none of them is; else the folder itself."""
    if source.is_dir() and not reader.is_one_attempt(source.name):
        inside = [path for path in sorted(source.iterdir()) if not archives.junk(path.name)]
        packed = [path for path in inside if path.is_file() and archives.is_archive(path.name)]
        if packed == inside and not any(reader.is_somebodys(path.name) for path in packed):
            return packed or [source]
    return [source]


class Class:
    """What a class has handed in.

    Attributes
    ----------
    roster : Roster
    attempts : dict of str to list of layouts.Attempt
        By student's id.
    unmatched : list of tuple of str and str
        Where something lies that is nobody's, and why.
    unreadable : list of tuple of str and str
        Downloads, and why nothing of them could be read.
    """

    def __init__(self, assignment, roster, scratch):
        self.roster, self.attempts, self.unmatched, self.unreadable = roster, defaultdict(list), [], []
        self._assignment, self._scratch, self._numbers, self._students = assignment, scratch, itertools.count(), {}

    def read(self, source, open_it, reader, student_id=None):
        """Take in a download: `open_it` returns its `Tree`."""
        try:
            tree = open_it()
            self.unmatched += [(f"{source.name}: {name}", reason) for name, reason in tree.unnamed]
            if not (tree.names or tree.unnamed):
                raise archives.Unreadable("holds no files")
            found, strays = ([reader.all_of(student_id, tree, source)], {}) if student_id else reader.attempts(tree, source)
        except archives.Unreadable as reason:
            self.unreadable.append((str(source), str(reason)))
            return
        self.unmatched += [(f"{source.name}: {name}", reason) for name, reason in strays.items()]
        for attempt in found:
            for claim in attempt.claims:
                try:
                    if attempt.nothing:
                        raise NotMatched(attempt.nothing)
                    student = Student(student_id) if student_id else self.roster.match(claim)
                    if reason := no_id(student.id):
                        raise NotMatched(f"no student can have the id {student.id}: it {reason}")
                    if claim.lms_user_id and not self.roster.is_called(student.id, claim.name):
                        attempt.remarks.append(f"is called {claim.name} by the platform; its number says whose it is")
                    self._students[student.id] = self.roster.students.get(student.id, student)
                    self.attempts[student.id].append(attempt)
                except NotMatched as reason:
                    self.unmatched.append((attempt.label, str(reason)))

    def refuse_doubles(self):
        """Take nothing for somebody for whom a platform has two people: they have the same name, and one is not known."""
        for student, attempts in list(self.attempts.items()):
            people = defaultdict(set)
            for attempt in attempts:
                people[attempt.kind].add(attempt.person)
            if any(len(one) > 1 for one in people.values()):
                reason = f"two people are taken for {student}, as they are called the same: the roster needs what tells them apart"
                self.unmatched += [(attempt.label, reason) for attempt in self.attempts.pop(student)]

    def ready(self):
        """Every student with what they have handed in, made ready: pairs of a `Student` and a list of `Ready`."""
        for student, attempts in sorted(self.attempts.items()):
            made = []
            for attempt in attempts:
                try:
                    made.append(make_ready(attempt, self._assignment, self.new(), self.new()))
                except (Undecided, OSError) as reason:
                    self.unmatched.append((attempt.label, str(reason)))
            if made:
                yield self._students[student], made

    def new(self):
        """A path in the scratch folder that is not taken."""
        return self._scratch / str(next(self._numbers))


def newest(ready):
    """The attempt that counts, of one student's.

    Raises
    ------
    Undecided
        If nothing says which it is.
    """
    if len({one.digest for one in ready}) == 1:
        return min(ready, key=lambda one: (one.time is None, one.time or _EARLIEST))
    if all(one.time for one in ready):
        ordered = sorted(ready, key=lambda one: one.time)
        places = [one.time for one in ordered]
    elif not any(one.time for one in ready) and len({one.attempt.kind for one in ready}) == 1 and all(
            one.attempt.order for one in ready):
        ordered = sorted(ready, key=lambda one: one.attempt.order)
        places = [one.attempt.order for one in ordered]
    else:
        ordered, places = ready, [0, 0]
    if places[-1] == places[-2] and ordered[-1].digest != ordered[-2].digest:
        labels = ", ".join(one.attempt.label for one in ready)
        raise Undecided(f"there are different ones of the same student, and nothing says which is the newest: {labels}")
    # handed in again unchanged, it was handed in when it first was so
    same = itertools.takewhile(lambda one: one.digest == ordered[-1].digest, reversed(ordered))
    return list(same)[-1]


def settle(attempts, student, ready, deadline):
    """Take in what a student has handed in, if it is newer than what stands.

    Parameters
    ----------
    attempts : attempts.Attempts
        The student's.
    student : Student
    ready : list of Ready
    deadline : datetime.datetime or None

    Returns
    -------
    Row

    Raises
    ------
    Undecided
    """
    standing, stands = attempts.standing, attempts.stands
    if os.path.lexists(standing.parent) and (standing.parent.is_symlink() or not standing.parent.is_dir()):
        raise Undecided(f"{standing.parent} is no folder")
    if os.path.lexists(standing) and (reason := refusal(standing.parent, standing.name)):
        raise Undecided(f"the folder {standing.parent} {reason}")
    there = digest(standing) if standing.is_dir() else None
    best = newest(ready)
    remarks = list(best.remarks)
    by_hand = None
    if there is not None and not stands:
        by_hand = Record(OLDER, there, _stamp(standing), "by hand", "by hand", "", None, "", _now())
    edited = bool(stands and there not in (None, stands.digest))
    if there is not None and stands and stands.kind == best.attempt.kind and stands.person != best.attempt.person:
        raise Undecided(f"what stands for {student.id} is of another person, {stands.source}, who is called the same")
    if there is None:
        outcome = NEW
    elif best.digest == there or (stands and best.digest == stands.digest):
        outcome = UNCHANGED
        remarks += ["was edited by hand since it was collected, and is left so"] if best.digest != there else []
    else:
        outcome, why = _compared(best, stands or by_hand, attempts.known(best.digest, best.attempt.time), edited)
        remarks += [why] if why else []
    if outcome in (NEW, RESUBMITTED):
        attempts.stand(best.folder, record(best, STANDS), by_hand)
    elif best.digest == there and not stands:
        attempts.adopt(record(best, STANDS))
    for one in ready:
        if one.folder.exists() and not attempts.known(one.digest, one.attempt.time) and not (
                attempts.stands and one.digest == attempts.stands.digest):
            attempts.keep(one.folder, record(one, ASIDE if one is best and outcome == LEFT else OLDER))
    if best.digest == there and best.time and timestamps.read(standing) == timestamps.Timestamp(None):
        (standing / files.TIMESTAMP).write_text(best.attempt.time + "\n", encoding="utf-8")
    return _row(student, outcome, standing, deadline, best, remarks)


def _compared(best, stands, known, edited):
    """What is to happen when something else stands than the best attempt: an outcome, and what to say about it."""
    time = _parsed(stands.time)
    aside = "the other is in .autograder/attempts; to take it, remove the folder in submitted and collect again"
    if best.time and time:
        newer = (best.time > time) - (best.time < time)
    elif not best.time and not time and stands.kind == best.attempt.kind and best.attempt.order and stands.order:
        newer = (best.attempt.order > stands.order) - (best.attempt.order < stands.order)
    else:
        newer = None
    if newer == -1:
        return UNCHANGED, "what stands is newer than what was collected now, which is kept in .autograder/attempts"
    if edited:
        return LEFT, f"what stands was edited by hand; {aside}"
    if newer == 1:
        return RESUBMITTED, ""
    if newer is None and not best.time and not time and stands.kind == best.attempt.kind:
        if known and known.state == OLDER:
            return UNCHANGED, "what was collected now stood before what stands"
        return RESUBMITTED, "nothing says when; what was collected last counts, and what stood is in .autograder/attempts"
    return LEFT, f"another one stands, and nothing says which is newer; {aside}"


def _row(student, outcome, standing, deadline, best, remarks):
    said = timestamps.read(standing)
    if said.doubt:
        remarks.append(said.doubt.rstrip("."))
    if said.time and not _EARLIEST < said.time < timestamps.now() + datetime.timedelta(days=1):
        remarks.append("the time is impossible: a clock was wrong somewhere")
    late = said.time - deadline if said.time and deadline and said.time > deadline else None
    return Row(student, outcome, _stamp(standing), late, best.attempt.late and not said.time, remarks)


def record(ready, state=STANDS):
    """What attempts.json is to say of an attempt that was made ready."""
    attempt = ready.attempt
    return Record(state, ready.digest, attempt.time, attempt.label, attempt.kind, attempt.person, attempt.order, "", _now())


def make_ready(attempt, assignment, scratch, folder):
    """Write an attempt's files into a folder, as they are to lie in `submitted`; returns `Ready`."""
    remarks = list(attempt.remarks)
    tree = attempt.tree if attempt.owner is None else _taken(attempt.tree, attempt.owner, scratch / "taken")
    if not any(_is_notebook(name) for name in tree.files):
        tree = _unpacked(tree, scratch, remarks)
    tree = _lifted(tree, assignment)
    names = {name: name for name in sorted(tree.files) if not archives.junk(name)}
    if names.pop(files.TIMESTAMP, None) and attempt.kind in _UPLOADED:
        remarks.append(f"a {files.TIMESTAMP} was handed in, which counts for nothing")
    _name_notebook(names, assignment, remarks)
    if attempt.kind in _UPLOADED:
        _name_again(names)
    room, seen, written = archives.room_for_one(), set(), 0
    folder.mkdir()
    for name, source in names.items():
        reason = _no_place(name, seen, tree.files[source], room)
        if reason:
            tree.refused[name] = reason
            continue
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(tree.files[source], folder / name)
        written += 1
    told = [f"{name} {reason}" for name, reason in sorted(tree.refused.items())]
    if not written:
        raise Undecided("; ".join(told[:3]) or "there is nothing in it")
    if told:
        remarks.append(f"left out: {'; '.join(told[:3])}{f' and {len(told) - 3} more' if told[3:] else ''}")
    if attempt.time:
        (folder / files.TIMESTAMP).write_text(attempt.time + "\n", encoding="utf-8")
    return Ready(attempt, folder, digest(folder), timestamps.read(folder).time, remarks)


def _taken(tree, owner, folder):
    """Copies of files that their owner can change at any moment, into a link to a file of the grader's for one."""
    taken, seen, room = archives.Tree({}, dict(tree.refused)), set(), archives.room_for_one()
    folder.mkdir(parents=True)
    for number, (name, path) in enumerate(sorted(tree.files.items())):
        try:
            reason = _no_place(name, seen, path, room)
            if not reason:
                (folder / str(number)).write_bytes(files.read(path, archives.FILE_BYTES, owner))
        except (files.NotAFile, files.TooLarge) as error:
            reason = str(error)
        if reason:
            taken.refused[name] = reason
        else:
            taken.files[name] = folder / str(number)
    return taken


def _unpacked(tree, scratch, remarks):
    """A student's files with those that they had packed."""
    whole = archives.Tree(dict(tree.files), dict(tree.refused))
    for number, (name, path) in enumerate(sorted(tree.files.items())):
        if not archives.is_archive(name):
            continue
        try:
            inner = archives.unpack(path, archives.room_for_one(), scratch / str(number), _INNER_SECONDS, name)
        except archives.Unreadable as reason:
            remarks.append(f"{name} {reason}")
            continue
        whole.refused |= dict(inner.unnamed)
        while len(inner.tops) == 1 and inner.tops[0] not in inner.names:
            inner = inner.below(f"{inner.tops[0]}/")
        del whole.files[name]
        whole.files = inner.files | whole.files
        whole.refused = inner.refused | whole.refused
    return whole


def _lifted(tree, assignment):
    """The files seen from the folder of the notebook, if that is clear; those outside it stay where they were."""
    folders = {os.path.dirname(name) for name in tree.files if _is_notebook(name)}
    depth = min((folder.count("/") + bool(folder) for folder in folders), default=0)
    nearest = [folder for folder in folders if folder.count("/") + bool(folder) == depth]
    if len(nearest) > 1:
        nearest = [folder for folder in nearest if any(
            is_called_after(assignment, os.path.basename(name)) for name in tree.files if os.path.dirname(name) == folder)]
    if len(nearest) != 1 or nearest == [""]:
        return tree
    inner = tree.below(f"{nearest[0]}/")
    outside = archives.Tree(*({name: value for name, value in part.items() if not name.startswith(f"{nearest[0]}/")}
                              for part in (tree.files, tree.refused)))
    return archives.Tree(outside.files | inner.files, outside.refused | inner.refused)


def _name_notebook(names, assignment, remarks):
    """Call the notebook as grading does, if it is clear which it is."""
    wanted = f"{assignment}.ipynb"
    there = [name for name in names if _is_notebook(name) and "/" not in name]
    called = [name for name in there if is_called_after(assignment, name)]
    if wanted not in there:
        if len(called) == 1 or len(there) == 1:
            (one,) = called if len(called) == 1 else there
            names[wanted] = names.pop(one)
            there = [wanted if name == one else name for name in there]
        elif not there:
            remarks.append("there is no notebook in it")
    if len(there) > 1:
        remarks.append(f"has several notebooks: {', '.join(sorted(there))}" + (f"; {wanted} is graded" if wanted in there else ""))


def _name_again(names):
    """Give files their own names back beside those that a platform or a browser has made of them: a module is imported by name."""
    own = defaultdict(list)
    for name in names:
        own[plain_name(name)].append(name)
    names.update({plain: names[one] for plain, (one, *others) in own.items()
                  if not others and plain not in names and not _is_notebook(one)})


def _no_place(name, seen, source, room):
    """Why a file cannot lie beside those before it, or ""."""
    key = name.casefold()
    folders = {key[:place] for place, character in enumerate(key) if character == "/"}
    if key in seen or f"{key}/" in seen or folders & seen:
        return "has a name that is taken, as many file systems see it"
    size = source.stat().st_size
    if room.files < 1 or room.bytes < size:
        return "finds no room: more was handed in than can be taken"
    room.files, room.bytes = room.files - 1, room.bytes - size
    seen.add(key)
    seen.update(f"{folder}/" for folder in folders)
    return ""


def _is_notebook(name):
    return name.lower().endswith(".ipynb")


def _stamp(folder):
    """What timestamp.txt says, as it stands there."""
    try:
        return timestamps.stated(folder / files.TIMESTAMP)
    except (OSError, files.NotAFile, UnicodeDecodeError):
        return ""


def _parsed(text):
    try:
        return timestamps.parse(text)
    except ValueError:
        return None


def _now():
    return f"{timestamps.now():%Y-%m-%d %H:%M:%S} UTC"
