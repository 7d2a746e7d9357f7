"""A course on disk: its folders, its settings, and what its authors wrote.

A course is a folder with an nbgrader_config.py, which names nbgrader's own settings and ours (`c.Authored`). A folder
may also grade what another has written: a sample course, whose configuration loads the other's.
"""

import contextlib
import os
import secrets
import sysconfig
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import Exchange
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError
from traitlets import Unicode
from traitlets.config import Configurable
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

import autograder
from autograder import KitError
from autograder.course import database
from autograder.course.gradebook import CourseGradebook
from autograder.course.handed_in import folders, handed_in
from autograder.course.replacing import replacing, sweep, workshop
from autograder.grading.assignment import Assignment
from autograder.grading.authored import Authored as AuthoredParts

CONFIGURATION = "nbgrader_config.py"
SETTINGS = Path(__file__).with_name("nbgrader_settings.py")  # what every course's configuration loads first

# nbgrader starts alembic by its name, which lies beside Python even where no environment was activated
os.environ["PATH"] = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)))


class Authored(Configurable):
    """Where the authors of a course keep what only they may see."""

    home = Unicode("", help="The folder that the others are in. Default: the course's own.").tag(config=True)
    sources = Unicode("source", help="Folder of the text notebooks, below home.").tag(config=True)
    suites = Unicode("suites", help="Folder of the hidden tests, below home.").tag(config=True)
    reference = Unicode("reference", help="Name of the Python package of model solutions.").tag(config=True)
    data = Unicode("", help="Function that writes the data which a notebook's header names.").tag(config=True)


