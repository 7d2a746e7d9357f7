"""A course for another lecture, outside the kit, graded by a kit that is installed from a wheel."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import version

import nbformat
import pytest
from kit import KIT

SOURCE = """---
jupyter:
  autograder:
    title: Wörter zählen
    points: 110
    limits: {cell_seconds: 5, call_seconds: 2, cpu_seconds: 30}
  jupytext: {text_representation: {extension: .md, format_name: markdown}, notebook_metadata_filter: autograder}
  kernelspec: {display_name: Python 3, language: python, name: python3}
---

# Wörter zählen

Größe, Übung und „Anführungszeichen“ bleiben, wie sie sind.

```python
from helfer import klein

with open("daten/text.txt", encoding="utf-8") as datei:
    text = datei.read()
print(klein("ÄÖÜ"))
```

## Zählen (60 Punkte)

```python solves="zaehlen"
from loesungen.zaehlen import zaehle, haeufigstes
```

```python item="zaehlen" points=60
assert zaehle("der Der die")["der"] == 2, "Groß- und Kleinschreibung zählt nicht."
```

## Ein Zähler (40 Punkte)

```python solves="zaehler"
from loesungen.zaehlen import Zaehler
```

```python item="zaehler" points=40
zaehler = Zaehler()
zaehler.lies(text)
assert zaehler.anzahl("katze") == 3, "Die Katze kommt dreimal vor."
```

## Der Bericht (10 Punkte)

```python solves="bericht"
from loesungen.zaehlen import bericht
```

```python item="bericht" points=10
print(bericht(text))
```

## Zusatz (5 Punkte)

```python solves="zusatz"
from loesungen.zaehlen import ohne
```

