"""Ports of this machine that nobody listens on, for servers that tests start."""

import contextlib
import socket


def free(number=1):
    """So many different ones (list of int)."""
    with contextlib.ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in range(number)]
