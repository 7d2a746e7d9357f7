"""An assignment as grading sees it: its items, limits, released notebook and hidden suite, read from what was built."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat

import autograder
from autograder import KitError
from autograder.grading.authored import Authored
from autograder.isolation.limits import Limits

ENGINE = Path(autograder.__file__).resolve().parent
CHECK = "check.py"  # of a release: students look at their work with it
VARIANTS = ("mistakes.py", "alternatives.py", "sample_class.py", "equivalent.py")  # of a suite's folder, what decides no points


@dataclass(frozen=True)
class Item:
    """What earns points by program: a grade cell's id, its points, and the functions that the student writes for it.

    Parameters
    ----------
    id : str
    points : float
    functions : dict of str to str
        Function name -> the reference module that holds the model solution.
    bonus : bool
        Whether its points lie beyond the assignment's total.
    fixed_answer : bool
        Whether the answer is a value that a student types and tries would find: before the due date nobody is told more of it
        than that it was received.
    """

    id: str
    points: float
    functions: dict = field(default_factory=dict)
    bonus: bool = False
    fixed_answer: bool = False


@dataclass
class Assignment:
    """A built assignment. Use `Assignment.load`.

    Parameters
    ----------
    name : str
    title : str
    items : list of Item
        Graded by program, in the notebook's order.
    manual : dict of str to float
        Graded by hand: id -> points.
    limits : Limits
    built : Path
        Folder of the instructor version.
    release : Path
        Folder of the student version.
    authored : Authored
        Where its hidden tests and model solutions are.
    private : list of Path
        Folders and files of the course that it is graded in; see `Course.private`.
    secret : str
        Of that course: what hidden tests draw follows from it.
    data : dict of str to dict
        The embedded corpora that come with it: name -> seed and size of each split.
    seal : dict of str to str
        What belongs together, as it was when it was built; see `check_seal`.
    """

    name: str
    title: str
    items: list[Item]
    manual: dict[str, float]
    limits: Limits
    built: Path
    release: Path
    authored: Authored
    private: list[Path]
    secret: str
    data: dict = field(default_factory=dict)
    seal: dict = field(default_factory=dict)

    @classmethod
    def load(cls, name, built, release, authored, private, secret):
        """Read a built assignment.

        Parameters
        ----------
        name : str
        built, release : Path
            Where the instructor version and the student version are.
        authored : Authored
        private : list of Path
        secret : str

        Raises
        ------
        KitError
            If it has not been built.
        """
        for path in (built / f"{name}.ipynb", release / f"{name}.ipynb"):
            if not path.exists():
                known = authored.assignments
                hint = f"run: autograder build {name}" if name in known else f"there is: {', '.join(known) or 'none'}"
                raise KitError(f"assignment {name!r} is not built ({path} is missing); {hint}")
        notebook = nbformat.read(built / f"{name}.ipynb", as_version=4)
        return cls.from_notebook(name, notebook, built, release, authored, private, secret)

    @classmethod
    def from_notebook(cls, name, notebook, built, release, authored, private, secret):
        """Read an assignment from its instructor notebook."""
        header = notebook.metadata.get("autograder", {})
        functions, items, manual = {}, [], {}
        for cell in notebook.cells:
            nbgrader, ours = cell.metadata.get("nbgrader", {}), cell.metadata.get("autograder", {})
            if "item" in ours:
                functions.setdefault(ours["item"], {}).update(ours["functions"])
            if nbgrader.get("grade"):
                item_id = nbgrader["grade_id"]
                bonus = "bonus" in ours  # for nbgrader it is worth nothing, so that no maximum contains it
                if nbgrader["solution"]:
                    manual[item_id] = float(nbgrader["points"])
                else:
                    points = float(ours["bonus"] if bonus else nbgrader["points"])
                    items.append(Item(item_id, points, functions.get(item_id, {}), bonus, "fixed_answer" in ours))
        return cls(
            name, header.get("title", name), items, manual, Limits(**header.get("limits", {})), built, release,
            authored, private, secret, header.get("data", {}), header.get("seal", {}),
        )

    @property
    def suite(self):
        """Folder of the hidden tests (a Path)."""
        return self.authored.suite(self.name)

    @property
    def points(self):
        """All points, by program and by hand, without bonus items."""
        return sum(item.points for item in self.items if not item.bonus) + sum(self.manual.values())

    @property
    def cells(self):
        """The grade cells as a gradebook holds them: id -> the most that it can add to the total."""
        return {item.id: 0.0 if item.bonus else item.points for item in self.items} | self.manual

    @cached_property
    def released_notebook(self):
        """The notebook as students get it (nbformat)."""
        return nbformat.read(self.release / f"{self.name}.ipynb", as_version=4)

    @property
    def shown_files(self):
        """Files of the release that the student process may read: name -> path."""
        return shown_files(self.release)

    @property
    def hidden(self):
        """What no student process may see, wherever it lies (list of str): the course, and what its authors wrote."""
        return self.authored.hidden(self.private)

    @cached_property
    def code(self):
        """What grades it, the suite, the engine and the reference: folder -> a digest of the Python files in it."""
        reference = self.authored.reference_folder
        code = {self.suite: digest(self.suite, self.suite.rglob("*.py")), ENGINE: engine_digest()}
        return code | ({reference: digest(reference, reference.rglob("*.py"))} if reference else {})

    @cached_property
    def fingerprint(self):
        """Changes when the release, the suite, the reference, the engine or the course's secret changes."""
        parts = [self.secret, digest(self.release, self.released_files), self.data, list(self.code.values())]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def released_files(self):
        """The files of the release (paths)."""
        return (
            path for path in self.release.rglob("*")
            if path.is_file() and not {".ipynb_checkpoints", "__pycache__"} & set(path.parts)
        )

    @property
    def parts(self):
        """The files that it is graded with, beside the engine: place below a folder that stands for the authors' home -> path."""
        folders = {Path("release", self.name): (self.release, self.released_files)}
        beside = self.authored.source(self.name).parent  # of its files, too, tests and model solutions may make use
        folders[Path(self.authored.sources, self.name)] = beside, (path for path in beside.rglob("*") if path.suffix != ".md")
        folders[Path(self.authored.suites, self.name)] = self.suite, self.suite.rglob("*")
        if reference := self.authored.reference_folder:
            folders[Path(*self.authored.reference.split("."))] = reference, reference.rglob("*")
        return {
            str(place / path.relative_to(folder)): path
            for place, (folder, paths) in folders.items() for path in paths if path.is_file() and "__pycache__" not in path.parts
        }

    def current_seal(self):
        """What must fit together, as it is now: part -> digest. The build keeps this in the instructor notebook."""
        notebook = nbformat.read(self.built / f"{self.name}.ipynb", as_version=4)
        reference = self.authored.reference_folder
        return {
            "the instructor version": hashlib.sha256(json.dumps(notebook.cells).encode()).hexdigest(),
            "the release": digest(self.release, self.released_files),
            "the hidden tests": digest(self.suite, (p for p in self.suite.rglob("*.py") if p.name not in VARIANTS)),
            "the model solutions": digest(reference, reference.rglob("*.py")) if reference else "",
        }

    def check_seal(self):
        """Refuse to go on with parts that were not built together.

        Raises
        ------
        KitError
        """
        now = self.current_seal()
        changed = [part for part, digest in now.items() if self.seal.get(part) != digest]
        if changed:
            raise KitError(
                f"{self.name} cannot be graded as it is: {' and '.join(changed)} changed after the last build, so points, "
                f"checks and tests may not fit together; run: autograder build {self.name}"
            )


def shown_files(release):
    """What notebooks may read of a release folder: name -> path of each file or folder beside them."""
    return {
        path.name: str(path) for path in release.iterdir()
        if path.suffix != ".ipynb" and path.name not in (CHECK, "requirements.txt", ".ipynb_checkpoints", "__pycache__")
    }


def engine_digest():
    """A digest of the engine's Python files, without the suites of the kit's own course, which an installed engine lacks."""
    return digest(ENGINE, (path for path in ENGINE.rglob("*.py") if ENGINE / "suites" not in path.parents))


def digest(folder, paths):
    """A digest of the names, below a folder, and the contents of files."""
    state = hashlib.sha256()
    for path in sorted(paths):
        state.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return state.hexdigest()
