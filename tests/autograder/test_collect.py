"""Downloads of every kind are collected: whose they are, which is the newest, when they were handed in; and nothing is guessed."""

import io
import json
import os
import pwd
import shutil
import stat
import struct
import subprocess
import tarfile
import zipfile

import pytest
from nbgrader.api import Gradebook
from tiny import autograder, nbgrader, new_course

from autograder import KitError
from autograder.course import archives, collect, timestamps
from autograder.course.roster import Claim, NotMatched, Roster, Student, merge, who_is_who

CLASS = [
    Student("jdoe", "Jane", "Doe", "jane.doe@uni.edu", "101"),
    Student("mueller", "Jürgen", "Müller", "jm@uni.edu", "102"),
    Student("renyi", "Alfréd", "Rényi", "renyi@uni.edu", "103"),
    Student("wwang", "Wei", "Wang", "wwang@uni.edu", "201"),
    Student("wwei", "Wei", "Wang", "wwei@uni.edu", "202"),
    Student("vdberg", "Anna", "van der Berg", "", ""),
    Student("silent", "Sam", "Silent", "sam@uni.edu", "300"),
]


@pytest.fixture(scope="session")
def _course(tmp_path_factory):
    course = new_course(tmp_path_factory.mktemp("collect") / "course")
    with course.open_gradebook() as gradebook:
        gradebook.enrol(CLASS)
        gradebook._gradebook.update_or_create_assignment("tiny", duedate="2026-10-05 22:00:00 UTC")
        gradebook._gradebook.update_or_create_assignment("other")
    return course


@pytest.fixture
def course(_course, tmp_path):
    """A course with a roster and the assignment `tiny`, due on 2026-10-05 at 22:00 UTC."""
    root = tmp_path / "course"
    shutil.copytree(_course.root, root)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text().replace(str(_course.root), str(root)))
    return type(_course)(root)


def notebook(text="x = 1"):
    """A notebook that can be told from others."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": [], "source": text}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def packed(path, contents):
    """A ZIP archive with files, name -> text or bytes; pairs where a name stands twice."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in contents.items() if isinstance(contents, dict) else contents:
            archive.writestr(name, text)
    return path


def directory_of(count):
    """A ZIP archive that is nothing but a directory of so many files."""
    entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + b"a"
    return entry * count + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *[min(count, 0xFFFF)] * 2, len(entry) * count, 0, 0)


def folder(path, contents):
    """A folder with files, name -> text."""
    for name, text in contents.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)
    return path


def outcomes(collected):
    """What became of whom."""
    return {row.student.id: row.outcome for row in collected.rows}


def stands(course, student, name="tiny.ipynb"):
    """A file's text as it stands for grading."""
    return (course.submitted / student / "tiny" / name).read_text()


def snapshot(course):
    """All that collecting writes, with times of files."""
    return {
        str(path): (path.stat().st_mtime_ns, path.read_bytes()) for top in (course.submitted, course.root / ".autograder")
        for path in sorted(top.rglob("*")) if path.is_file()
    }


# ---- whose it is


@pytest.mark.parametrize("claim, student", [
    (Claim(lms_user_id="101", name="doejane"), "jdoe"), (Claim(email="JANE.DOE@uni.edu"), "jdoe"),
    (Claim(login="Jane.Doe"), "jdoe"), (Claim(name="Jane Doe"), "jdoe"), (Claim(name="Doe, Jane"), "jdoe"),
    (Claim(name="doejane"), "jdoe"),
    (Claim(name="Müller Jürgen"), "mueller"), (Claim(name="mullerjurgen"), "mueller"), (Claim(name="Juergen Mueller"), "mueller"),
    (Claim(name="Mu\u0308ller, Ju\u0308rgen"), "mueller"), (Claim(name="alfred renyi"), "renyi"),
    (Claim(name="vanderbergannA"), "vdberg"), (Claim(name="Anna van der Berg"), "vdberg"),
    (Claim(lms_user_id="202", name="wangwei"), "wwei"), (Claim(name="Wei Wang", email="wwang@uni.edu"), "wwang"),
    (Claim(lms_user_id="101", name="Team Blue"), "jdoe"),
])
def test_people_are_found_however_a_platform_names_them(claim, student):
    """Catches names with accents, with the family name first or run together, that are nobody's."""
    assert Roster(CLASS).match(claim).id == student


@pytest.mark.parametrize("claim, reason", [
    (Claim(name="Wei Wang"), "wwang and wwei have the same name"),
    (Claim(lms_user_id="101", name="renyialfred"), "does not go together"),
    (Claim(lms_user_id="999", name="doejane"), "but the number 101, not 999"),
    (Claim(name="Jane Doo"), "is it Jane Doe (jdoe)?"),
    (Claim(email="x@y.z"), "nobody in the roster"), (Claim(), "nothing says"),
])
def test_nobody_is_guessed(claim, reason):
    """Catches one student's work that is graded as another's."""
    with pytest.raises(NotMatched) as refused:
        Roster(CLASS).match(claim)
    assert reason in str(refused.value)


# ---- the roster