```python item="zusatz" points=5 bonus=true
print(ohne(text, "katze"))
```
"""

LOESUNGEN = '''"""Musterlösungen."""

from helfer_der_autoren import ZEICHEN


def zaehle(text):
    """Wie oft jedes Wort vorkommt, ohne Groß- und Kleinschreibung."""
    ### BEGIN SOLUTION
    anzahl = {}
    for wort in text.lower().split():
        anzahl[wort] = anzahl.get(wort, 0) + 1
    return anzahl
    ### END SOLUTION


def haeufigstes(text):
    """Das häufigste Wort."""
    ### BEGIN SOLUTION
    anzahl = zaehle(text)
    return max(anzahl, key=anzahl.get)
    ### END SOLUTION


class Zaehler:
    """Zählt die Wörter mehrerer Texte."""

    def __init__(self):
        self.gewicht = 1
        ### BEGIN SOLUTION
        self.woerter = {}
        ### END SOLUTION

    def lies(self, text):
        """Zählt einen Text dazu."""
        ### BEGIN SOLUTION
        for wort, anzahl in zaehle(text).items():
            self.woerter[wort] = self.woerter.get(wort, 0) + anzahl
        ### END SOLUTION

    def anzahl(self, wort):
        """Wie oft ein Wort vorkam, mal Gewicht."""
        ### BEGIN SOLUTION
        return self.gewicht * self.woerter.get(wort, 0)
        ### END SOLUTION


def bericht(text):
    """Das erste Wort und seine Anzahl, mit einem Zaehler."""
    ### BEGIN SOLUTION
    zaehler = Zaehler()
    zaehler.lies(text)
    erstes = text.lower().split()[0]
    return f"{erstes}: {zaehler.anzahl(erstes)}"
    ### END SOLUTION


def ohne(text, wort):
    """Der Text ohne ein Wort."""
    ### BEGIN SOLUTION
    return " ".join(one for one in text.split() if one.lower() != wort)
    ### END SOLUTION
'''

SUITE = '''"""Versteckte Tests."""

from autograder.testing import check, item
from loesungen.zaehlen import bericht


@item("zaehlen")
def test_zaehlt(student, rng):
    """Jedes Wort wird gezählt."""
    text = " ".join(rng.choice(["Ä", "ä", "b"], 20)) + " ß"
    check(student.zaehle(text)["ß"] == 1, "„ß“ kommt einmal vor.")


@item("zaehlen")
def test_haeufigstes(student):
    """Das häufigste Wort wird gefunden."""
    check(student.haeufigstes("a b b") == "b", "„b“ ist am häufigsten.")


@item("zaehler")
def test_zaehler(student):
    """Ein Zähler merkt sich mehrere Texte, und sein Gewicht gilt."""
    zaehler = student.Zaehler()
    zaehler.lies("a b")
    zaehler.lies("a")
    check(zaehler.anzahl("a") == 2, "„a“ kommt zweimal vor.")
    zaehler.gewicht = 10
    check(zaehler.anzahl("a") == 20, "Das Gewicht ist 10.")


@item("bericht")
def test_bericht(student):
    """Der Bericht nennt Wort und Anzahl."""
    check(student.bericht("Nein und nein") == bericht("Nein und nein"), "„nein“ kommt zweimal vor.")


@item("zusatz")
def test_zusatz(student):
    """Das Wort fehlt, die anderen stehen da."""
    check(student.ohne("a B c", "b") == "a c", "Ohne „b“ bleiben „a“ und „c“.")
'''

FILES = {
    "source/woerter/woerter.md": SOURCE,
    "source/woerter/helfer.py": "def klein(text):\n    return text.lower()\n",
    "source/woerter/daten/text.txt": "Die Katze sah die andere Katze.\nkatze Katze\n",
    "loesungen/zaehlen.py": LOESUNGEN,
    "helfer_der_autoren.py": "ZEICHEN = 'SECRET-OF-AUTHORS'\n",
    "suites/woerter/test_woerter.py": SUITE,
}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Runs Python in an environment of its own, with the kit from a wheel; everything else is this environment's."""
    folder = tmp_path_factory.mktemp("installed")
    tree = folder / "tree"
    shutil.copytree(KIT / "autograder", tree / "autograder", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(KIT / name, tree)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, tree], check=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, symlinks=True)
    python = environment / "bin/python"
    subprocess.run([*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True)
    (packages,) = environment.glob("lib/python*/site-packages")
    others = [path for path in sys.path if path.endswith("-packages")]
    (packages / "others.pth").write_text("\n".join(others))  # a path alone: their own .pth files, with the kit, are not read

    def run(*arguments, cwd):
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV_"))}
        plain["JUPYTER_PATH"] = f"{sys.prefix}/share/jupyter"  # nbgrader's templates
        return subprocess.run([python, *arguments], cwd=cwd, capture_output=True, text=True, env=plain)

    run.wheel, run.environment = wheel, environment
    return run


@pytest.fixture(scope="module")
def course(installed):
    """A course made by `autograder new-course` where student processes must be able to read: among Python's own files."""
    folder = installed.environment / "share/kurs"
    made = installed("-m", "autograder.cli", "new-course", folder, "--reference", "loesungen", cwd=installed.environment)
    assert made.returncode == 0, made.stderr
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for solution in (folder / "loesungen").glob("*.py"):  # another course with the same solutions would find them readable here
        solution.write_text(f"# Kurs\n{solution.read_text(encoding='utf-8')}", encoding="utf-8")
    return folder


def autograder(installed, course, *arguments):
    return installed("-m", "autograder.cli", *arguments, cwd=course)


def hand_in(course, student, solutions, extra=""):
    """Hand in the release with solutions, item -> source, and a cell at its end."""
    notebook = nbformat.read(course / "release/woerter/woerter.ipynb", as_version=4)
    for cell in notebook.cells:
        item = cell.metadata.get("nbgrader", {}).get("grade_id", "").removesuffix("-solution")
        if item in solutions and cell.metadata.nbgrader.solution:
            cell.source = solutions[item]
    notebook.cells.append(nbformat.v4.new_code_cell(extra))
    folder = course / "submitted" / student / "woerter"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "woerter.ipynb")
    (folder / "meins.py").write_text(OWN_MODULE)