class Course:
    """A course folder with an nbgrader_config.py.

    Parameters
    ----------
    root : Path

    Raises
    ------
    KitError
        If there is no such folder or no configuration in it, or the configuration does not run.

    Attributes
    ----------
    root, source, release, submitted, autograded, feedback : Path
        nbgrader's folders; `source` holds the instructor versions, which `autograder build` makes.
    authored : grading.authored.Authored
    config : traitlets.config.Config
    directory : nbgrader.coursedir.CourseDirectory
    database : sqlalchemy.URL
        Where the gradebook is.
    """

    def __init__(self, root):
        self.root = Path(root).resolve()
        try:
            self.config = PyFileConfigLoader(CONFIGURATION, path=str(self.root)).load_config()
        except ConfigFileNotFound:
            raise KitError(
                f"{self.root} is not a course: it has no {CONFIGURATION}; "
                "use --course, or run where the course is; autograder new-course DIR makes one"
            ) from None
        except Exception as error:
            raise KitError(f"{self.root / CONFIGURATION} does not run: {type(error).__name__}: {error}") from None
        self.directory = CourseDirectory(config=self.config)
        folder = {
            step: Path(self.directory.format_path(getattr(self.directory, f"{step}_directory"), ".", "."))
            for step in ("source", "release", "submitted", "autograded", "feedback")
        }
        self.source, self.release = folder["source"], folder["release"]
        self.submitted, self.autograded, self.feedback = folder["submitted"], folder["autograded"], folder["feedback"]
        try:
            self.database = make_url(self.directory.db_url)
        except ArgumentError as error:
            raise KitError(f"{self.root / CONFIGURATION}, c.CourseDirectory.db_url: {error}") from None
        named = Authored(config=self.config)
        home = (self.root / named.home).resolve()
        self.authored = AuthoredParts(home, named.sources, named.suites, named.reference, named.data)

    @classmethod
    def create(cls, root, like):
        """Make a sample course, which grades what the course `like` has written; keep one that is there.

        Its secret is a public one: whoever grades the samples gets the same results.
        """
        root = Path(root).resolve()
        root.mkdir(parents=True, exist_ok=True)
        config = root / CONFIGURATION
        if not config.exists():
            with replacing(config) as file:
                file.write(f"c = get_config()\nload_subconfig({str(like.root / CONFIGURATION)!r})\n"
                           f"c.CourseDirectory.root = {str(root)!r}\n")
        if not (root / ".autograder/secret").exists():
            write_secret(root / ".autograder/secret", "public, of sample courses")
        return cls(root)

    @classmethod
    def from_config(cls, config):
        """The course that an nbgrader command is running in, given that command's configuration."""
        return cls(CourseDirectory(config=config).root)

    @classmethod
    def here(cls):
        """The course of the current folder; elsewhere the kit's own, where the kit is a checkout and not a package."""
        kit = Path(autograder.__file__).resolve().parents[1]
        return cls(kit if (kit / CONFIGURATION).exists() and not Path(CONFIGURATION).exists() else Path.cwd())

    def assignment(self, name):
        """Load a built assignment; see `Assignment.load`."""
        return Assignment.load(name, self.source / name, self.release / name, self.authored, self.private, self.secret)

    @property
    def built(self):
        """The assignments that are built, in the authors' order: name -> when the instructor version was written (in ns)."""
        places = {name: self.source / name / f"{name}.ipynb" for name in self.authored.assignments}
        return {name: place.stat().st_mtime_ns for name, place in places.items() if place.exists()}

    @property
    def private(self):
        """What no student may see (list of Path): the course, also those parts of it that lie elsewhere, the gradebook's
        files, and the exchange, where everybody's submissions are before they are collected."""
        exchange = Exchange(config=self.config).root
        file = self.database_file
        files = [f"{file}{end}" for end in ("", "-journal", "-wal")] if file else []
        folders = [self.root, self.source, self.release, self.submitted, self.autograded, self.feedback]
        return [*folders, *map(Path, [exchange, *files])]

    @property
    def secret(self):
        """What hidden tests' random numbers follow from, with the submission: nobody can compute them without it.

        It is made at first use, in .autograder/secret, and belongs into every backup: with another one, everybody's tests
        would draw other numbers.

        Raises
        ------
        KitError
            If there are results and no secret that they follow from.
        """
        file = self.root / ".autograder/secret"
        if not (file.exists() or self.has_results()):
            write_secret(file, secrets.token_hex(16))
        secret = file.read_text(encoding="utf-8").strip() if file.exists() else ""
        if not secret:
            raise KitError(
                f"the secret of this course is lost: {file} is empty or not there, but results that follow from it are. Bring it "
                f"back from a backup; or remove {file.parent}, and everybody is graded again with other numbers in the tests"
            )
        return secret

    def has_results(self, assignment_name="*"):
        """Whether somebody's submission has been graded here."""
        return any((self.root / ".autograder").glob(f"{assignment_name}/*.json"))

    def sweep(self):
        """Tidy up what commands that were killed have left in the course."""
        ours, places = self.root / ".autograder", [self.autograded, self.feedback, self.release]
        sweep([self.root, self.root / "built", ours, *ours.glob("*/"), *ours.glob("*/*/"), *self.feedback.glob("*/*/"),
               *places, *(folder for place in places for folder in place.glob("*/"))])

    def handed_in(self, assignment_name):
        """Who handed something in, and what of it cannot be graded: a `HandedIn`."""
        return handed_in(self.submitted, assignment_name)

    def students(self, assignment_name):
        """Ids of the students who handed something in that can be graded, sorted."""
        return self.handed_in(assignment_name).students

    def everybody(self):
        """Names of all folders of submissions, sorted."""
        return folders(self.submitted)

    @contextlib.contextmanager
    def open_gradebook(self, anew=False):
        """A `CourseGradebook` over one database session.

        Parameters
        ----------
        anew : bool
            Make another one where there are results but no gradebook.

        Raises
        ------
        KitError
            If the database cannot be used: it is lost, locked, or refuses us.
        """
        file = self.database_file
        if not anew and file and not file.exists() and self.has_results():
            raise KitError(
                f"the gradebook of this course is lost: {file} is not there, but results are. Bring it back from a backup: due "
                "dates, extensions, and points and comments by hand are nowhere else. Only if there is none, run: autograder "
                "build; it makes another one without them"
            )
        with database.gradebook(self.database, self.directory.course_id) as gradebook:
            yield CourseGradebook(self, gradebook)

    @property
    def database_file(self):
        """The gradebook's file (a Path), or None if it is in no file."""
        name = self.database.database if self.database.get_backend_name() == "sqlite" else None
        return Path(name).absolute() if name and name != ":memory:" else None


def write_secret(file, text):
    """Write a file that its owner alone may read, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with workshop(file.parent) as shop:
        new = shop / "secret"
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text + "\n")
        new.rename(file)
