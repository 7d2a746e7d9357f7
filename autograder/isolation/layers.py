"""The layers of the wall, and which of them hold on this machine: tried from inside a student process, not asked for."""

import os

from autograder.isolation.process import ENGINE
from autograder.isolation.student.sandbox import NICENESS

_INSIDE = {  # layer -> what it gives, and what holds in a student process that has it
    "namespaces": (
        "processes, users, network, IPC and host name of each submission's own",
        "os.getpid() == 1 and open('/proc/net/dev').read().count(':') == 1",
    ),
    "mounts": (
        "of the machine's files only Python's, read-only, and /proc read-only",
        f"not any(os.access(path, os.W_OK) for path in ('/', os.__file__, '/proc/self/oom_score_adj'))"
        f" and not (os.path.isdir({ENGINE!r}) and os.listdir({ENGINE!r}))",
    ),
    "privileges": (
        "none, and no way to gain any",
        "int(status['CapEff'], 16) == int(status['CapBnd'], 16) == 0 and int(status['NoNewPrivs']) == 1",
    ),
    "system calls": (
        "those refused that look into processes, change priorities or make memory that nobody counts",
        "int(status['Seccomp']) == 2 and ctypes.CDLL(None).memfd_create(b'', 0) == -1",
    ),
    "control groups": (
        "a bound of the kernel's on memory and processes of a submission together",
        "'/autograder-' in open('/proc/self/cgroup').read()",
    ),
    "priority": ("students come after graders, and cannot change that", f"os.nice(0) >= {NICENESS}"),
}
_SOURCE = "import ctypes, os\nstatus = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"


def examine(zygote):
    """Try every layer.

    Parameters
    ----------
    zygote : process.Zygote

    Returns
    -------
    dict of str to (bool or None, str)
        Layer -> whether it holds (None: it is not used), and what it gives.
    """
    tries = "".join(f"try: print({name!r} if {holds} else '')\nexcept OSError: pass\n" for name, (_, holds) in _INSIDE.items())
    process = zygote.start()
    try:
        reply = process.request({"do": "cell", "source": _SOURCE + tries, "limit": 20.0}, 20.0)
    finally:
        process.close()
    printed = "".join(output.get("text", "") for output in reply["outputs"]).splitlines()
    layers = {name: (name in printed, given) for name, (given, _) in _INSIDE.items()}
    listed = all(os.path.exists(f"/proc/self/{name}") for name in ("smaps_rollup", "schedstat", f"task/{os.getpid()}/children"))
    layers["account"] = (listed, "CPU time and memory of all processes of a submission together")
    if refusal := zygote.groups.refusal:
        layers["control groups"] = None, f"not used ({refusal}): what they could limit is counted by the account"
    return layers