OWN_MODULE = """
def zaehle(text):
    return {wort: text.lower().split().count(wort) for wort in text.lower().split()}
"""
RIGHT = {
    "zaehlen": "from meins import zaehle\ndef haeufigstes(text):\n    return max(zaehle(text), key=zaehle(text).get)",
    "zaehler": """
class Zaehler:
    def __init__(self):
        self.gewicht, self.texte = 1, []
    def lies(self, text):
        self.texte += text.lower().split()
    def anzahl(self, wort):
        return self.gewicht * self.texte.count(wort)
""",
    "bericht": """
def bericht(text):
    z = Zaehler()
    z.lies(text)
    return f"{text.lower().split()[0]}: {z.anzahl(text.lower().split()[0])}"
""",
    "zusatz": "def ohne(text, wort):\n    return ' '.join(w for w in text.split() if w.lower() != wort)",
}
# the counter counts one too many: its own item is lost, and the report is made with a correct one in its place
WRONG = RIGHT | {
    "zaehler": RIGHT["zaehler"].replace("count(wort)", "count(wort) + 1"), "zusatz": "def ohne(text, wort):\n    return text"}

SEARCH = """
import os, sys
found = []
for path in {places}:
    try:
        found.append((path, os.listdir(path) if os.path.isdir(path) else open(path).read()[:50]))
    except OSError:
        pass
for name in ("autograder.testing", "loesungen.zaehlen", "suites.woerter.test_woerter", "helfer_der_autoren"):
    try:
        __import__(name); found.append(name)
    except ImportError:
        pass
for folder, _, files in os.walk({environment!r}):
    found += [os.path.join(folder, name) for name in files if "zaehlen" in name or "woerter" in name or "helfer_der" in name]
print("FOUND", [one for one in found if one[-1] != []])
"""


def test_the_wheel_holds_the_engine_alone(installed):
    """Catches hidden tests, model solutions or a template that is missing in what people install."""
    names = zipfile.ZipFile(installed.wheel).namelist()
    assert not [name for name in names if "suites" in name or name.startswith(("reference", "source", "tests"))]
    assert "autograder/authoring/template/course/nbgrader_config.py" in names and "autograder/testing.py" in names
    assert "autograder/isolation/student/zygote.py" in names


def test_a_course_outside_the_kit_builds_and_grades(installed, course):
    """Catches whatever ties a course to the kit's folder: names of packages, suites, data, totals, language, helper files."""
    built = autograder(installed, course, "build", "woerter")
    assert built.returncode == 0 and "110 points and 5 bonus points" in built.stdout, built.stderr + built.stdout
    release = course / "release/woerter"
    assert {path.name for path in release.iterdir()} == {"check.py", "daten", "helfer.py", "requirements.txt", "woerter.ipynb"}
    assert (release / "requirements.txt").read_text().splitlines()[1:] == [f"jupyterlab=={version('jupyterlab')}"]
    text = json.dumps(nbformat.read(release / "woerter.ipynb", as_version=4), ensure_ascii=False)
    assert "Größe, Übung und „Anführungszeichen“" in text and "anzahl.get(wort" not in text and "loesungen" not in text

    places = [str(course / name) for name in (
        "", "source", "suites", "loesungen", "gradebook.db", "submitted", "roster.csv", "nbgrader_config.py", "release", "built")]
    engine = next(installed.environment.glob("lib/python*/site-packages/autograder"))
    hand_in(course, "richtig", RIGHT, SEARCH.format(places=[*places, str(engine)], environment=str(installed.environment)))
    hand_in(course, "falsch", WRONG)
    graded = autograder(installed, course, "grade", "woerter")
    assert graded.returncode == 0, graded.stderr
    rows = {row["student_id"]: row for row in csv.DictReader((course / "grades.csv").open(encoding="utf-8"))}
    assert float(rows["richtig"]["score"]) == 115 and float(rows["falsch"]["score"]) == 70
    assert {float(row["max_score"]) for row in rows.values()} == {110}  # bonus points are beyond it
    items = {row["student"]: row for row in csv.DictReader((course / "woerter-items.csv").open(encoding="utf-8"))}
    assert [items["falsch"][item] for item in ("zaehlen", "zaehler", "bericht", "zusatz")] == ["60", "0", "10", "0"]
    report = json.loads((course / ".autograder/woerter/falsch.json").read_text())
    assert "correct `Zaehler` standing in" in report["items"][2]["criteria"][0]["note"]