LISTS = {
    "canvas gradebook": (
        "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,ps1 (77)\n    Points Possible,,,,,100.0\n"
        '"Doe, Jane",101,m1,jdoe,S1,90\n"Müller, Jürgen",102,m2,jm@uni.edu,S1,\n"Student, Test",9,,test,S1,\n',
        [Student("jdoe", "Jane", "Doe", "", "101"), Student("jm@uni.edu", "Jürgen", "Müller", "jm@uni.edu", "102")]),
    "canvas people": (
        "Name,Login ID,SIS ID,Section,Role,Last Activity\nJane Doe,jdoe,m1,S1,Student,x\nPat Prof,pp,m9,S1,Teacher,x\n",
        [Student("jdoe", "Jane", "Doe")]),
    "moodle participants": (
        "First name,Last name,ID number,Email address,Groups\nJane,Doe,m1,jane.doe@uni.edu,\n",
        [Student("m1", "Jane", "Doe", "jane.doe@uni.edu")]),
    "moodle in german": (
        "Vorname;Nachname;E-Mail-Adresse;Rollen\nJürgen;Müller;jm@uni.edu;Teilnehmer/in\nPat;Prof;pp@uni.edu;Trainer/in\n",
        [Student("jm@uni.edu", "Jürgen", "Müller", "jm@uni.edu")]),
    "gradescope": (
        "First Name,Last Name,SID,Email,Role\nJane,Doe,007,jane.doe@uni.edu,Student\nPat,Prof,1,pp@uni.edu,Instructor\n",
        [Student("007", "Jane", "Doe", "jane.doe@uni.edu")]),
    "plain": ("id,name,email\njdoe,Jane Doe,jane.doe@uni.edu\n", [Student("jdoe", "Jane", "Doe", "jane.doe@uni.edu")]),
    "nbgrader": ("id,first_name,last_name,email,lms_user_id\njdoe,Jane,Doe,,101\n", [Student("jdoe", "Jane", "Doe", "", "101")]),
    "github": (
        "identifier,github_username,github_id,name\njdoe,octocat,5,Jane Doe\n", [Student("jdoe", "Jane", "Doe")]),
}


@pytest.mark.parametrize("kind", LISTS)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_lists_of_all_platforms_are_read(kind, encoding, tmp_path):
    """Catches a column that is taken for another, names cut wrongly, teachers and test students in the class."""
    text, students = LISTS[kind]
    path = tmp_path / "list.csv"
    path.write_bytes(text.replace("\ufeff", "" if encoding == "cp1252" else "\ufeff").encode(encoding))
    imported = merge([], path)
    assert imported.added == students and not imported.refused


def test_a_list_completes_what_is_known(course, tmp_path):
    """Catches an import that gives somebody a second id, takes details away, or writes again what stands."""
    path = tmp_path / "list.csv"
    path.write_text("Student,ID,SIS Login ID,Section\n\"Doe, Janet\",101,doe7,S\n\"Neu, Nora\",400,nneu,S\n")
    first = autograder(course, "roster", str(path))
    assert first.returncode == 0 and "1 new, 1 changed" in first.stdout and "(kept): " in first.stdout, first.stderr
    with Gradebook(course.directory.db_url) as gradebook:
        jane, nora = gradebook.find_student("jdoe"), gradebook.find_student("nneu")
        assert (jane.first_name, jane.email, jane.lms_user_id) == ("Janet", "jane.doe@uni.edu", "101")
        assert (nora.last_name, nora.lms_user_id) == ("Neu", "400") and len(gradebook.students) == len(CLASS) + 1
    with course.open_gradebook() as gradebook:
        assert len(merge(gradebook.students(), path).same) == 2
    assert "Nora Neu" in autograder(course, "roster").stdout


@pytest.mark.parametrize("rows, reason", [
    ("jdoe,Jane,Doe,\nmueller,J,M,jane.doe@uni.edu", "mueller would be jdoe and mueller at once"),
    ("a,A,B,\na,C,D,", "a stands in line 2 already"), ("a,A,B,x@y\nb,C,D,x@y", "have the same e-mail address"),
    ("<b>,A,B,", "cannot be an id"), ("a/../../b,A,B,", "has a slash"), ("a,A," + "x" * 200 + ",", "more than 128 characters"),
])
def test_lines_that_fit_two_people_are_left_out(rows, reason, tmp_path):
    """Catches two students who become one, and one who becomes two, by a list with a slip in it."""
    path = tmp_path / "list.csv"
    path.write_text(f"id,first_name,last_name,email\n{rows}\n")
    refused = merge(CLASS, path).refused
    assert refused and reason.replace("mueller would", "J M would") in refused[-1][1]


@pytest.mark.parametrize("contents", [b"", b"one,two\n1,2\n", b"\x00\xff\x00", b'id,name\n"a,b\n'])
def test_what_is_no_list_is_refused_in_one_line(contents, course, tmp_path):
    """Catches a traceback, or an empty class, for a file of another kind."""
    path = tmp_path / "list.csv"
    path.write_bytes(contents)
    with pytest.raises(KitError):
        merge([], path)


# ---- how platforms name things


def test_canvas(course, tmp_path):
    """Catches a resubmission's number, LATE, a browser's (1) or a helper's name that is taken for another thing."""
    download = packed(tmp_path / "submissions.zip", {
        "renyialfred_103_9003_tiny-2.ipynb": notebook("r"), "müllerjürgen_LATE_102_9004_tiny (1).ipynb": notebook("m"),
        "doejane_101_9005_tiny_final.ipynb": notebook("j"), "doejane_101_9006_my_utils-1.py": "a = 1",
        "doejane_101_9007_d.csv": "1",
        "wangwei_201_9008_tiny.ipynb": notebook("1"), "wangwei_202_9009_tiny.ipynb": notebook("2"),
        "strange_999_9010_tiny.ipynb": notebook(), "silentsam_300_text.html": "<p>my text</p>",
    })
    result = collect.collect(course, "tiny", [download])
    assert outcomes(result) == dict.fromkeys(["jdoe", "mueller", "renyi", "wwang", "wwei"], "new")
    assert stands(course, "jdoe") == notebook("j") and stands(course, "wwei") == notebook("2")
    assert {path.name for path in (course.submitted / "jdoe/tiny").iterdir()} == {
        "tiny.ipynb", "my_utils.py", "my_utils-1.py", "d.csv"}
    assert [row.student.id for row in result.rows if row.called_late] == ["mueller"]
    assert {label.split("_")[0].split()[-1]: reason for label, reason in result.unmatched} == {
        "silentsam": "was handed in as a text or a link, not as a file", "strange": "nobody in the roster has its number and name"}
    assert [student.id for student in result.missing] == ["silent", "vdberg"]


