"""A course in one file, and back: folder, gradebook and secret, so that grading goes on from there.

The file is a tar archive. First comes what it is, then the gradebook as an SQLite database, whatever database it was in, then
the course's folder without what can be made again, then those of nbgrader's folders that lie elsewhere. A gradebook of an
older nbgrader is brought to this one's form; what a newer kit wrote is refused.
"""

import contextlib
import importlib.metadata
import io
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import tarfile
from pathlib import Path

import nbgrader
from nbgrader.api import Assignment, Base, Gradebook
from nbgrader.dbutil import _temp_alembic_ini
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from autograder import KitError
from autograder.course import ledger, timestamps
from autograder.course.course import CONFIGURATION, Course
from autograder.course.replacing import workshop

FORMAT = 1  # of the file; who changes it adds how the older ones are read
_ABOUT, _GRADEBOOK, _COURSE, _ELSEWHERE = "backup.json", "gradebook.db", "course", "elsewhere"
_assignment = Assignment.__table__
_PARTS = ("submitted", "autograded", "feedback", "source", "release")
_MADE_AGAIN = {".git", "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".ruff_cache", "node_modules"}
_FILE_BYTES = 2**31  # larger files than anybody hands in: a sparse one of a terabyte costs nothing to make
_ROWS = 1000  # at once


def backup(course, path):
    """Write a course into one file.

    Parameters
    ----------
    course : Course
    path : Path

    Returns
    -------
    about : dict
        What it is: of which course, when, by which versions.
    left_out : list of str
        Files that are not in it, as sentences; beside what can be made again.

    Raises
    ------
    KitError
        If there is such a file, or the gradebook cannot be read.
    """
    path = path.absolute()
    if path.exists():
        raise KitError(f"{path} is there already; nothing is written over a backup")
    if not path.parent.is_dir():
        raise KitError(f"there is no folder {path.parent}")
    folders = {part: getattr(course, part) for part in _PARTS}
    elsewhere = [part for part, folder in folders.items() if folder.exists() and not folder.is_relative_to(course.root)]
    database = course.database_file
    aside = {path, *(Path(f"{database}{end}") for end in ("", "-journal", "-wal", "-shm") if database)}
    left_out = []
    with workshop(path.parent) as shop:
        new, gradebook = shop / "new", shop / _GRADEBOOK
        with course.open_gradebook():  # which also makes what is missing in it
            pass
        _save_gradebook(course, gradebook)
        about = {
            "format": FORMAT, "kit": importlib.metadata.version("nn-for-nlp-kit"), "nbgrader": nbgrader.__version__,
            "course": course.directory.course_id, "root": str(course.root), "elsewhere": elsewhere,
            "made": f"{timestamps.now():%Y-%m-%d %H:%M:%S} UTC", **_counts(gradebook),
        }
        with open(os.open(new, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file, tarfile.open(
                fileobj=file, mode="w:gz", compresslevel=6) as archive:
            entry = tarfile.TarInfo(_ABOUT)
            contents = json.dumps(about, indent=1).encode()
            entry.size = len(contents)
            archive.addfile(entry, io.BytesIO(contents))
            archive.add(gradebook, _GRADEBOOK)
            _add(archive, course.root, _COURSE, {*aside, shop}, left_out)
            for part in elsewhere:
                _add(archive, folders[part], f"{_ELSEWHERE}/{part}", aside, left_out)
            file.flush()
        os.replace(new, path)
    home = course.authored.home
    if not home.is_relative_to(course.root):
        left_out.append(f"sources and hidden tests, which are those of {home}")
    return about, left_out


def restore(path, root=None):
    """Bring a course back from its file.

    Parameters
    ----------
    path : Path
    root : Path, optional
        The folder to make. Default: where it was.

    Returns
    -------
    course : Course
    about : dict

    Raises
    ------
    KitError
        If it is no backup, a newer kit has made it, or something is where it should go. Then nothing is changed.
    """
    with _opened(path) as archive:
        about = _about(path, archive)
        root = Path(root or about["root"]).absolute()
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise KitError(f"{root} is not empty; nothing is written over a course: give another folder with --course")
        was_there = root.exists()
        root.parent.mkdir(parents=True, exist_ok=True)
        made = []
        with workshop(root.parent) as shop:
            try:
                new = shop / "new"  # a folder of its own: nothing in a file may look like the workshop's own things
                archive.extractall(new, _members(archive), filter="tar")
                _refuse_newer(new / _GRADEBOOK, path)
                config = new / _COURSE / CONFIGURATION
                config.write_text(_moved(config.read_text(encoding="utf-8"), about["root"], root), encoding="utf-8")
                if was_there:
                    root.rmdir()
                (new / _COURSE).rename(root)
                made.append(root)
                course = Course(root)
                if course.directory.root != str(root):
                    raise KitError(f"{CONFIGURATION} says that the course is in {course.directory.root}; restore it there")
                for part in about["elsewhere"]:
                    target = getattr(course, part)
                    if target.exists():
                        raise KitError(f"{target} is there already, and nothing is written over it")
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(new / _ELSEWHERE / part, target)
                    made.append(target)
                _bring_gradebook(course, new / _GRADEBOOK, made)
            except BaseException as error:
                for one in made:
                    shutil.rmtree(one) if one.is_dir() else one.unlink(missing_ok=True)
                if was_there:
                    root.mkdir(exist_ok=True)
                if isinstance(error, (OSError, tarfile.TarError, EOFError, KeyError)):
                    raise KitError(f"{path} cannot be restored: {error}") from None
                raise
    return course, about


def _add(archive, folder, name, aside, left_out):
    """Add a folder: regular files, folders, and links as links."""
    archive.add(folder, name, recursive=False)
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if Path(entry.path) in aside or entry.name in _MADE_AGAIN:
            continue
        inside = f"{name}/{entry.name}"
        try:
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                if not os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):  # a virtual environment
                    _add(archive, entry.path, inside, aside, left_out)
            elif stat.S_ISLNK(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_size <= _FILE_BYTES):
                archive.add(entry.path, inside, recursive=False)
            elif stat.S_ISREG(status.st_mode):
                left_out.append(f"{entry.path}, which is larger than {_FILE_BYTES // 2**30} GiB")
            else:
                left_out.append(f"{entry.path}, which is no file")
        except (PermissionError, FileNotFoundError) as error:  # anything else ends the backup: a full disk, say
            left_out.append(f"{entry.path}, which cannot be read ({error.strerror})")


@contextlib.contextmanager
def _opened(path):
    try:
        with tarfile.open(path) as archive:
            yield archive
    except OSError as error:
        raise KitError(f"{path} cannot be read: {error.strerror or error}") from None
    except (tarfile.TarError, EOFError):
        raise KitError(f"{path} is no backup of a course, or not all of one") from None


def _about(path, archive):
    try:
        about = json.load(archive.extractfile(_ABOUT))
        version = about["format"]
    except (KeyError, ValueError, TypeError):
        raise KitError(f"{path} is no backup of a course: it does not say what it is") from None
    if version > FORMAT:
        raise KitError(f"{path} was made by a newer kit ({about['kit']}), whose backups this one cannot read; install that one")
    return about


def _members(archive):
    """What is taken out again: no devices and the like, whatever the archive holds."""
    return [member for member in archive if member.isreg() or member.isdir() or member.issym()]


def _moved(configuration, old, new):
    """The configuration with the course's new place where it names the old one."""
    return re.sub(re.escape(old) + r"(?=[\"'/])", lambda _: str(new), configuration)


def _save_gradebook(course, path):
    """Write the gradebook into an SQLite file, as it is at one moment."""
    database = course.database_file
    if database:
        with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(path)) as target:
            source.backup(target)
    else:
        _copy_rows(course.database, f"sqlite:///{path}")


def _bring_gradebook(course, snapshot, made):
    """Put the gradebook where the course's settings say."""
    _migrate(snapshot)
    database = course.database_file
    if not database:
        with _engine(course.database) as engine, engine.connect() as connection:
            held = inspect(connection).get_table_names()
            full = [table for table in Base.metadata.sorted_tables if table.name in held and table.name != "course"
                    and connection.execute(select(table).limit(1)).first()]
        if full:
            raise KitError(f"the database {course.database.render_as_string()} is not empty; "
                           "nothing is written over a gradebook")
        _copy_rows(f"sqlite:///{snapshot}", course.database)
        return
    if database.exists():
        raise KitError(f"{database} is there already; nothing is written over a gradebook")
    shutil.move(snapshot, database)
    made.append(database)


def _copy_rows(source_url, target_url):
    """Copy all rows of nbgrader's tables and ours into a database without any, in one transaction on each side."""
    with (_engine(source_url) as source, _engine(target_url) as target,
          source.connect().execution_options(isolation_level="SERIALIZABLE") as reading, target.begin() as writing):
        held = set(inspect(reading).get_table_names())
        for tables in (Base.metadata, ledger.metadata):
            tables.create_all(writing)
            for table in tables.sorted_tables:
                if table.name not in held:
                    continue
                writing.execute(table.delete())  # such as the course that nbgrader enters by itself
                for rows in reading.execute(select(table)).mappings().partitions(_ROWS):
                    writing.execute(table.insert(), [dict(row) for row in rows])
                if table.name == "course":  # SQLite takes assignments of a course without a name, which has no row
                    named = set(reading.execute(select(_assignment.c.course_id)).scalars())
                    for course_id in named - set(reading.execute(select(table.c.id)).scalars()):
                        writing.execute(table.insert(), {"id": course_id})
        version = reading.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if not inspect(writing).has_table("alembic_version"):
            writing.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        writing.execute(text("DELETE FROM alembic_version"))
        writing.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})


