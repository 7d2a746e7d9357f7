"""The sandbox: Linux namespaces around one student process, and the limits on it. A contract in four parts.

Visible: Python (its own folders, /usr and the loader's files, read-only, engine and course masked), the files the caller
    names (read-only), an empty /tmp, the working folder /submission, /dev/null and its kin, /proc of its own.
Absent: every other file, every other process, every network, the course, the kit, the caller's home and user id.
Limited: address space, CPU seconds, processes, open files, file size, space and files in /tmp and /submission, core dumps,
    memory of all processes together; system calls that make memory which belongs to no process are refused.
Endings: when the first process of the namespace ends, the kernel ends all others and forgets the mounts.

`create_namespaces` is called by the supervisor; `enter_filesystem` and `drop_privileges` by the student process,
process 1 of the new namespaces, before it runs anything of the student's. Left out: control groups, which need rights
an ordinary user does not have, so the few system calls that make memory nobody else counts are refused instead.
"""

import ctypes
import os
import resource
import shutil
import struct
import sys

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 22, 36, 38
# system calls without a wrapper in every C library; these two numbers are x86_64's, the rest are shared by all
_SYS_PIVOT_ROOT = 155 if os.uname().machine == "x86_64" else 41
_SYS_CAPSET = 126 if os.uname().machine == "x86_64" else 91
_SYS_MOUNT_SETATTR = 442
_AT_RECURSIVE = 0x8000
# Refused: memory that belongs to no process (SysV shared memory, queues and semaphores, memfd), keyrings (a login's can
# be inherited), and what no notebook needs of the kernel (userfaultfd, io_uring).
_REFUSED = {
    "x86_64": (0xC000003E, 41, (29, 68, 64, 319, 447, 248, 249, 250, 323, 425)),
    "aarch64": (0xC00000B7, 198, (194, 186, 190, 279, 447, 217, 218, 219, 282, 425)),
}  # machine -> its name for seccomp, the number of socket, and of shmget, msgget, semget, memfd_create, memfd_secret, ...
_SOCKET_FAMILIES = (1, 2, 10, 16)  # Unix, IPv4, IPv6, netlink: a network namespace does not hold the others (vsock)

STUDENT_ID = 1000  # user and group inside the sandbox
OUTSIDE_ID = 64000  # who that is outside, when the kit is run by root: nobody on this machine
WORKING_FOLDER = "/submission"
_OPEN_FILES = 256  # for each process: what waits in a pipe or socket is memory as well
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


def die_with_parent():
    """Ask the kernel to kill this process when its parent ends."""
    if sys.platform == "linux":
        prctl(PR_SET_PDEATHSIG, 9)


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
            write(name, f"0 0 1\n{STUDENT_ID} {OUTSIDE_ID} 1\n")
    else:
        write("setgroups", "deny")
        write("uid_map", f"{STUDENT_ID} {os.geteuid()} 1\n")
        write("gid_map", f"{STUDENT_ID} {os.getegid()} 1\n")


def enter_filesystem(visible, masked, shown, copied, scratch_bytes):
    """Replace the file system by one that holds only what the contract names.

    Parameters
    ----------
    visible : list of str
        Folders and files that keep their path, read-only.
    masked : dict of str to list of str
        Folders below them that must look empty -> paths in those that are visible all the same.
    shown : dict of str to str
        Path below the working folder -> path outside; bound read-only.
    copied : dict of str to bytes
        Path below the working folder -> contents; the student may change these.
    scratch_bytes : int
        Space in /tmp and in the working folder, each.
    """
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
    for path in visible:
        _show("/old" + path, path)
    for folder, exceptions in masked.items():
        if os.path.isdir(folder):
            _mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k")
            for path in exceptions:
                _show("/old" + path, path)
            _make_read_only(folder, recursive=False)
    for device in ("null", "zero", "full", "random", "urandom"):
        _bind_read_only(f"/old/dev/{device}", f"/dev/{device}")
    for folder in ("/proc", "/etc"):
        os.makedirs(folder, exist_ok=True)
    with open("/etc/passwd", "w") as file:
        file.write(f"student:x:{STUDENT_ID}:{STUDENT_ID}::/tmp:/bin/sh\n")
    for name, contents in copied.items():
        _write(f"{WORKING_FOLDER}/{name}", contents)
    for name, path in shown.items():
        _bind_read_only("/old" + path, f"{WORKING_FOLDER}/{name}")

    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    with open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")  # no namespaces inside: they would bring back privileges and kernel surface
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
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _check(_libc.syscall(_SYS_CAPSET, header, (ctypes.c_uint32 * 6)()), "capset")
    _refuse_system_calls()
    prctl(PR_SET_DUMPABLE, 1)  # or /proc/self would belong to somebody else
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # if the machine runs out of memory after all, this process goes first


