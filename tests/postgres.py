"""A PostgreSQL server of one's own, in a temporary folder."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import ports

SECONDS = 60
PASSWORD = "not-for-the-terminal"


class Unavailable(Exception):
    """This machine cannot run one; the message says why."""


class Server:
    """A running server. Use `server`.

    Attributes
    ----------
    url : str
        Of its first database.
    """

    def __init__(self, folder, program, as_user):
        (port,) = ports.free()
        self._folder, self._as_user, self._log = folder, as_user, Path(folder) / "log"
        self._command = [program, "-D", f"{folder}/data", "-F", "-p", str(port), "-c", "listen_addresses=127.0.0.1",
                         "-c", "unix_socket_directories="]
        self.url = f"postgresql+psycopg://grader:{PASSWORD}@127.0.0.1:{port}/postgres"
        self.start()

    def start(self):
        """Start it, and wait until it answers."""
        with self._log.open("a") as file:
            self._process = subprocess.Popen(self._command, stdout=file, stderr=file, cwd=self._folder, **self._as_user)
        deadline = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(self._psycopg.OperationalError):
                self.connect().close()
                return
            assert self._process.poll() is None and time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.05)

    def stop(self):
        """End it at once, with all its connections."""
        self._process.send_signal(signal.SIGQUIT)
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def connect(self):
        """A connection to its first database, in which every statement counts at once."""
        return self._psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True)

    def database(self, name, like="template1"):
        """Make a database; gives its URL."""
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        return f"{self.url.rpartition('/')[0]}/{name}"

    def disconnect(self, name):
        """End every connection to a database, as an administrator or a network can; gives how many."""
        with self.connect() as connection:
            return len(connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                                          [name]).fetchall())

    @property
    def _psycopg(self):
        import psycopg

        return psycopg


@contextlib.contextmanager
def server():
    """A `Server`, which is stopped at the end.

    Raises
    ------
    Unavailable
    """
    try:
        import psycopg  # noqa: F401
    except ImportError:
        raise Unavailable("psycopg is not installed") from None
    initdb, program = _program("initdb"), _program("postgres")
    if not (initdb and program):
        raise Unavailable("PostgreSQL (initdb, postgres) is not installed")
    as_user = {}
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:  # others may enter, unlike pytest's own
        password = Path(folder) / "password"
        password.write_text(PASSWORD)
        if os.geteuid() == 0:  # which PostgreSQL refuses
            try:
                shutil.chown(folder, "postgres", "postgres")
                shutil.chown(password, "postgres", "postgres")
            except LookupError:
                raise Unavailable("PostgreSQL does not run as root, and there is no user postgres") from None
            as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        subprocess.run(
            [initdb, "-D", f"{folder}/data", "-U", "grader", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8",
             "--locale=C", "--no-sync"], check=True, capture_output=True, cwd=folder, **as_user)
        running = Server(folder, program, as_user)
        try:
            yield running
        finally:
            running.stop()


def _program(name):
    """Debian keeps the server's programs beside the path."""
    return shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
