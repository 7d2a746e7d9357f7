"""The database that a gradebook is in, when it is not at hand: waits while another program has it, and says what is wrong.

SQLite lets one program write at a time, and none read while it does. Here every step waits for its turn; after a second it
says so. PostgreSQL makes others wait by itself, only without an end.
"""

import contextlib
import logging
import sqlite3
import time

from nbgrader import api, dbutil
from nbgrader.api import Gradebook, InvalidEntry
from sqlalchemy import Engine, event
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from autograder import KitError

WAIT_SECONDS = 60
_UNNOTICED = 1  # seconds of it that need no sentence
_CONNECT_SECONDS = 10
_of_nbgrader = logging.getLogger("tornado.application")
_log = logging.getLogger(__name__)  # where nobody listens, Python prints a warning on stderr

_KEPT = "then run the same command again; what was recorded is kept"
_ADVICE = {
    "locked": f"another program has had it for {WAIT_SECONDS} s: close that, or wait for it, {_KEPT}",
    "full": f"make room, {_KEPT}",
    "readonly": "nobody can write into it: give yourself the right to, or put the course where you have it",
    "unable to open": "is its folder there, and may you read and write it?",
    "malformed": "bring it back from a backup",
    "not a database": "bring it back from a backup",
    "no such": "if another version of nbgrader made it, run: nbgrader db upgrade",
}
_OTHERWISE = f"see to that, {_KEPT}"


def _version_of_new():
    """The version that a new gradebook's tables have."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()


api.get_alembic_version = _version_of_new  # nbgrader's own starts a program to ask for it, which takes a second


@contextlib.contextmanager
def gradebook(url, course_id="default_course"):
    """nbgrader's gradebook in a database.

    Parameters
    ----------
    url : sqlalchemy.URL
    course_id : str
        By default nbgrader's own default.

    Raises
    ------
    KitError
        If the database cannot be used, at the beginning or in the block: it is locked, gone, full, or refuses us.
    """
    try:
        with _opened(url, course_id) as opened:
            yield opened
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        advice = next((text for sign, text in _ADVICE.items() if sign in reason), _OTHERWISE)
        raise KitError(f"the gradebook {url.render_as_string()} cannot be used ({reason}): {advice}") from error


def _opened(url, course_id):
    _of_nbgrader.disabled = True  # it would print the traceback of what is told in a line
    try:
        return Gradebook(url.render_as_string(hide_password=False), course_id)
    except InvalidEntry as error:
        raise (error.__context__ or error) from None  # the database's own
    except ImportError as error:
        raise KitError(f"the gradebook {url.render_as_string()} cannot be used: {error}; install what is missing") from None
    finally:
        _of_nbgrader.disabled = False


def is_nobodys(error):
    """Whether an error is the database's own, and not of what was to be written."""
    return isinstance(error, DBAPIError) and not isinstance(error, DataError | IntegrityError)


@event.listens_for(Engine, "do_connect")
def _connect(dialect, record, arguments, settings):
    """Of every connection that SQLAlchemy makes in this process, nbgrader's too."""
    if dialect.name == "sqlite":
        settings.setdefault("timeout", _UNNOTICED)
        settings["factory"] = _Connection
    elif dialect.name == "postgresql":
        settings.setdefault("connect_timeout", _CONNECT_SECONDS)


@event.listens_for(Engine, "connect")
def _connected(connection, record):
    if type(connection).__module__.startswith("psycopg"):
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{WAIT_SECONDS}s'")
        connection.commit()


def _in_turn(step, *arguments):
    started, said = time.monotonic(), False
    while True:
        try:
            return step(*arguments)
        except sqlite3.OperationalError as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() - started > WAIT_SECONDS:
                raise
        if not said:
            _log.warning("the gradebook is in use by another program; waiting for it, up to %d s ...", WAIT_SECONDS)
            said = True
        time.sleep(0.05)  # where SQLite itself does not wait, since that could last for ever


class _Cursor(sqlite3.Cursor):
    def execute(self, *arguments):
        return _in_turn(super().execute, *arguments)

    def executemany(self, *arguments):
        return _in_turn(super().executemany, *arguments)


class _Connection(sqlite3.Connection):
    def cursor(self, factory=_Cursor):
        return super().cursor(factory)

    def commit(self):
        _in_turn(super().commit)
