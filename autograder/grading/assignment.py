"""An assignment as grading sees it: its items, limits, released notebook and hidden suite, read from what was built."""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat

from autograder.isolation.limits import Limits

KIT = Path(__file__).resolve().parents[2]


def authored(kit=KIT):
    """Names of the assignments that the kit's source/ holds."""
    return sorted(path.stem for path in (kit / "source").glob("*/*.md") if path.stem == path.parent.name)


def ungraded(kit=KIT):
    """Names of the folders of source/ that hold notebooks without points."""
    return sorted({path.parent.name for path in (kit / "source").glob("*/*.md")} - set(authored(kit)))


class AssignmentError(Exception):
    """The assignment is not there, or not as it should be. The message says what to do."""


@dataclass(frozen=True)
class Item:
    """What earns points by program: a grade cell's id, its points, and the functions that the student writes for it.

    Parameters
    ----------
    id : str
    points : float
    functions : dict of str to str
        Function name -> the reference module that holds the model solution.
    """

    id: str
    points: float
    functions: dict = field(default_factory=dict)


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
    suite : Path
        Folder of the hidden tests.
    data : dict of str to dict
        The embedded corpora that come with it: name -> seed and size of each split, see `datasets.files`.
    """

    name: str
    title: str
    items: list[Item]
    manual: dict[str, float]
    limits: Limits
    built: Path
    release: Path
    suite: Path
    data: dict = field(default_factory=dict)

    @classmethod
    def load(cls, name, built, release):
        """Read a built assignment.

        Parameters
        ----------
        name : str
        built, release : Path
            Where the instructor version and the student version are.

        Raises
        ------
        AssignmentError
            If it has not been built.
        """
        for path in (built / f"{name}.ipynb", release / f"{name}.ipynb"):
            if not path.exists():
                known = authored()
                hint = f"run: autograder build {name}" if name in known else f"there is: {', '.join(known)}"
                raise AssignmentError(f"assignment {name!r} is not built ({path} is missing); {hint}")
        notebook = nbformat.read(built / f"{name}.ipynb", as_version=4)
        return cls.from_notebook(name, notebook, built, release)

    @classmethod
    def from_notebook(cls, name, notebook, built, release, kit=KIT):
        """Read an assignment from its instructor notebook; its suite is in the kit's autograder/suites/."""
        header = notebook.metadata.get("autograder", {})
        functions, items, manual = {}, [], {}
        for cell in notebook.cells:
            nbgrader = cell.metadata.get("nbgrader", {})
            if "item" in cell.metadata.get("autograder", {}):
                functions.setdefault(cell.metadata.autograder.item, {}).update(cell.metadata.autograder.functions)
            if nbgrader.get("grade"):
                if nbgrader["solution"]:
                    manual[nbgrader["grade_id"]] = float(nbgrader["points"])
                else:
                    item_id = nbgrader["grade_id"]
                    items.append(Item(item_id, float(nbgrader["points"]), functions.get(item_id, {})))
        limits = Limits(**header.get("limits", {}))
        suite = kit / "autograder/suites" / name
        title, data = header.get("title", name), header.get("data", {})
        return cls(name, title, items, manual, limits, built, release, suite, data)

    @property
    def points(self):
        """All points, by program and by hand."""
        return sum(item.points for item in self.items) + sum(self.manual.values())

    @cached_property
    def released_notebook(self):
        """The notebook as students get it (nbformat)."""
        return nbformat.read(self.release / f"{self.name}.ipynb", as_version=4)

    @property
    def shown_files(self):
        """Files of the release that the student process may read: name -> path."""
        return shown_files(self.release)

    @cached_property
    def code(self):
        """What grades it, the suite, the engine and the reference: folder -> a digest of the Python files in it."""
        engine = KIT / "autograder"
        files = {
            self.suite: self.suite.rglob("*.py"),
            engine: (path for path in engine.rglob("*.py") if engine / "suites" not in path.parents),
            KIT / "reference": (KIT / "reference").rglob("*.py"),
        }
        digests = {}
        for folder, paths in files.items():
            digest = hashlib.sha256()
            for path in sorted(paths):
                digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
            digests[folder] = digest.hexdigest()
        return digests

    @cached_property
    def fingerprint(self):
        """Changes when the release, the suite, the reference or the engine changes."""
        parts = [self.released_notebook, self.data, list(self.code.values())]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def shown_files(release):
    """What notebooks may read of a release folder: name -> path of each file or folder beside them."""
    return {
        path.name: str(path) for path in release.iterdir()
        if path.suffix != ".ipynb" and path.name not in ("requirements.txt", ".ipynb_checkpoints")
    }