def test_a_number_with_a_strange_name_is_told(course, tmp_path):
    """Catches a roster with another platform's numbers, by which everybody gets somebody's work without a word."""
    result = collect.collect(course, "tiny", [packed(tmp_path / "s.zip", {"teamblue_101_1_tiny.ipynb": notebook()})])
    assert outcomes(result) == {"jdoe": "new"} and "is called teamblue" in result.rows[0].remarks[0]


def test_canvas_attempts_side_by_side(course, tmp_path):
    """Catches the first attempt that is graded where two downloads were unpacked into one folder."""
    unpacked = folder(tmp_path / "unpacked", {
        "doejane_101_9050_tiny-1.ipynb": notebook("second"), "doejane_101_9001_tiny.ipynb": notebook("first"),
        "doejane_101_9051_data-1.csv": "1", "doejane_101_9052_data-2.csv": "2"})
    for sources in ([unpacked], sorted(unpacked.iterdir())):
        result = collect.collect(course, "tiny", sources)
        assert stands(course, "jdoe") == notebook("second") and not result.unmatched
        assert (course.submitted / "jdoe/tiny/data-2.csv").read_text() == "2"
    assert (course.root / ".autograder/attempts/tiny/jdoe/1/tiny.ipynb").read_text() == notebook("first")


def test_a_name_that_can_be_read_twice_is_nobodys(course, tmp_path):
    """Catches a student who is called so that a neighbour's number stands first."""
    download = packed(tmp_path / "s.zip", {
        "doejane_101_103_9003_tiny.ipynb": notebook(), "renyialfred_103_9_tiny.ipynb": notebook("r")})
    with course.open_gradebook() as gradebook:
        gradebook.enrol([Student("renyi", "doejane_101", "", "", "103")])
    result = collect.collect(course, "tiny", [download])
    (reason,) = [reason for label, reason in result.unmatched if "_103_9003_" in label]
    assert "can be read as the name of jdoe and as that of renyi" in reason
    assert "jdoe" not in outcomes(result)


@pytest.mark.parametrize("folders", [True, False])
def test_moodle(course, tmp_path, folders):
    """Catches a download without folders that is not understood, and a number of Moodle's that is taken for a person's."""
    end = "/" if folders else ""
    download = packed(tmp_path / "moodle.zip", {
        f"Jane Doe_103_assignsubmission_file_{end}tiny (1).ipynb": notebook("j"),
        f"Jane Doe_103_assignsubmission_file_{end}u.py": "1",
        f"Jane Doe_103_assignsubmission_onlinetext_{end}onlinetext.html": "<p>hello</p>",
        f"Müller Jürgen_7_assignsubmission_file_{end}My Notebook.ipynb": notebook("m"),
        f"Wei Wang_8_assignsubmission_file_{end}tiny.ipynb": notebook("1"),
        f"Wei Wang_9_assignsubmission_file_{end}tiny.ipynb": notebook("2"),
        f"Participant_10_assignsubmission_file_{end}tiny.ipynb": notebook("3"),
        "__MACOSX/._x": "junk", ".DS_Store": "junk",
    })
    result = collect.collect(course, "tiny", [download])
    assert outcomes(result) == {"jdoe": "new", "mueller": "new"} and len(result.unmatched) == 3
    assert stands(course, "jdoe") == notebook("j") and stands(course, "mueller") == notebook("m")
    assert stands(course, "jdoe", "u.py") == "1" and stands(course, "jdoe", "onlinetext.html")
    worksheet = tmp_path / "Grades.csv"
    worksheet.write_text("Identifier,Full name,Email address,Status\nParticipant 8,Wei Wang,wwei@uni.edu,x\n"
                         "Participant 9,Wei Wang,wwang@uni.edu,x\nParticipant 10,Sam Silent,sam@uni.edu,x\n")
    again = collect.collect(course, "tiny", [download, worksheet])
    assert outcomes(again) == {"jdoe": "unchanged", "mueller": "unchanged", "wwei": "new", "wwang": "new", "silent": "new"}
    assert stands(course, "wwei") == notebook("1") and stands(course, "silent") == notebook("3")


def test_gradescope(course, tmp_path):
    """Catches ids that lose their zeros, one partner of two, and a time that loses its zone or its object."""
    metadata = """---
submission_1:
  :submitters:
  - :name: Jane Doe
    :sid: '0101'
    :email: jane.doe@uni.edu
  :created_at: 2026-10-05 23:15:00.123456789 +02:00
  :score: 3.0
  :results: {tests: [{name: ':submitters', output: "submission_9:\\n"}]}
submission_2:
  :submitters:
  - :name: Alfréd Rényi
    :sid:
    :email: renyi@uni.edu
  - :name: Jürgen Müller
    :sid: ''
    :email: private@mail.com
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: &1 2026-10-06 22:00:00.500000000 Z
    zone: !ruby/object:ActiveSupport::TimeZone
      name: America/Los_Angeles
    time: 2026-10-06 15:00:00.500000000 Z
submission_3:
  :submitters:
  - :name: Sam Silent
    :email: sam@uni.edu
  :created_at: 2026-10-05 12:00:00 Z
"""
    download = packed(tmp_path / "g.zip", {
        f"assignment_77_export/{name}": text for name, text in {
            "submission_metadata.yml": metadata, "submission_1/tiny.ipynb": notebook("j"), "submission_1/utils.py": "1",
            "submission_1/submission_metadata.yml": "submission_2: {}", "submission_1/timestamp.txt": "2020-01-01 00:00:00 UTC",
            "submission_2/work/tiny.ipynb": notebook("two"), "submission_2/work/u.py": "1",
            "submission_8/tiny.ipynb": notebook()}.items()
    })
    result = collect.collect(course, "tiny", [download])
    assert outcomes(result) == {"jdoe": "new", "mueller": "new", "renyi": "new"}
    assert stands(course, "jdoe", "timestamp.txt") == "2026-10-05 23:15:00.123456 +02:00\n"
    assert str(timestamps.read(course.submitted / "jdoe/tiny").time) == "2026-10-05 21:15:00.123456"
    assert stands(course, "mueller") == stands(course, "renyi") == notebook("two") and stands(course, "renyi", "u.py") == "1"
    assert {row.student.id: str(row.late) for row in result.rows if row.late} == dict.fromkeys(
        ["mueller", "renyi"], "1 day, 0:00:00.500000")
    assert "which counts for nothing" in result.rows[0].remarks[0]
    assert dict(result.unmatched) == {
        "g.zip: assignment_77_export/submission_3": "stands in submission_metadata.yml, but its files are not there",
        "g.zip: assignment_77_export/submission_8": "does not stand in submission_metadata.yml"}


