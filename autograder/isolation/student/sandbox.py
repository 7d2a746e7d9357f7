"""The sandbox: Linux namespaces around one student process, and the limits on it. A contract in four parts.

Visible: Python (its own folders, the system's and the loader's files, read-only, kit and course masked, see `view`), the
    files the caller names (read-only), an empty /tmp, the working folder /submission, /dev/null and its kin, /proc of its own,
    read-only.
Absent: every other file, every other process, every network, the course, the kit, the caller's home and user id.
Limited: for the whole submission CPU seconds, memory, processes and threads, space and files in /tmp, /dev/shm and
    /submission; for each process address space, open files, file size. No core dumps, locked memory, message queues.
    What `seccomp` names is refused. A lower priority than the grader's, and the first to go when memory runs out; neither
    can be changed from inside, nor can anybody else's.
Endings: a session and a process group of its own, so that no signal reaches anybody outside; when the first process of the
    namespace ends, the kernel ends all others and forgets the mounts; `supervisor` sees to it that it ends.

`create_namespaces` is called by the supervisor; the rest by the student process, process 1 of the new namespaces, before
it runs anything of the student's. Control groups, which not every machine delegates, are a second bound (`groups`); `account`
counts in any case.
"""

import ctypes
import os
import resource
import shutil
import signal
import stat
import sys

from autograder.isolation.student import seccomp, view
from autograder.isolation.student.account import OPEN_FILES

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
# system calls without a wrapper in every C library; these two numbers are x86_64's, the rest are shared by all
_SYS_PIVOT_ROOT = 155 if os.uname().machine == "x86_64" else 41
_SYS_CAPSET = 126 if os.uname().machine == "x86_64" else 91
_SYS_MOUNT_SETATTR = 442
_AT_RECURSIVE = 0x8000

STUDENT_ID = 1000  # user and group inside the sandbox
# Who that is outside, when the kit is run by root: nobody on this machine, and for each submission another nobody, since
# some of what the kernel counts it counts for each user (pipes, descriptors in flight). A container often has 65,536 ids.
_OUTSIDE_IDS = range(64_000, 65_000)
NICENESS = 10  # of student processes; graders have 0
WORKING_FOLDER = "/submission"
_SIGNALS = 1024  # that wait, and timers, in the whole submission
_FILES = 20_000  # in each writable folder: an empty file takes memory too, which its size does not show


def _check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _mount(source, target, kind=None, flags=0, options=None):
    def encoded(text):
        return None if text is None else os.fsencode(text)

    _check(
        _libc.mount(encoded(source), encoded(target), encoded(kind), ctypes.c_ulong(flags), encoded(options)),
        f"mount {target}",
    )


def prctl(option, argument):
    """prctl(2) with one argument."""
    _check(_libc.prctl(option, ctypes.c_ulong(argument), 0, 0, 0), f"prctl {option}")


