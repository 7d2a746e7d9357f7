"""The zygote: a process that has imported what students import, and forks a student process on request.

Importing NumPy, PyTorch, Matplotlib and IPython takes seconds, a fork takes milliseconds. The zygote runs no student
code and keeps nothing of a submission, so every student process starts from the same clean state.

A request is one byte on the control socket ("i" for isolated, "p" for plain) with two descriptors: the student's end
of a `wire.Channel`, and the end of a status socket. A byte more, "o", announces code that makes optimizers. The first
frame on the channel says what the process may see and use. Two processes come of it, a supervisor and the student process
that it watches.
"""

import contextlib
import gc
import itertools
import os
import signal
import socket
import sys

gc.disable()  # what is imported stays: looking for garbage in between would cost a quarter of the time

from autograder.isolation import wire  # noqa: E402
from autograder.isolation.student import groups, pages, sandbox, shell, supervisor  # noqa: E402

_MANY = 7  # forks: about as many more, and large pages have paid


def main(control_fd, groups_folder):
    control = socket.socket(fileno=control_fd)
    notebook_shell = shell.start()
    gc.freeze()  # collections in a student process leave these objects alone, and their pages shared
    gc.collect()  # nothing is left to look at: this only starts the count of new objects at 0
    gc.enable()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are not waited for
    control.send(b"ready")
    for forked in itertools.count():
        request, descriptors, _, _ = socket.recv_fds(control, 16, 2)
        if not request:
            os._exit(0)  # the grader has gone, and there is nothing to tidy up
        if forked == _MANY:
            pages.collapse()
        if groups_folder:
            groups.sweep(groups_folder)
        kind = request[:1]
        if request[1:] == b"o":
            import torch._dynamo  # noqa: F401  # with its first optimizer PyTorch imports its compiler, for two seconds
            gc.freeze()
        unshared_read, unshared_write = os.pipe()
        mapped_read, mapped_write = os.pipe()
        pid = os.fork()
        if pid == 0:
            channel_socket, status = (socket.socket(fileno=fd) for fd in descriptors)
            try:
                for fd in (control.fileno(), unshared_read, mapped_write):
                    os.close(fd)  # the last one too: if the zygote ends now, the read below comes to an end
                group = groups.join(groups_folder) if groups_folder else None
                if kind == b"i":
                    sandbox.create_namespaces()
                    os.write(unshared_write, b"1")
                    os.read(mapped_read, 1)
                for fd in (unshared_write, mapped_read):
                    os.close(fd)
                supervisor.supervise(notebook_shell, wire.Channel(channel_socket), status, isolated=kind == b"i", group=group)
            except BaseException as error:  # a forked process must never get back into the loop above
                supervisor.report(status, {"failed": f"{type(error).__name__}: {error}"})
            finally:
                os._exit(0)
        os.close(unshared_write)
        if os.read(unshared_read, 1):
            with contextlib.suppress(OSError):  # the sandbox will say that it does not work
                sandbox.map_ids(pid)
            os.write(mapped_write, b"1")
        for fd in (unshared_read, mapped_read, mapped_write, *descriptors):
            os.close(fd)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