def commit(path, author, time, message="work"):
    """Commit all that is in a working tree."""
    environment = os.environ | {
        "GIT_AUTHOR_NAME": author, "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": author, "GIT_COMMITTER_EMAIL": "a@b",
        "GIT_AUTHOR_DATE": time, "GIT_COMMITTER_DATE": time, "GIT_CONFIG_GLOBAL": os.devnull}
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--allow-empty", "--message", message]):
        subprocess.run(["git", "-C", str(path), *command], check=True, env=environment)


def test_github_classroom(course, tmp_path):
    """Catches a commit's time without its zone, a bot's commit taken for the student's, programs that a clone's settings name."""
    clones = tmp_path / "exercise-one-submissions"
    for login, text in (("jdoe", "j"), ("octo-cat", "o"), ("renyi", "untouched")):
        clone = folder(clones / f"exercise-one-{login}", {"tiny.ipynb": notebook("starter"), "README.md": "do it"})
        commit(clone, "github-classroom[bot]", "2026-10-01T08:00:00+00:00")
        if text != "untouched":
            (clone / "tiny.ipynb").write_text(notebook(text))
            commit(clone, "Jane", "2026-10-05T23:30:00+02:00")
            commit(clone, "github-classroom[bot]", "2026-10-09T00:00:00+00:00", "add deadline")
    (clones / "exercise-one-jdoe/.git/config").write_text(
        f"[core]\n\tfsmonitor = touch {tmp_path}/pwned\n\tpager = touch {tmp_path}/pwned\n[log]\n\tshowSignature = true\n"
        f"[gpg]\n\tprogram = touch {tmp_path}/pwned\n[include]\n\tpath = {tmp_path}/nothing\nnonsense\n")
    roster = tmp_path / "classroom_roster.csv"
    roster.write_text("identifier,github_username,github_id,name\nsam@uni.edu,Octo-Cat,5,\n")
    for sources in ([clones, roster], [*clones.iterdir(), roster]):
        result = collect.collect(course, "tiny", sources)
        assert outcomes(result).keys() == {"jdoe", "silent"} and "nothing has been pushed" in result.unmatched[0][1]
    assert stands(course, "jdoe") == notebook("j") and stands(course, "jdoe", "timestamp.txt") == "2026-10-05T23:30:00+02:00\n"
    assert not (tmp_path / "pwned").exists() and not list((course.submitted / "jdoe/tiny").glob(".*"))


def test_the_exchange(course, tmp_path):
    """Catches the first of several attempts that is graded, other assignments' folders, and a login with a plus in it."""
    with course.open_gradebook() as gradebook:
        gradebook.enrol([Student("a+b", "A", "B")])
    names = {
        "jdoe+tiny+2026-10-04 20:15:00.000000 UTC+bm90aGluZw==": "first",
        "jdoe+tiny+2026-10-05 20:15:00.000000 UTC+c29tZQ==": "last",
        "jdoe+tiny+2026-10-05 08:15:00.000000 UTC": "middle", "jdoe+other+2026-10-09 20:15:00.000000 UTC+x": "other",
        "a+b+tiny+2026-10-06 20:15:00.000000 UTC+x-_": "plus", "renyi+tiny+2026-10-05 22:15:00 +0200": "offset"}
    inbound = tmp_path / "exchange/course101/inbound"
    for name, text in names.items():
        folder(inbound / name, {"tiny.ipynb": notebook(text), "timestamp.txt": name.split("+tiny+")[-1].split("+")[0],
                                "submission_secret.txt": "s", "data/d.csv": "1"})
    course.directory.course_id = "course101"
    for source in (inbound, inbound.parent, inbound.parent.parent):
        result = collect.collect(course, "tiny", [source])
        assert outcomes(result).keys() == {"jdoe", "a+b", "renyi"} and not result.unmatched
    assert stands(course, "jdoe") == notebook("last")
    assert stands(course, "jdoe", "timestamp.txt") == "2026-10-05 20:15:00.000000 UTC\n"
    assert stands(course, "jdoe", "submission_secret.txt") == "s" and stands(course, "jdoe", "data/d.csv") == "1"
    kept = json.loads((course.root / ".autograder/attempts/tiny/jdoe/attempts.json").read_text())
    assert {(one["state"], one["time"][:16]) for one in kept} == {
        ("stands", "2026-10-05 20:15"), ("older", "2026-10-05 08:15"), ("older", "2026-10-04 20:15")}
    assert all((course.root / one["folder"] / "tiny.ipynb").exists() for one in kept)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_exchange_is_where_students_themselves_put_things(course, tmp_path):
    """Catches work under another's name, whatever it is called, a table of theirs that is believed, files that are not theirs."""
    inbound = folder(tmp_path / "inbound", {
        "jdoe+tiny+2026-10-05 20:15:00 UTC+x/tiny.ipynb": notebook("of nobody"),
        "renyi+tiny+2026-10-05 20:15:00 UTC+x/tiny.ipynb": notebook("renyi"),
        "renyi+tiny+2026-10-05 20:15:00 UTC+x/secret.py": "x = 1", "submission_metadata.yml": "submission_1: {}",
        "jdoe/tiny.ipynb": notebook("plain"), "Jane Doe_1_assignsubmission_file_/tiny.ipynb": notebook("Moodle"),
        "inbound/jdoe+tiny+2026-10-05 20:15:00 UTC+x/tiny.ipynb": notebook("deeper")})
    renyi = inbound / "renyi+tiny+2026-10-05 20:15:00 UTC+x"
    shutil.make_archive(inbound / "renyi+tiny+2026-10-06 20:15:00 UTC+x/tiny", "zip", inbound, "jdoe/tiny.ipynb")
    for path in (renyi, renyi / "tiny.ipynb"):
        os.chown(path, 20099, 20099)
    for place in (inbound, inbound / "inbound"):
        os.chown(place / "jdoe+tiny+2026-10-05 20:15:00 UTC+x", pwd.getpwnam("nobody").pw_uid, 0)
    for sources in ([inbound], [*inbound.iterdir()]):
        result = collect.collect(course, "tiny", sources)
        assert outcomes(result).keys() == {"renyi"}
        assert "was handed in by nobody" in [reason for _, reason in result.unmatched]
    kept = course.root / ".autograder/attempts/tiny/renyi/1"
    assert (kept / "tiny.ipynb").read_text() == notebook("renyi") and not (kept / "secret.py").exists()


