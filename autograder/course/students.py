"""One student's data: handed out, removed, or given another id, wherever a course keeps it."""

import contextlib
import json
import shutil
import zipfile

from nbgrader.api import MissingEntry, Student, SubmittedAssignment

from autograder import KitError
from autograder.course import ledger
from autograder.course.handed_in import no_id
from autograder.course.replacing import replacing, workshop

_FOR_GRADERS = ("problems", "fingerprint", "doubt")  # of a report: errors inside hidden tests, and what follows from them


def summary(course, student_id):
    """What there is about a student, as sentences.

    Raises
    ------
    KitError
        If there is nothing.
    """
    data, places = _data(course, student_id), _places(course, student_id)
    if not (data["person"] or data["assignments"] or places):
        raise KitError(f"nothing is known of {student_id} in {course.root}")
    person = data["person"] or {}
    name = " ".join(filter(None, (person.get("first_name"), person.get("last_name"))))
    yield f"{student_id}" + (f", {name}" if name else "") + (f", {person['email']}" if person.get("email") else "")
    for assignment, work in sorted(data["assignments"].items()):
        grade = f"{work['score']:g} points, penalty {work['late_submission_penalty']:g}" if "score" in work else "no grade"
        yield f"  {assignment}: {grade}"
    yield f"  {len(places)} folders and files below {course.root}"