def _refuse_system_calls():
    """Make the calls in `_REFUSED`, and sockets of other families, fail with EPERM; a kernel without seccomp allows them."""
    if os.uname().machine not in _REFUSED:
        return
    machine, socket_call, refused = _REFUSED[os.uname().machine]
    load, equal, at_least, answer = 0x20, 0x15, 0x35, 0x06  # BPF: load a word of the call; jump if ...; the verdict
    allow, deny = 0x7FFF0000, 0x00050001
    # each jump skips (if so, if not) this many instructions; another machine's numbering and x32 are refused whole
    program = [(load, 0, 0, 4), (equal, 1, 0, machine), (answer, 0, 0, deny), (load, 0, 0, 0)]
    program += [(at_least, 0, 1, 0x40000000), (answer, 0, 0, deny)]
    for number in refused:
        program += [(equal, 0, 1, number), (answer, 0, 0, deny)]
    families = len(_SOCKET_FAMILIES)
    program += [(equal, 0, families + 2, socket_call), (load, 0, 0, 16)]
    program += [(equal, families - i, 0, family) for i, family in enumerate(_SOCKET_FAMILIES)]
    program += [(answer, 0, 0, deny), (answer, 0, 0, allow)]
    code = b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
    filter_program = struct.pack("@HP", len(program), ctypes.cast(ctypes.c_char_p(code), ctypes.c_void_p).value)
    _libc.prctl(PR_SET_SECCOMP, ctypes.c_ulong(2), ctypes.c_char_p(filter_program), 0, 0)


def set_limits(memory_bytes, cpu_seconds, processes, file_bytes):
    """Resource limits of this process and its children; memory and CPU count from what is in use now.

    Address space is limited rather than resident memory, so that an allocation too large fails as a MemoryError in
    the cell that made it.
    """
    used_cpu = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    limits = {"RLIMIT_CORE": (0, 0), "RLIMIT_FSIZE": (file_bytes, file_bytes)}
    cpu = int(used_cpu + cpu_seconds) + 1
    limits["RLIMIT_CPU"] = (cpu, cpu + 1)
    limits["RLIMIT_NPROC"] = (processes, processes)
    limits["RLIMIT_NOFILE"] = (_OPEN_FILES, _OPEN_FILES)
    try:
        with open("/proc/self/statm") as file:
            mapped = int(file.read().split()[0]) * resource.getpagesize()
        limits["RLIMIT_AS"] = (mapped + memory_bytes,) * 2
    except OSError:
        pass  # a system without /proc counts address space differently: no limit is better than a wrong one
    for name, values in limits.items():
        if hasattr(resource, name):
            try:
                resource.setrlimit(getattr(resource, name), values)
            except (ValueError, OSError):
                pass  # already lower, or a system that knows the name but not the limit


def descendants(pid):
    """The processes below `pid`, as far as the kernel lists them."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as file:
                for child in map(int, file.read().split()):
                    found += [child, *descendants(child)]
    except (OSError, ValueError):
        pass  # it has just ended, or this system does not say
    return found


def resident_bytes(pid):
    """Resident memory of a process and all below it, not counting files; memory that they share counts for each."""
    total = 0
    for one in [pid, *descendants(pid)]:
        try:
            with open(f"/proc/{one}/status") as file:
                lines = [line.split() for line in file if line.startswith(("RssAnon:", "RssShmem:"))]
            total += sum(int(kilobytes) * 1024 for _, kilobytes, _ in lines)
        except (OSError, ValueError):
            pass
    return total


def _show(source, target):
    """Make a path visible: a link as the same link, anything else bound read-only."""
    if os.path.islink(source):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.lexists(target):
            os.symlink(os.readlink(source), target)
    elif os.path.exists(source):
        _bind_read_only(source, target)


def _bind_read_only(source, target):
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not os.path.exists(target):
            open(target, "w").close()
    _mount(source, target, flags=MS_BIND | MS_REC)
    _make_read_only(target)


def _make_read_only(path, recursive=True):
    class MountAttr(ctypes.Structure):
        _fields_ = [(name, ctypes.c_uint64) for name in ("attr_set", "attr_clr", "propagation", "userns_fd")]

    attributes = MountAttr(attr_set=MS_RDONLY | MS_NOSUID)  # as MOUNT_ATTR_ these two have the same values
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