def test_plain_folders_and_files(course, tmp_path):
    """Catches a folder of submissions that is read one level too high or too low, or another assignment's work in it."""
    folder(tmp_path / "a/jdoe", {"tiny/tiny.ipynb": notebook("j"), "tiny/timestamp.txt": "2026-10-05 22:15:00 Europe/Berlin",
                                 "other/tiny.ipynb": notebook("x")})
    folder(tmp_path / "a/renyi/other", {"other.ipynb": notebook("x")})
    folder(tmp_path / "a", {"Anna van der Berg/solution.ipynb": notebook("v"), "nobody/tiny.ipynb": notebook()})
    result = collect.collect(course, "tiny", [tmp_path / "a"])
    assert outcomes(result) == {"jdoe": "new", "vdberg": "new"} and [label for label, _ in result.unmatched] == ["a: nobody"]
    assert stands(course, "jdoe", "timestamp.txt") == "2026-10-05 22:15:00 Europe/Berlin\n"
    assert stands(course, "vdberg") == notebook("v")
    folder(tmp_path / "b", {"mueller_tiny.ipynb": notebook("m"), "tiny-sam@uni.edu.ipynb": notebook("s"), "notes.txt": "x"})
    packed(tmp_path / "class.zip", {f"submissions/{path.name}": path.read_text() for path in (tmp_path / "b").iterdir()}
           | {"submissions/Jane Doe (1).ipynb": notebook("2"), "submissions/wwang/tiny.ipynb": notebook("w")})
    result = collect.collect(course, "tiny", [tmp_path / "class.zip"])
    assert outcomes(result) == dict.fromkeys(["mueller", "silent", "wwang"], "new") | {"jdoe": "left"}
    assert [label for label, _ in result.unmatched] == ["class.zip: submissions/notes.txt"]
    one = packed(tmp_path / "wwang.zip", {"tiny/tiny.ipynb": notebook("w"), "tiny/d.csv": "1"})
    assert outcomes(collect.collect(course, "tiny", [one])) == {"wwang": "resubmitted"} and stands(course, "wwang", "d.csv") == "1"
    lost = folder(tmp_path / "lost", {"tiny.ipynb": notebook("lost"), "d.csv": "1"})
    assert not collect.collect(course, "tiny", [lost]).rows
    assert outcomes(collect.collect(course, "tiny", [lost], "wwei")) == {"wwei": "new"}
    assert stands(course, "wwei") == notebook("lost")


def test_a_folder_of_downloads(course, tmp_path):
    """Catches a class's archive that is taken for a student's work, and students' archives that are taken for a class's."""
    downloads, own = tmp_path / "downloads", tmp_path / "own"
    downloads.mkdir()
    own.mkdir()
    packed(downloads / "week 1.zip", {"doejane_101_1_tiny.ipynb": notebook("j")})
    packed(downloads / "week 2.zip", {"renyialfred_103_2_tiny.ipynb": notebook("r")})
    packed(own / "mueller.zip", {"deep/down/tiny.ipynb": notebook("m"), "deep/up.py": "1"})
    packed(own / "Sam Silent.zip", {"tiny.ipynb": notebook("s")})
    assert outcomes(collect.collect(course, "tiny", [downloads])) == {"jdoe": "new", "renyi": "new"}
    assert outcomes(collect.collect(course, "tiny", [own])) == {"mueller": "new", "silent": "new"}
    assert stands(course, "mueller") == notebook("m") and stands(course, "mueller", "up.py") == "1"


def test_without_a_roster_ids_are_taken_as_they_come(course, tmp_path):
    """Catches two students with one name who become one where nothing is known of anybody."""
    with Gradebook(course.directory.db_url) as gradebook:
        for student in CLASS:
            gradebook.remove_student(student.id)
    download = packed(tmp_path / "s.zip", {
        "doejane_101_9001_tiny.ipynb": notebook("j"), "wangwei_201_9101_tiny.ipynb": notebook("1"),
        "wangwei_202_9102_tiny.ipynb": notebook("2")})
    result = collect.collect(course, "tiny", [download])
    assert outcomes(result) == {"doejane": "new"} and len(result.unmatched) == 2 and not result.has_roster
    other = packed(tmp_path / "t.zip", {"doejane_109_9999_tiny.ipynb": notebook("another Jane")})
    assert "another person" in collect.collect(course, "tiny", [other]).unmatched[0][1]
    assert stands(course, "doejane") == notebook("j")


# ---- which attempt counts


