"""Calls a function in a forked process, so that a hang, a crash or a greed for memory there costs that call alone.

The student process is behind a wall; this is for what the grader itself does with a student's data: a reference function
that student code calls back with a billion epochs, Markdown that takes hours to lay out, a test that changes a
constant of its own module. Left out: any protection against the function, which is the kit's own.
"""

import contextlib
import math
import multiprocessing
import os
import resource
import signal
import traceback

from autograder.isolation.student.sandbox import die_with_parent


class Failed(Exception):
    """The call did not come to its end, or raised. The message says what happened, with the traceback if there is one."""


def call(function, *args, seconds, cpu_seconds=None, memory_mb=2048, passed_on=()):
    """Call the function in a process of its own and return what it returns.

    Parameters
    ----------
    function : callable
        Its result must be picklable.
    *args : object
    seconds : float
        By the clock.
    cpu_seconds : float, optional
        In whole seconds, rounded up.
    memory_mb : int
        Beyond what this process has mapped.
    passed_on : tuple of exception types
        Raised as they are, where anything else becomes `Failed`.

    Raises
    ------
    Failed
    """
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        try:
            die_with_parent()
            _limit_memory(memory_mb * 2**20)
            if cpu_seconds is not None:
                resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(cpu_seconds), resource.getrlimit(resource.RLIMIT_CPU)[1]))
            sender.send(_outcome(function, args, passed_on))
        except Exception as error:
            sender.send((False, Failed(f"the result could not be sent: {error}")))
        finally:
            os._exit(0)
    sender.close()
    try:
        if not receiver.poll(seconds):
            raise Failed(f"stopped after {seconds:g} seconds")
        returned, value = receiver.recv()
    except EOFError:
        _, status = os.waitpid(child, 0)
        child = None
        if os.waitstatus_to_exitcode(status) == -signal.SIGXCPU:
            raise Failed(f"stopped after {cpu_seconds:g} CPU seconds") from None
        raise Failed("the process that graded it was killed, perhaps for lack of memory") from None
    finally:
        receiver.close()
        if child is not None:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    if returned:
        return value
    raise value


def _outcome(function, args, passed_on):
    """(True, result) or (False, exception)."""
    try:
        return True, function(*args)
    except passed_on as error:
        return False, error
    except BaseException:
        return False, Failed(traceback.format_exc())


@contextlib.contextmanager
def importing():
    """Around an import of the kit's own in such a process: what a library maps, PyTorch for a GPU many gigabytes, comes on top of
    the memory that the process may take."""
    allowed, most = resource.getrlimit(resource.RLIMIT_AS)
    if allowed == most:
        yield  # not in such a process
        return
    before = _mapped()
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (allowed + _mapped() - before, most))


def _limit_memory(size):
    with contextlib.suppress(OSError, ValueError):  # a system without /proc, or a lower limit that holds already
        resource.setrlimit(resource.RLIMIT_AS, (_mapped() + size, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _mapped():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