def die_with_parent(by=signal.SIGKILL):
    """Ask the kernel to end this process when its parent ends."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, by)


def create_namespaces():
    """Move into a new user namespace and make new process, network, IPC and host-name namespaces.

    The next child is process 1 of the new process namespace. Until `map_ids` has run for this process, it is nobody.
    """
    flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    _check(_libc.unshare(flags), "unshare")


def map_ids(pid):
    """Say who the sandbox's user is outside; called from outside for the process `pid`.

    Root maps it to an id that owns nothing on this machine; anyone else can only map it to themselves.
    """
    def write(name, text):
        with open(f"/proc/{pid}/{name}", "w") as file:
            file.write(text)

    if os.geteuid() == 0:
        for name in ("uid_map", "gid_map"):
            write(name, f"0 0 1\n{STUDENT_ID} {_OUTSIDE_IDS[pid % len(_OUTSIDE_IDS)]} 1\n")
    else:
        write("setgroups", "deny")
        write("uid_map", f"{STUDENT_ID} {os.geteuid()} 1\n")
        write("gid_map", f"{STUDENT_ID} {os.getegid()} 1\n")


def enter_filesystem(visible, hidden, shown, copied, scratch_bytes):
    """Replace the file system by one that holds only what the contract names.

    Parameters
    ----------
    visible : list of str
        Folders and files that keep their path, read-only.
    hidden : list of str
        Folders and files that must not be seen, wherever they lie; what is visible may be in them.
    shown : dict of str to str
        Path below the working folder -> path outside; read-only.
    copied : dict of str to bytes
        Path below the working folder -> contents; the student may change these.
    scratch_bytes : int
        Space in /tmp and in the working folder, each.
    """
    os.umask(0o022)  # whoever grades may keep their own files to themselves; here the student has to get through
    steps, links = view.plan(visible, hidden)
    shown = {name: os.path.realpath(path) for name, path in shown.items()}
    _check(_libc.unshare(CLONE_NEWNS), "unshare mounts")
    _mount(None, "/", flags=MS_REC | MS_PRIVATE)
    # The new root is a tmpfs that starts out on /tmp. After the pivot it is / and everything old is below /old.
    _mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=1m")
    os.makedirs("/tmp/old")
    _check(_libc.syscall(_SYS_PIVOT_ROOT, b"/tmp", b"/tmp/old"), "pivot_root")
    os.chdir("/")

    # before what is visible, which may lie in /tmp itself
    for folder in ("/tmp", "/dev/shm", WORKING_FOLDER):
        os.makedirs(folder, exist_ok=True)
        _mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=777,size={scratch_bytes},nr_inodes={_FILES}")
    for path, to_be_seen in steps:
        if to_be_seen:
            _bind_read_only("/old" + path, path)
        elif os.path.isdir(path):
            _mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k")
        else:
            _bind_read_only("/old/dev/null", path)
    for link, target in links.items():
        if not os.path.lexists(link):
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(target, link)
    for path, to_be_seen in steps:
        if not to_be_seen:
            _make_read_only(path, recursive=False)
    for device in ("null", "full", "random", "urandom"):  # without zero: mapped as shared it is memory that nobody counts
        _bind_read_only(f"/old/dev/{device}", f"/dev/{device}")
    for folder in ("/proc", "/etc"):
        os.makedirs(folder, exist_ok=True)
    with open("/etc/passwd", "w") as file:
        file.write(f"student:x:{STUDENT_ID}:{STUDENT_ID}::/tmp:/bin/sh\n")
    for name, contents in copied.items():
        _write(f"{WORKING_FOLDER}/{name}", contents)
    _show_files(shown)

    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    # No namespaces inside: they would bring back privileges and kernel surface. Nothing that watches files (inotify,
    # fanotify) either, which the kernel counts for the user outside as well.
    for name in os.listdir("/proc/sys/user"):
        with open(f"/proc/sys/user/{name}", "w") as file:
            file.write("0")
    prctl(PR_SET_DUMPABLE, 1)  # or /proc/self would belong to somebody else
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # if the machine runs out of memory after all, this process goes first
    _make_read_only("/proc", recursive=False)  # so that it cannot take that back, nor the priority of its session
    _check(_libc.umount2(b"/old", MNT_DETACH), "detach the old root")
    os.rmdir("/old")
    _make_read_only("/", recursive=False)
    os.chdir(WORKING_FOLDER)


def fill_folder(folder, shown, copied):
    """The fallback's working folder: the same files as in `enter_filesystem`, copied, with nothing hidden."""
    for name, contents in copied.items():
        _write(os.path.join(folder, name), contents)
    for name, path in shown.items():
        copy = shutil.copytree if os.path.isdir(path) else shutil.copy
        os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
        copy(path, os.path.join(folder, name))


def drop_privileges():
    """Become the sandbox's user, with no capability and no way to gain one."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(STUDENT_ID, STUDENT_ID, STUDENT_ID)
        for capability in range(64):
            if _libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0) < 0:
                break  # past the last capability this kernel knows
        os.setresuid(STUDENT_ID, STUDENT_ID, STUDENT_ID)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _check(_libc.syscall(_SYS_CAPSET, header, (ctypes.c_uint32 * 6)()), "capset")
    prctl(PR_SET_DUMPABLE, 1)  # changing the user id has taken it back


def refuse_system_calls():
    """Do without the system calls that `seccomp` names, for good; called last, since the engine itself needs some."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    seccomp.install()