@contextlib.contextmanager
def _engine(url):
    engine = create_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _counts(gradebook):
    with contextlib.closing(sqlite3.connect(gradebook)) as database:
        return {f"{table}s": database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                for table in ("student", "assignment", "submitted_assignment")}


def _refuse_newer(gradebook, path):
    with contextlib.closing(sqlite3.connect(gradebook)) as database:
        version = database.execute("SELECT max(version) FROM autograder_version").fetchone()[0]
    if version > ledger.VERSION:
        raise KitError(f"{path} holds extensions and excuses of version {version}, and this kit knows version {ledger.VERSION}; "
                       "install the kit that made it, or a newer one")


def _migrate(gradebook):
    """Bring an older nbgrader's tables to the form of this one's, with nbgrader's own migrations."""
    with _temp_alembic_ini(f"sqlite:///{gradebook}") as settings:
        done = subprocess.run(["alembic", "-c", settings, "upgrade", "head"], capture_output=True, text=True)
    if done.returncode:
        raise KitError("the gradebook cannot be brought to the form of nbgrader "
                       f"{nbgrader.__version__}: {done.stderr.strip().splitlines()[-1]}")
    with Gradebook(f"sqlite:///{gradebook}") as opened:
        try:
            opened.students  # noqa: B018  (reads every column)
        except SQLAlchemyError as error:
            raise KitError(f"the gradebook is none of nbgrader {nbgrader.__version__}: {error}") from None