def export(course, student_id, path):
    """Write all there is about a student, but what only graders may see, into a zip file.

    Raises
    ------
    KitError
        If there is such a file.
    """
    if path.exists():
        raise KitError(f"{path} is there already; nothing is written over it")
    with workshop(path.parent) as shop:
        new = shop / "new"
        with zipfile.ZipFile(new, "x", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("student.json", json.dumps(_data(course, student_id), indent=1, default=str))
            for kind, place in _places(course, student_id):
                for file in sorted(place.rglob("*")) if place.is_dir() and not place.is_symlink() else [place]:
                    if file.is_file() and not file.is_symlink() and kind != "results":
                        archive.write(file, f"{kind}/{file.relative_to(place)}")
        new.rename(path)


def delete(course, student_id):
    """Remove all there is about a student, and say what may still name them: a list of sentences."""
    for _, place in _places(course, student_id):
        _remove(place)
    with course.open_gradebook() as gradebook:
        database = gradebook.nbgrader
        try:
            database.remove_student(student_id)
        except MissingEntry:
            pass
        ledger.forget(database.db.connection(), student_id)
        database.db.commit()
        gradebook.export(course.root / "grades.csv")
    named = [path.name for path in sorted(course.root.iterdir()) if path.suffix in (".csv", ".xlsx", ".html")
             and path.name != "grades.csv"]
    return [f"all about {student_id} is removed, and grades.csv written anew",
            *([f"  {', '.join(named)} may still name them: make them anew"] if named else [])]


def rename(course, old, new):
    """Give a student another id, with all their work.

    Raises
    ------
    KitError
        If the new one is no id, nothing is known of the old one, or both have handed in the same assignment.
    """
    if reason := no_id(new):
        raise KitError(f"{new} cannot be an id: a folder of that name {reason}")
    if old == new:
        raise KitError(f"{old} has that id already")
    with course.open_gradebook() as gradebook:
        database = gradebook.nbgrader
        db = database.db
        before = db.get(Student, old)
        moves = [(place, _renamed(course, kind, place, new)) for kind, place in _places(course, old)]
        works = {new: set(), old: set()}
        for student, assignment in db.query(SubmittedAssignment.student_id, SubmittedAssignment.assignment_id):
            if student in works:
                works[student].add(assignment)
        if before is None and not moves and not works[old]:
            raise KitError(f"nothing is known of {old} in {course.root}")
        there = [str(target.relative_to(course.root) if target.is_relative_to(course.root) else target)
                 for _, target in moves if target.exists()]
        if there or works[old] & works[new]:
            raise KitError(f"both {old} and {new} have handed in the same assignment" + (f" ({there[0]})" if there else "")
                           + "; remove what does not count, then rename")
        done = []
        try:
            _rename_rows(db, old, new)
            for place, target in moves:
                target.parent.mkdir(parents=True, exist_ok=True)
                place.rename(target)
                done.append((place, target))
            for target in (target for _, target in moves if target.suffix == ".json"):
                with contextlib.suppress(ValueError, TypeError):  # a damaged one is graded again
                    report = json.loads(target.read_text(encoding="utf-8")) | {"student": new}
                    with replacing(target, mode=0o600) as file:
                        json.dump(report, file)
            db.commit()
        except BaseException:
            db.rollback()
            for place, target in reversed(done):
                place.parent.mkdir(parents=True, exist_ok=True)
                target.rename(place)
            raise
        for folder in (course.submitted, course.autograded, course.feedback):
            if (folder / old).is_dir() and not any((folder / old).iterdir()):
                (folder / old).rmdir()
        gradebook.export(course.root / "grades.csv")


def _rename_rows(db, old, new):
    connection = db.connection()
    before, after = db.get(Student, old), db.get(Student, new)
    if after is None:
        after = Student(id=new)
        db.add(after)
    if before:
        for column in ("first_name", "last_name", "email", "lms_user_id"):
            setattr(after, column, getattr(after, column) or getattr(before, column))
    db.flush()
    db.query(SubmittedAssignment).filter_by(student_id=old).update({"student_id": new}, synchronize_session=False)
    db.expire_all()
    if before:
        db.delete(before)
    db.flush()
    ledger.rename(connection, old, new)


def _places(course, student_id):
    """Where a student's files are: (kind, path), those of submissions one for each assignment."""
    kept = course.root / ".autograder"
    found = []
    for kind in ("submitted", "autograded", "feedback"):
        folder = getattr(course, kind) / student_id
        if folder.is_symlink() or folder.is_file():
            found.append((f"{kind}/{student_id}", folder))
        elif folder.is_dir():
            found += [(f"{kind}/{one.name}", one) for one in sorted(folder.iterdir())]
    found += [(f"attempts/{one.parent.name}", one) for one in sorted(kept.glob("attempts/*/*")) if one.name == student_id]
    found += [(f"desk/{one.parent.name}", one) for one in sorted(kept.glob("desk/*/*")) if one.name == student_id]
    for pattern in ("*/*.json", "*/not-graded/*.json"):
        found += [("results", one) for one in sorted(kept.glob(pattern)) if one.name == f"{student_id}.json"]
    return found


def _renamed(course, kind, place, new):
    """The same place for another id."""
    kind, _, _ = kind.partition("/")
    if kind in ("attempts", "desk", "results"):
        return place.with_name(new + place.suffix if kind == "results" else new)
    folder = getattr(course, kind)
    return folder / new if place.parent == folder else folder / new / place.name


def _data(course, student_id):
    """What gradebook and results hold of a student, as plain data."""
    data = {"student": student_id, "person": None, "assignments": {}}
    with course.open_gradebook() as gradebook:
        gradebook.settle()
        database = gradebook.nbgrader
        person = database.db.get(Student, student_id)
        if person:
            data["person"] = {column: getattr(person, column) for column in ("first_name", "last_name", "email", "lms_user_id")}
        for one in database.db.query(SubmittedAssignment).filter_by(student_id=student_id):
            data["assignments"][one.assignment.name] = {
                "handed_in": one.timestamp, "extension": one.extension, "score": one.score, "max_score": one.max_score,
                "late_submission_penalty": one.late_submission_penalty,
                "items": {grade.name: {"score": grade.score, "by_hand": grade.manual_score, "extra_credit": grade.extra_credit,
                                       "max_score": grade.max_score} for page in one.notebooks for grade in page.grades},
                "comments": {comment.name: comment.comment for page in one.notebooks for comment in page.comments
                             if comment.comment},
            }
        for (assignment, student), decision in gradebook.decisions().items():
            if student == student_id:
                data["assignments"].setdefault(assignment, {})["decided"] = vars(decision)
    for kind, path in _places(course, student_id):
        if kind == "results" and path.parent.name != "not-graded":
            result = json.loads(path.read_text(encoding="utf-8"))
            for key in _FOR_GRADERS:
                result.pop(key, None)
            data["assignments"].setdefault(path.parent.name, {})["result"] = result
    return data


def _remove(place):
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    if place.parent.is_dir() and not any(place.parent.iterdir()) and place.parent.name != "not-graded":
        place.parent.rmdir()