def deprioritize_session(pid):
    """Lower the priority of the processes of a session against those of others, where the kernel groups them so.

    Where it does, their own priorities count among themselves only.

    Returns
    -------
    bool
        False if this has to be tried again: the process is not ready, or the kernel, which takes one such wish in a tenth
        of a second.
    """
    try:
        if os.getsid(pid) != pid:
            return False
        with open(f"/proc/{pid}/autogroup", "w") as file:
            file.write(str(NICENESS))
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        pass  # no groups here, or the process has ended
    return True


def set_limits(memory_bytes, cpu_seconds, processes, file_bytes):
    """Resource limits of this process and its children; memory and CPU count from what is in use now.

    Address space is limited rather than resident memory, so that an allocation too large fails as a MemoryError in
    the cell that made it.
    """
    used_cpu = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    limits = dict.fromkeys(("RLIMIT_CORE", "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO"), 0)
    limits |= {"RLIMIT_FSIZE": file_bytes, "RLIMIT_NPROC": processes, "RLIMIT_NOFILE": OPEN_FILES}
    limits |= {"RLIMIT_SIGPENDING": _SIGNALS, "RLIMIT_CPU": int(used_cpu + cpu_seconds) + 1}
    try:
        with open("/proc/self/statm") as file:
            mapped = int(file.read().split()[0]) * resource.getpagesize()
        limits["RLIMIT_AS"] = mapped + memory_bytes
    except OSError:
        pass  # a system without /proc counts address space differently: no limit is better than a wrong one
    for name, value in limits.items():
        if hasattr(resource, name):
            try:
                resource.setrlimit(getattr(resource, name), (value, value + (name == "RLIMIT_CPU")))
            except (ValueError, OSError):
                pass  # already lower, or a system that knows the name but not the limit


def _show_files(shown):
    """Show files and folders in the working folder. What only its owner may read, who is not the student, is copied."""
    os.makedirs("/copies")
    _mount("tmpfs", "/copies", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    for name, path in shown.items():
        source = "/old" + path
        if os.geteuid() == 0 and not _for_everybody(source):
            source = shutil.copytree(source, f"/copies/{name}", copy_function=_copy, symlinks=True) if os.path.isdir(source) \
                else _copy(source, f"/copies/{name}")
            for folder, _, _ in os.walk(source):
                os.chmod(folder, 0o755)
        _bind_read_only(source, f"{WORKING_FOLDER}/{name}")
    _check(_libc.umount2(b"/copies", MNT_DETACH), "detach the copies")
    os.rmdir("/copies")


def _for_everybody(path):
    """Whether everybody on this machine may read a file, or a folder and all that is in it."""
    modes = [os.lstat(path).st_mode]
    modes += [os.lstat(f"{folder}/{name}").st_mode for folder, folders, files in os.walk(path) for name in (*folders, *files)]
    return all(mode & stat.S_IROTH and (mode & stat.S_IXOTH or not stat.S_ISDIR(mode)) for mode in modes)


def _copy(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    return shutil.copyfile(source, target)


def _bind_read_only(source, target):
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            open(target, "w").close()
    _mount(source, target, flags=MS_BIND | MS_REC)
    _make_read_only(target)


class _MountAttr(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]


def _make_read_only(path, recursive=True):
    attributes = _MountAttr(attr_set=MS_RDONLY | MS_NOSUID)  # as MOUNT_ATTR_ these two have the same values
    _check(
        _libc.syscall(
            _SYS_MOUNT_SETATTR, -100, os.fsencode(path), _AT_RECURSIVE if recursive else 0,
            ctypes.byref(attributes), ctypes.c_size_t(ctypes.sizeof(attributes)),
        ),
        f"make {path} read-only",
    )


def _write(path, contents):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(contents)
    os.chmod(path, 0o666)
