"""The supervisor: the process between the zygote and a student process, which watches that one from outside and ends it.

It makes the namespaces and forks the student process, process 1 in them, which builds its file system, gives up every
privilege and runs `server`. From then on the supervisor keeps the submission's account, and on the status socket

    hears "waited"    answers how long process 1 has waited for a core, which nobody holds against it, and what all have used
    hears the end     of what the grader has to say, or of the grader: ends the student process
    says              how the student process ended, once nothing of it is left

Only an exit or a death by signal is an end, and however the watch ends the process is killed and waited for. When process
1 ends the kernel ends every other process of its namespace. A plain student process has no namespaces: its supervisor ends
whatever is below it. Should the supervisor be killed, the kernel kills the student process.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import sys
import tempfile
import time

from autograder.isolation import wire
from autograder.isolation.student import sandbox, server
from autograder.isolation.student.account import Account, descendants, seconds_without_a_core

_SCRATCH_FOLDERS = 3  # which are memory
_LOOK_SECONDS = 0.1  # how often the account is looked at
_OFTEN = 0.01  # while processes come and go
_MOST_OFTEN = 0.005  # towards the end of CPU time


def supervise(notebook_shell, channel, status, isolated, group=None):
    """Run one student process; the first message on the channel says what it may see and use.

    Parameters
    ----------
    notebook_shell : shell.NotebookShell
    channel : wire.Channel
        The student process's end of it.
    status : socket.socket
    isolated : bool
        Whether this process has namespaces of its own.
    group : groups.Group, optional
        The control group that it is in.
    """
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        spec = wire.unpack(channel.receive(timeout=60))
    except (wire.ChannelClosed, wire.ChannelTimeout):
        return  # the grader changed its mind
    if group:
        group.limit(spec["memory_bytes"] + _SCRATCH_FOLDERS * spec["scratch_bytes"], spec["processes"])
    folder = None if isolated else tempfile.mkdtemp(prefix="submission-")
    try:
        if not isolated:
            sandbox.fill_folder(folder, spec["shown"], spec["copied"])
            if sys.platform == "linux":
                sandbox.prctl(sandbox.PR_SET_CHILD_SUBREAPER, 1)
        supervisor = os.pidfd_open(os.getpid()) if hasattr(os, "pidfd_open") else None
        student = os.fork()
        if student == 0:
            try:
                _run_student(notebook_shell, channel, status, spec, folder, supervisor)
            finally:
                os._exit(0)
        channel.close()
        try:
            ending = _watch(student, status, spec)
            if group and group.has_killed():
                ending["memory"] = True
        except BaseException:
            os.kill(student, signal.SIGKILL)
            os.waitpid(student, 0)
            raise
        finally:
            if not isolated:
                _end_strays(student)
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
    report(status, ending)


def report(status, message):
    """Tell the grader something."""
    with contextlib.suppress(OSError):  # nobody may be listening any more
        status.send(json.dumps(message).encode())


def _run_student(notebook_shell, channel, status, spec, folder, supervisor):
    try:
        os.setsid()  # signals for its group reach nobody else
        os.nice(sandbox.NICENESS)
        if folder is None:
            sandbox.enter_filesystem(
                spec["visible"], spec["hidden"], spec["shown"], spec["copied"], spec["scratch_bytes"]
            )
            sandbox.drop_privileges()
        else:
            os.chdir(folder)
        if sys.platform == "linux":
            sandbox.die_with_parent()  # only now: changing the user id takes this wish back
            if select.select([supervisor], [], [], 0)[0]:
                return  # too late to wish
            sandbox.refuse_system_calls()
        sandbox.set_limits(spec["memory_bytes"], spec["cpu_seconds"], spec["processes"], spec["scratch_bytes"])
    except Exception as error:
        report(status, {"failed": f"{type(error).__name__}: {error}"})
        return
    status.close()
    silence = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(silence, descriptor)  # what compiled code prints goes nowhere; Python's own streams are captured
    os.closerange(3, channel.fileno())
    os.closerange(channel.fileno() + 1, 4096)
    os.environ["HOME"] = os.environ["TMPDIR"] = folder or "/tmp"
    sys.path[0] = ""  # the engine's place until now; here as in Jupyter, modules beside the notebook come first
    server.serve(channel, notebook_shell)


def _watch(student, status, spec):
    """Wait for the student process to end, or end it: if the grader wants it to, or it has used more than it may.

    Returns
    -------
    dict
        "exit" or "signal", "cpu_seconds" (of all processes, this one too), "memory" if that was over its limit, "stopped" if
        it was ended from here, "waited".
    """
    account = Account(student, spec["memory_bytes"])
    poll = select.poll()
    poll.register(status, select.POLLIN)
    if hasattr(os, "pidfd_open"):  # elsewhere the poll below just times out before the end is noticed
        poll.register(os.pidfd_open(student), select.POLLIN)
    ending, deprioritized, ended = {}, False, False
    while not ended:
        left = spec["cpu_seconds"] - account.cpu_seconds
        pause = max(left / os.cpu_count(), _MOST_OFTEN)  # all cores together cannot use it up sooner
        pause = min(_OFTEN if account.restless else _LOOK_SECONDS, pause)
        heard = any(fd == status.fileno() for fd, _ in poll.poll(1000 * pause))
        waited = seconds_without_a_core(student)
        unwanted = heard and not _answer(status, waited, account.cpu_seconds)
        deprioritized = deprioritized or sandbox.deprioritize_session(student)
        if over_memory := account.look():
            ending["memory"] = True
        stop = unwanted or over_memory or account.cpu_seconds >= spec["cpu_seconds"]
        if stop:
            ending["stopped"] = True
            os.kill(student, signal.SIGKILL)
        pid, how, usage = os.wait4(student, 0 if stop else os.WNOHANG)
        ended = pid and (os.WIFEXITED(how) or os.WIFSIGNALED(how))
    code = os.waitstatus_to_exitcode(how)
    ending |= {"signal": -code} if code < 0 else {"exit": code}
    of_process_1 = usage.ru_utime + usage.ru_stime + time.process_time()
    return ending | {"cpu_seconds": max(of_process_1, account.cpu_seconds), "waited": waited}


def _answer(status, waited, used):
    """Answer what the grader asks; False if it has nothing more to say."""
    try:
        question = status.recv(16)
    except OSError:
        return False
    if question:
        report(status, {"waited": waited, "used": used})
    return bool(question)


def _end_strays(student):
    """Without a process namespace: end what the student process left running."""
    with contextlib.suppress(OSError):
        os.killpg(student, signal.SIGKILL)
    while strays := descendants(os.getpid()):
        for pid in strays:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.wait()