def test_nothing_of_the_course_can_be_read_from_inside(course):
    """Catches a course, or an engine, that lies where Python itself does and is left open to student code."""
    report = json.loads((course / ".autograder/woerter/richtig.json").read_text())
    if not report["isolated"]:
        pytest.skip("no isolation on this machine")
    notebook = nbformat.read(course / "autograded/richtig/woerter/woerter.ipynb", as_version=4)
    printed = [output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [text.strip() for text in printed if text.startswith("FOUND")] == ["FOUND []"]


def test_plain_nbgrader_gives_the_same_scores(installed, course):
    """Catches bonus points that nbgrader refuses, or a plugin that only knows the kit's own course."""
    before = sorted((course / "grades.csv").read_text().splitlines())
    for command in (["autograde", "woerter", "--force"], ["generate_feedback", "woerter"], ["export"]):
        done = installed("-m", "nbgrader", *command, cwd=course)
        assert done.returncode == 0, done.stderr
    assert sorted((course / "grades.csv").read_text().splitlines()) == before
    assert "5 of 5 bonus points" in (course / "feedback/richtig/woerter/woerter.html").read_text(encoding="utf-8")


def test_the_example_of_a_new_course_grades_as_it_says(installed, course):
    """Catches an example that does not build, has no mistakes to show, or earns other points than it states."""
    made = autograder(installed, course, "sample-class", "example", "--course", "beispiel")
    assert made.returncode == 0 and "to do" not in made.stdout, made.stderr
    done = autograder(installed, course, "grade", "example", "--course", "beispiel")
    assert done.returncode == 0, done.stderr
    rows = {row["student"]: row for row in csv.DictReader((course / "beispiel/example-items.csv").open())}
    assert {name: float(row["by program"]) for name, row in rows.items()} == {
        "perfect": 7, "another-way": 7, "capitals-count": 5, "rarest-first": 5, "late": 7, "blank": 0}


def test_a_second_assignment_builds_at_once(installed, course):
    """Catches a template that only works under one name."""
    assert autograder(installed, course, "new-assignment", "uebung_2").returncode == 0
    built = autograder(installed, course, "build", "uebung_2")
    assert built.returncode == 0 and "10 points" in built.stdout and "to do" not in built.stdout, built.stderr
    again = autograder(installed, course, "new-assignment", "uebung_2")
    assert again.returncode == 1 and len(again.stderr.splitlines()) == 1 and "already" in again.stderr


def test_the_guide_does_what_it_says(installed, tmp_path):
    """Catches a guide whose example does not build, or whose commands have other names by now."""
    guide = (KIT / "docs/authoring.md").read_text(encoding="utf-8")
    (notebook,) = re.findall(r"^````markdown\n(.*?)^````", guide, re.DOTALL | re.MULTILINE)
    after = guide.partition("````\n\nThe model solution")[2]
    solution, suite, _, mistakes, *_ = re.findall(r"^```python\n(.*?)^```", after, re.DOTALL | re.MULTILINE)
    assert autograder(installed, tmp_path, "new-course", "my-course").returncode == 0
    course = tmp_path / "my-course"
    for name, text in {
        "source/hw1/hw1.md": notebook, "solutions/hw1.py": solution, "suites/hw1/test_hw1.py": suite,
        "suites/hw1/mistakes.py": mistakes,
    }.items():
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text(text, encoding="utf-8")
    built = autograder(installed, course, "build", "hw1")
    assert built.returncode == 0 and "10 points" in built.stdout, built.stderr
    notebook = nbformat.read(course / "release/hw1/hw1.ipynb", as_version=4)
    next(cell for cell in notebook.cells if "row_means(X):" in cell.source).source = (
        "def row_means(X):\n    return X.mean(axis=0)")
    handed_in = course / "submitted/ada/hw1"
    handed_in.mkdir(parents=True)
    nbformat.write(notebook, handed_in / "hw1.ipynb")
    assert autograder(installed, course, "grade", "hw1").returncode == 0
    report = json.loads((course / ".autograder/hw1/ada.json").read_text())
    assert report["items"][0]["criteria"][0]["note"] == "You average down the columns; look at the axis."