def test_twice_changes_nothing_and_a_resubmission_replaces(course, tmp_path):
    """Catches files written again at every run, an older attempt that is lost, and one that comes back."""
    other = {"renyialfred_103_2_tiny.ipynb": notebook("r")}
    first = packed(tmp_path / "1.zip", other | {"doejane_101_1_tiny.ipynb": notebook("1")})
    second = packed(tmp_path / "2.zip", other | {"doejane_101_9_tiny-1.ipynb": notebook("2")})
    assert outcomes(collect.collect(course, "tiny", [first])) == {"jdoe": "new", "renyi": "new"}
    before = snapshot(course)
    assert outcomes(collect.collect(course, "tiny", [first])) == {"jdoe": "unchanged", "renyi": "unchanged"}
    assert snapshot(course) == before
    assert outcomes(collect.collect(course, "tiny", [second])) == {"jdoe": "resubmitted", "renyi": "unchanged"}
    before = snapshot(course)
    again = collect.collect(course, "tiny", [first])
    assert outcomes(again) == {"jdoe": "unchanged", "renyi": "unchanged"} and "newer" in again.rows[0].remarks[0]
    assert snapshot(course) == before and stands(course, "jdoe") == notebook("2")
    assert (course.root / ".autograder/attempts/tiny/jdoe/1/tiny.ipynb").read_text() == notebook("1")
    both = collect.collect(course, "tiny", [second, first])
    assert outcomes(both) == {"jdoe": "unchanged", "renyi": "unchanged"} and snapshot(course) == before


def test_where_no_time_is_known_what_was_collected_last_counts(course, tmp_path):
    """Catches an old download that replaces the new one, and two at once of which one is taken by chance."""
    downloads = [packed(tmp_path / f"{number}.zip", {"Jane Doe_7_assignsubmission_file_/tiny.ipynb": notebook(str(number))})
                 for number in (1, 2)]
    assert outcomes(collect.collect(course, "tiny", downloads)) == {} and not course.submitted.exists()
    assert [outcomes(collect.collect(course, "tiny", [one]))["jdoe"] for one in (*downloads, downloads[0])] == [
        "new", "resubmitted", "unchanged"]
    assert stands(course, "jdoe") == notebook("2")


def test_handed_in_again_unchanged_it_is_not_late(course, tmp_path):
    """Catches a penalty for a second click on the same file after the deadline."""
    for day, text in ((3, "a"), (5, "b"), (7, "b")):
        folder(tmp_path / f"inbound/jdoe+tiny+2026-10-0{day} 20:15:00.000000 UTC+x", {"tiny.ipynb": notebook(text)})
    (row,) = collect.collect(course, "tiny", [tmp_path / "inbound"]).rows
    assert row.time.startswith("2026-10-05") and not row.late and stands(course, "jdoe") == notebook("b")


def test_what_was_edited_by_hand_stays(course, tmp_path):
    """Catches a TA's repair that the next download silently undoes, and a resubmission that is then forgotten."""
    first, second = (packed(tmp_path / f"{number}.zip", {f"doejane_101_{number}_tiny.ipynb": notebook(str(number))})
                     for number in (1, 2))
    collect.collect(course, "tiny", [first])
    (course.submitted / "jdoe/tiny/tiny.ipynb").write_text(notebook("repaired"))
    (course.submitted / "jdoe/tiny/timestamp.txt").write_text("2026-10-06 21:00:00 UTC")
    assert outcomes(collect.collect(course, "tiny", [first])) == {"jdoe": "unchanged"}
    for _ in range(2):
        (row,) = collect.collect(course, "tiny", [second]).rows
        assert row.outcome == "left" and "edited by hand" in row.remarks[0] and stands(course, "jdoe") == notebook("repaired")
    shutil.rmtree(course.submitted / "jdoe/tiny")
    assert outcomes(collect.collect(course, "tiny", [second])) == {"jdoe": "new"} and stands(course, "jdoe") == notebook("2")


def test_what_was_put_there_by_hand_is_replaced_only_by_what_is_newer(course, tmp_path):
    """Catches work that somebody else collected, overwritten by what may be older."""
    folder(course.submitted / "jdoe/tiny", {"tiny.ipynb": notebook("by hand"), "timestamp.txt": "2026-10-04 20:15:00 UTC"})
    folder(course.submitted / "renyi/tiny", {"tiny.ipynb": notebook("by hand")})
    inbound = folder(tmp_path / "inbound", {
        f"{student}+tiny+2026-10-05 20:15:00 UTC+x/tiny.ipynb": notebook("new") for student in ("jdoe", "renyi")})
    result = collect.collect(course, "tiny", [inbound])
    assert outcomes(result) == {"jdoe": "resubmitted", "renyi": "left"}
    assert stands(course, "jdoe") == notebook("new") and stands(course, "renyi") == notebook("by hand")
    assert (course.root / ".autograder/attempts/tiny/jdoe/1/tiny.ipynb").read_text() == notebook("by hand")


@pytest.mark.parametrize("time, remark", [
    ("2026-10-05 22:15:00 CEST", "is not known and it counts as in time"), ("07.10.2026 20:00", "is not known"),
    ("2026-10-05 20:15 PST", "is not known"), ("2099-01-01 00:00:00 UTC", "impossible"), ("1970-01-01 00:00:00 UTC", "impossible"),
])
def test_times_that_say_nothing_certain_are_told(course, tmp_path, time, remark):
    """Catches lateness that is guessed, and a clock that was years wrong."""
    folder(tmp_path / "a/jdoe", {"tiny.ipynb": notebook(), "timestamp.txt": time})
    folder(tmp_path / "a/renyi", {"tiny.ipynb": notebook(), "timestamp.txt": "2026-10-05 22:15:00 +02:00"})
    collected = collect.collect(course, "tiny", [tmp_path / "a"])
    assert remark in collected.rows[0].remarks[0] and not collected.rows[1].remarks and not collected.rows[1].late
    assert stands(course, "jdoe", "timestamp.txt").strip() == time


