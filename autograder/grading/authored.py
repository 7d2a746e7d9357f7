"""What a course's authors have written, and only they and the grader may see: where it is, and how it is loaded.

    source/NAME/NAME.md          an assignment; any other Markdown notebook, source/FOLDER/*.md, is one without points
    suites/NAME/test_*.py        its hidden tests; beside them mistakes.py, alternatives.py, sample_class.py
    reference/                   a Python package with the model solutions

These are the names of folders unless the course's nbgrader_config.py says otherwise (`c.Authored`). Python finds the
packages because `home` comes first on its path; so a process serves the course whose code it loaded first.
"""

import importlib
import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder import KitError
from autograder.isolation import contained


@dataclass(frozen=True)
class Authored:
    """The places of a course's authored parts.

    Parameters
    ----------
    home : Path
        The folder that the others are in, absolute.
    sources, suites : str
        Folders below it.
    reference : str
        The package of model solutions.
    data : str
        The function that writes what a notebook's header names as data, such as "reference.datasets.files.write_splits":
        called with the folder to write, the data's name, and what the header says of it as keyword arguments.
    """

    home: Path
    sources: str = "source"
    suites: str = "suites"
    reference: str = "reference"
    data: str = ""

    @property
    def assignments(self):
        """Names of the assignments, in order (ps2 before ps10): the folders of sources with a notebook of the folder's name."""
        names = [path.stem for path in self._notebooks if path.stem == path.parent.name]
        return sorted(names, key=lambda name: re.sub(r"\d+", lambda number: number[0].zfill(9), name))

    @property
    def ungraded(self):
        """Names of the folders of sources that hold notebooks without points, sorted."""
        return sorted({path.parent.name for path in self._notebooks} - set(self.assignments))

    def source(self, name):
        """The text notebook of an assignment (a Path)."""
        return self.home / self.sources / name / f"{name}.md"

    def suite(self, name):
        """The folder of an assignment's hidden tests (a Path)."""
        return self.home / self.suites / name

    def in_suite(self, name, part):
        """The module `part` of an assignment's suite, such as "mistakes"; None if it has none."""
        if not (self.suite(name) / f"{part}.py").exists():
            return None
        return self.load(".".join([*Path(self.suites).parts, name, part]))

    @property
    def reference_folder(self):
        """Where the package of model solutions is (a Path), None if there is none."""
        self.on_path()
        spec = importlib.util.find_spec(self.reference)
        return Path(spec.submodule_search_locations[0]).resolve() if spec and spec.submodule_search_locations else None

    def hidden(self, private):
        """What no student process may see, wherever it lies (list of str).

        Parameters
        ----------
        private : list of Path
            The course's own; see `Course.private`.
        """
        written = {self.home, self.home / self.sources, self.home / self.suites, self.reference_folder} - {None}
        installed = {Path(path).absolute() / self.reference for path in sys.path}  # perhaps a copy, which they could import
        return sorted(map(str, {*private, *written, *installed}))

    def secrets(self, private, name="*"):
        """The files among these that give most away (list of Path): hidden tests and what belongs to them, model solutions,
        gradebook, and what students have handed in, of one assignment or of all."""
        files = [path for path in private if path.is_file()]
        files += [path for folder in private for path in folder.glob(".autograder/secret")]
        files += [path for folder in private for path in folder.glob(f"*/{name}/{name}.ipynb")]
        files += (self.home / self.suites).glob(f"{name}/*.py")
        files += self.reference_folder.rglob("*.py") if self.reference_folder else []
        return files

    def on_path(self):
        """Let Python find the course's packages first."""
        if str(self.home) not in sys.path:
            sys.path.insert(0, str(self.home))

    def load(self, module):
        """Import a module of the course.

        Raises
        ------
        KitError
            If this process has loaded another package of that name.
        ImportError
        """
        self.on_path()
        with contained.importing():
            loaded = importlib.import_module(module)
        package = module.partition(".")[0]
        mine, theirs = self.home / package, [Path(path).resolve() for path in getattr(sys.modules[package], "__path__", [])]
        if mine.is_dir() and mine.resolve() not in theirs:
            raise KitError(
                f"{mine} is not the package {package!r} that is loaded, which is {', '.join(map(str, theirs)) or 'a module'}: "
                "give it another name, or restart what grades if that was loaded for another course"
            )
        return loaded

    def write_data(self, folder, name, settings, where):
        """Write the data that a notebook's header names.

        Parameters
        ----------
        folder : Path
        name : str
        settings : dict
        where : str
            The header, for messages.

        Raises
        ------
        KitError
            If the course names no function for it, or the function fails.
        """
        module, _, function = self.data.rpartition(".")
        if not module:
            raise KitError(f"{where}: nothing writes {name!r}: set c.Authored.data in nbgrader_config.py, or put the files "
                           "into the notebook's source folder")
        try:
            getattr(self.load(module), function)(folder, name, **settings)
        except Exception as error:  # the function is the author's
            raise KitError(f"{where}: {self.data} cannot write {name!r}: {type(error).__name__}: {error}") from None

    @property
    def _notebooks(self):
        return [path for path in (self.home / self.sources).glob("*/*.md") if path.name != "README.md"]
