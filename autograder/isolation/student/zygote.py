"""The zygote: a process that has imported what students import, and forks a student process on request.

Importing NumPy, PyTorch, Matplotlib and IPython takes seconds, a fork takes milliseconds. The zygote runs no student
code and keeps nothing of a submission, so every student process starts from the same clean state.

A request is one byte on the control socket ("i" for isolated, "p" for plain) with two descriptors: the student's end
of a `wire.Channel`, and the end of a status socket. A byte more, "o", announces code that makes optimizers. The first
frame on the channel says what the process may see and use. Two processes come of it:

    supervisor   makes the namespaces, watches time and memory from outside, reports on the status socket how the
                 student process ended, and ends it when the grader closes its end of that socket
    student      process 1 of the new namespaces: builds its file system, gives up every privilege, runs `server`

When process 1 ends the kernel ends every other process of its namespace. A plain student process has no namespaces:
its supervisor ends what it can find.
"""

import contextlib
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time

gc.disable()  # what is imported stays: looking for garbage in between would cost a quarter of the time

from autograder.isolation import wire  # noqa: E402
from autograder.isolation.student import sandbox, server, shell  # noqa: E402

_POLL_MILLISECONDS = 100  # how often memory is looked at


def main(control_fd):
    control = socket.socket(fileno=control_fd)
    notebook_shell = shell.start()
    gc.freeze()  # collections in a student process leave these objects alone, and their pages shared
    gc.collect()  # nothing is left to look at: this only starts the count of new objects at 0
    gc.enable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are not waited for
    control.send(b"ready")
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 16, 2)
        if not request:
            os._exit(0)  # the grader has gone, and there is nothing to tidy up
        kind = request[:1]
        if request[1:] == b"o":
            import torch._dynamo  # noqa: F401  # with its first optimizer PyTorch imports its compiler, for two seconds
            gc.freeze()
        unshared_read, unshared_write = os.pipe()
        mapped_read, mapped_write = os.pipe()
        supervisor = os.fork()
        if supervisor == 0:
            channel_socket, status = (socket.socket(fileno=fd) for fd in descriptors)
            try:
                if kind == b"i":
                    sandbox.create_namespaces()
                    os.write(unshared_write, b"1")
                    os.read(mapped_read, 1)
                for fd in (control.fileno(), unshared_read, unshared_write, mapped_read, mapped_write):
                    os.close(fd)
                _supervise(notebook_shell, wire.Channel(channel_socket), status, isolated=kind == b"i")
            except BaseException as error:  # a forked process must never get back into the loop above
                _report(status, {"failed": f"{type(error).__name__}: {error}"})
            finally:
                os._exit(0)
        os.close(unshared_write)
        if os.read(unshared_read, 1):
            with contextlib.suppress(OSError):  # the sandbox will say that it does not work
                sandbox.map_ids(supervisor)
            os.write(mapped_write, b"1")
        for fd in (unshared_read, mapped_read, mapped_write, *descriptors):
            os.close(fd)


def _supervise(notebook_shell, channel, status, isolated):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        spec = wire.unpack(channel.receive(timeout=60))
    except (wire.ChannelClosed, wire.ChannelTimeout):
        return  # the grader changed its mind
    folder = None if isolated else tempfile.mkdtemp(prefix="submission-")
    try:
        if not isolated:
            sandbox.fill_folder(folder, spec["shown"], spec["copied"])
            if sys.platform == "linux":
                sandbox.prctl(sandbox.PR_SET_CHILD_SUBREAPER, 1)
        student = os.fork()
        if student == 0:
            try:
                _run_student(notebook_shell, channel, status, spec, folder)
            finally:
                os._exit(0)
        channel.close()
        _watch(student, status, spec["memory_bytes"])
        if not isolated:
            _end_strays(student)
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def _run_student(notebook_shell, channel, status, spec, folder):
    try:
        if folder is None:
            sandbox.enter_filesystem(
                spec["visible"], spec["masked"], spec["shown"], spec["copied"], spec["scratch_bytes"]
            )
            sandbox.drop_privileges()
        else:
            os.setsid()
            os.chdir(folder)
        if sys.platform == "linux":
            sandbox.die_with_parent()  # only now: changing the user id takes this wish back
        sandbox.set_limits(spec["memory_bytes"], spec["cpu_seconds"], spec["processes"], spec["scratch_bytes"])
    except Exception as error:
        _report(status, {"failed": f"{type(error).__name__}: {error}"})
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


def _watch(student, status, memory_bytes):
    """Wait for the student process to end, and report it; end it if the grader hangs up or memory runs over."""
    allowed = memory_bytes + 2 * sandbox.resident_bytes(student)
    poll = select.poll()
    poll.register(status, select.POLLIN | select.POLLHUP)
    if hasattr(os, "pidfd_open"):  # elsewhere the poll below just times out before the end is noticed
        poll.register(os.pidfd_open(student), select.POLLIN)
    ending = {}
    pid = 0
    while pid == 0:
        grader_gone = any(fd == status.fileno() for fd, _ in poll.poll(_POLL_MILLISECONDS))
        over_memory = sandbox.resident_bytes(student) > allowed
        if over_memory:
            ending["memory"] = True
        if grader_gone or over_memory:
            os.kill(student, signal.SIGKILL)
        pid, how, usage = os.wait4(student, 0 if grader_gone or over_memory else os.WNOHANG)
    code = os.waitstatus_to_exitcode(how)
    ending |= {"signal": -code} if code < 0 else {"exit": code}
    ending["cpu_seconds"] = usage.ru_utime + usage.ru_stime
    _report(status, ending | {"supervisor_seconds": time.process_time()})


def _end_strays(student):
    """Without a process namespace: end what the student process left running."""
    with contextlib.suppress(OSError):
        os.killpg(student, signal.SIGKILL)
    for pid in sandbox.descendants(os.getpid()):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _report(status, ending):
    with contextlib.suppress(OSError):  # nobody may be listening any more
        status.send(json.dumps(ending).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
