"""The process in which one thread of a Dask worker has submissions graded: see `cluster`.

On a connection that it is given it receives a parcel first, which it unpacks into a folder that is its own, then one submission
after the other; it answers each with what `entries.grade_contained` returns, or with an exception, which ends it. Then, when
it is told to end, and when nobody talks to it any more, it removes the folder.
"""

import dataclasses
import gc
import os
import pickle
import shutil
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path

gc.set_threshold(50_000, 20, 100)
sys.modules.setdefault("rfc3987_syntax", None)  # see `cli`

from autograder import KitError  # noqa: E402
from autograder.course import entries  # noqa: E402
from autograder.grading import suite  # noqa: E402
from autograder.isolation import contained  # noqa: E402
from autograder.isolation.process import start_zygote, stop_zygote  # noqa: E402
from autograder.isolation.student.sandbox import die_with_parent  # noqa: E402

_IDLE_SECONDS = 60


def main(descriptor, folder):
    signal.signal(signal.SIGTERM, _end)
    die_with_parent(by=signal.SIGTERM)
    with Connection(int(descriptor)) as worker:
        start_zygote()
        try:
            _serve(worker, Path(folder))
        except (EOFError, OSError):
            pass  # the worker is gone
        except KitError as error:
            worker.send(error)
        except Exception:
            worker.send(contained.Failed(traceback.format_exc()))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            stop_zygote()


def _serve(worker, folder):
    assignment = unpacked(worker.recv(), folder)
    worker.send(None)
    while worker.poll(_IDLE_SECONDS):
        worker.send(entries.grade_contained(assignment, start_zygote(), *worker.recv()))


def unpacked(parcel, folder):
    """The assignment in a parcel; its files are in the folder from now on.

    Raises
    ------
    KitError
        If it is not what was sent.
    """
    assignment, fingerprint, files = pickle.loads(parcel)
    for name, contents in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents)
    authored = dataclasses.replace(assignment.authored, home=folder)
    package = Path(authored.suites).parts[0]
    if package in sys.modules:  # the kit's own course keeps its suites in the engine's package
        sys.modules[package].__path__.insert(0, str(folder / package))
    private = [folder, *(path for path in assignment.private if os.path.exists(path))]
    assignment = dataclasses.replace(assignment, release=folder / "release" / assignment.name, authored=authored, private=private)
    if assignment.fingerprint != fingerprint:
        raise KitError(f"{assignment.name} changed while it was sent: run the same command again")
    suite.collect_once(assignment)
    gc.freeze()
    return assignment


def _end(*_):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
    sys.exit()


if __name__ == "__main__":
    main(*sys.argv[1:])