# ---- hostile


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_bad_file_costs_itself(course, tmp_path):
    """Catches a path that leads out, a link, a bomb or a damaged entry that takes the class with it or is followed."""
    path = packed(tmp_path / "s.zip", [
        ("doejane_101_1_tiny.ipynb", notebook("j")), ("../../../doejane_101_2_evil.py", "evil"),
        ("/etc/doejane_101_3_evil.py", "evil"), ("C:\\evil.py", "evil"), ("doejane_101_4_a\x1b[31m.py", "evil"),
        ("renyialfred_103_5_tiny.ipynb", notebook("1")),
        ("renyialfred_103_5_tiny.ipynb", notebook("2")), ("wangwei_201_6_tiny.ipynb", notebook("same")),
        ("wangwei_201_6_tiny.ipynb", notebook("same")), ("wangwei_202_7_" + "x" * 300 + ".ipynb", notebook()),
        ("silentsam_300_9_tiny.ipynb", notebook("encrypted")), ("doejane_101_10_.hidden", "x"),
    ])
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("müllerjürgen_102_8_tiny.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("doejane_101_9_zeros.bin", bytes(archives.FILE_BYTES + 1), zipfile.ZIP_DEFLATED, 1)
    contents = bytearray(path.read_bytes())
    at = contents.index(b"silentsam", contents.index(b"PK\x01\x02"))
    contents[at - 46 + 8] |= 1  # the central directory says: encrypted
    path.write_bytes(contents)
    result = collect.collect(course, "tiny", [path])
    assert outcomes(result) == {"jdoe": "new", "wwang": "new"} and stands(course, "jdoe") == notebook("j")
    assert {path.name for path in (course.submitted / "jdoe/tiny").iterdir()} == {"tiny.ipynb"}
    assert "zeros.bin is larger than" in result.rows[0].remarks[0]
    reasons = "\n".join(f"{label} {reason}" for label, reason in result.unmatched)
    for told in ("twice, with different contents", "is encrypted", "is a link", "too long a name", "absolute name", "leads out of"):
        assert told in reasons
    assert not list(tmp_path.rglob("*evil*")) and not list((course.root / ".autograder").glob(".collecting*"))


def test_an_archive_within_an_archive_never_says_whose_it_is(course, tmp_path):
    """Catches a student's ZIP whose entries are collected as a neighbour's work, or stop the class."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3000):
            archive.writestr(f"{number}.txt", "")
    inner = packed(tmp_path / "inner.zip", {
        "renyialfred_103_9_tiny.ipynb": notebook("as renyi"), "../out.py": "x", "submission_metadata.yml": "a: {}",
        "deep.zip": "x"})
    links = io.BytesIO()
    with tarfile.open(fileobj=links, mode="w:gz") as archive:
        for name, kind, text in (("w/tiny.ipynb", tarfile.REGTYPE, notebook("tar").encode()), ("w/passwd", tarfile.SYMTYPE, b"")):
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(text), "/etc/passwd"
            archive.addfile(member, io.BytesIO(text))
    download = packed(tmp_path / "s.zip", {
        "doejane_101_1_tiny.zip": inner.read_bytes(), "renyialfred_103_2_tiny.ipynb": notebook("renyi's own"),
        "wangwei_201_3_tiny.tar.gz": links.getvalue(), "wangwei_202_4_tiny.zip": inner.read_bytes()[:150],
        "silentsam_300_5_tiny.zip": bomb.getvalue(), "müllerjürgen_102_6_tiny.gz": "x"})
    result = collect.collect(course, "tiny", [download])
    assert stands(course, "renyi") == notebook("renyi's own") and stands(course, "jdoe") == notebook("as renyi")
    assert {path.name for path in (course.submitted / "wwang/tiny").iterdir()} == {"tiny.ipynb"}
    remarks = {row.student.id: " ".join(row.remarks) for row in result.rows}
    assert "leads out of" in remarks["jdoe"] and "is a link" in remarks["wwang"]
    assert "not a complete one" in remarks["wwei"] and "more than the 2,000 files" in remarks["silent"]
    assert "no notebook" in remarks["mueller"] and stands(course, "mueller", "tiny.gz") == "x"  # kept, for a person to look


@pytest.mark.parametrize("name, contents, told", [
    ("cut.zip", "half", "not a complete one"), ("text.zip", b"hello", "no ZIP archive"),
    ("many.zip", directory_of(30_000), "more than the 25,000 files"),
    ("x.7z", b"7z", "cannot be read here"), ("x.tar", b"hello", "no TAR archive"), ("empty.zip", "empty", "holds no files"),
    ("gone.zip", None, "is not there"),
])
def test_a_download_that_cannot_be_read_costs_no_other(course, tmp_path, name, contents, told):
    """Catches a class that is not collected because one of two downloads broke off."""
    whole = packed(tmp_path / "whole.zip", {"doejane_101_1_tiny.ipynb": notebook()})
    path = tmp_path / name
    if contents == "half":
        path.write_bytes(whole.read_bytes()[:-30])
    elif contents == "empty":
        packed(path, {})
    elif contents is not None:
        path.write_bytes(contents)
    result = collect.collect(course, "tiny", [path, whole])
    assert outcomes(result) == {"jdoe": "new"} and result.unreadable[0][0] == str(path) and told in result.unreadable[0][1]


def test_names_in_every_encoding(course, tmp_path):
    """Catches umlauts that an old program's archive spoils: UTF-8 that is not said to be, the code page of DOS, and a Mac's."""
    path = tmp_path / "s.zip"
    for raw in ("Jürgen Müller".encode(), "Jürgen Müller".encode("cp437"), "Ju\u0308rgen Mu\u0308ller".encode()):
        shutil.rmtree(course.submitted, ignore_errors=True)
        packed(path, {"Q" * len(raw) + "_7_assignsubmission_file_/tiny.ipynb": notebook("m")})
        path.write_bytes(path.read_bytes().replace(b"Q" * len(raw), raw))
        assert outcomes(collect.collect(course, "tiny", [path])) == {"mueller": "new"}, raw


def test_a_students_folder_is_written_for_every_file_system(course, tmp_path):
    """Catches names that fall together on another machine, and a file where a folder has to be."""
    download = packed(tmp_path / "s.zip", {
        "Jane Doe_7_assignsubmission_file_/" + name: text for name, text in {
            "tiny.ipynb": notebook(), "Data.csv": "1", "data.csv": "2", "a": "1", "a/b": "2", "TIMESTAMP.TXT": "x"}.items()})
    (row,) = collect.collect(course, "tiny", [download]).rows
    names = [path.relative_to(course.submitted / "jdoe/tiny").as_posix() for path in (course.submitted / "jdoe/tiny").rglob("*")]
    assert len({name.casefold() for name in names}) == len(names) and "a/b" not in names
    assert "a name that is taken" in row.remarks[-1] and timestamps.read(course.submitted / "jdoe/tiny").time is None


def test_links_and_pipes_in_folders_are_not_followed(course, tmp_path):
    """Catches a neighbour's file collected through a link, and a pipe that is waited for."""
    source = folder(tmp_path / "a", {"jdoe/tiny.ipynb": notebook("j"), "renyi/x.py": "x"})
    (source / "renyi/tiny.ipynb").symlink_to(source / "jdoe/tiny.ipynb")
    (source / "mueller").symlink_to(source / "jdoe")
    os.mkfifo(source / "jdoe/pipe")
    (course.submitted / "silent").mkdir(parents=True)
    (course.submitted / "silent/tiny").symlink_to(tmp_path)
    (course.submitted / "wwei").symlink_to(course.submitted / "silent")
    (course.submitted / "wwang").write_text("a file")
    folder(source, {f"{student}/tiny.ipynb": notebook("s") for student in ("silent", "wwei", "wwang")})
    result = collect.collect(course, "tiny", [source])
    assert outcomes(result) == {"jdoe": "new", "renyi": "new"} and not (course.submitted / "renyi/tiny/tiny.ipynb").exists()
    assert [reason.replace(f"{course.submitted}/", "") for _, reason in result.unmatched] == [
        "is a link", "the folder silent holds tiny as a link", "wwang is no folder", "wwei is no folder"]
    assert list(tmp_path.glob("*.ipynb")) == []


def test_a_directory_of_millions_of_entries_is_not_read(course, tmp_path):
    """Catches memory that is gone before anybody has counted what an inner archive holds."""
    download = packed(tmp_path / "s.zip", {
        "doejane_101_1_a.zip": directory_of(1_000_000), "renyialfred_103_2_tiny.ipynb": notebook()})
    assert outcomes(collect.collect(course, "tiny", [download]))["renyi"] == "new"


# ---- what people see


def test_the_command_says_what_became_of_everybody(course, tmp_path):
    """Catches a report without somebody, sequences of a name that act on the terminal, a status of success for half a class."""
    download = packed(tmp_path / "s.zip", {
        "doejane_101_1_tiny.ipynb": notebook(), "x\x1b[2J_999_2_tiny.ipynb": notebook(), "wangwei_555_3_tiny.ipynb": notebook()})
    done = autograder(course, "collect", "tiny", str(download), str(tmp_path / "gone.zip"))
    assert done.returncode == 1 and "Traceback" not in done.stderr and "\x1b" not in done.stdout + done.stderr
    assert "1 student: 1 new; 2 not matched; 6 not handed in" in done.stdout and "Jürgen Müller (mueller)" in done.stdout
    assert "gone.zip is not there" in done.stderr and "not matched: s.zip: wangwei_555_3_tiny.ipynb" in done.stderr
    good = autograder(course, "collect", "tiny", str(packed(tmp_path / "t.zip", {"doejane_101_1_tiny.ipynb": notebook()})))
    assert good.returncode == 0 and not good.stderr and "unchanged" in good.stdout


def test_what_cannot_be_meant_is_refused_before_anything_is_done(course, tmp_path):
    """Catches a typo that makes a folder, and a whole class under one student's name."""
    download = packed(tmp_path / "s.zip", {"doejane_101_1_tiny.ipynb": notebook()})
    for arguments, told in (
        (("tinny", [download]), "has no assignment tinny; it has other, tiny"), (("tiny", [download], "jdo"), "not in the roster"),
        (("tiny", [download], "a/b"), "no student can have the id"), (("tiny", [tmp_path / "x.csv"]), "nothing to collect"),
    ):
        with pytest.raises(KitError, match=told):
            collect.collect(course, *arguments)
    assert not course.submitted.exists()


def test_zip_collect_tells_people_apart_in_the_same_way(course, tmp_path):
    """Catches plain nbgrader that stops for all at one clash, or takes a neighbour's work out of an archive in an archive."""
    inner = packed(tmp_path / "inner.zip", {"renyialfred_103_9_tiny.ipynb": notebook("as renyi"), "u.py": "1"})
    archive = course.root / "downloaded/tiny/archive"
    archive.mkdir(parents=True)
    packed(archive / "s.zip", {
        "doejane_101_1_tiny.zip": inner.read_bytes(), "renyialfred_103_2_tiny-1.ipynb": notebook("r"),
        "../x_1_2_tiny.ipynb": "evil", "Wei Wang_8_assignsubmission_file_/tiny.ipynb": notebook("1"),
        "silentsam_300_5_tiny.ipynb": notebook("1"), "mystery.ipynb": notebook()})
    packed(archive / "t.zip", {"Sam Silent_9_assignsubmission_file_/tiny.ipynb": notebook("2")})
    (archive / "broken.zip").write_bytes(b"PK")
    folder(archive, {"mullerjurgen_102_7_tiny.ipynb": notebook("m"), "mullerjurgen_102_8_data.csv": "1"})
    done = nbgrader(course, "zip_collect", "tiny")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in course.submitted.iterdir()) == ["jdoe", "mueller", "renyi"]
    assert stands(course, "jdoe") == notebook("as renyi") and stands(course, "renyi") == notebook("r")
    assert stands(course, "jdoe", "u.py") == "1" and stands(course, "mueller", "data.csv") == "1"
    for told in ("have the same name", "which is the newest", "broken.zip", "mystery.ipynb"):
        assert told in done.stderr


def test_who_is_who_needs_a_table_that_says_so(tmp_path):
    """Catches a roster that is given by mistake and silently says nothing."""
    path = tmp_path / "list.csv"
    path.write_text("id,name\na,b\n")
    with pytest.raises(KitError, match="autograder roster"):
        who_is_who(path)
