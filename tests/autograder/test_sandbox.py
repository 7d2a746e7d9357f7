"""What student code can see, use and survive: tried from the inside, in real student processes."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from kit import KIT

from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome
from autograder.isolation.process import StudentDied, Zygote, python_paths

LIMITS = Limits(cpu_seconds=20, memory_mb=300, scratch_mb=8)


@pytest.fixture
def process(isolated):
    """A student process."""
    process = isolated.start(LIMITS)
    yield process
    process.close()


def run(process, source, limit=5.0):
    """The status of a cell and everything it printed."""
    reply = process.request({"do": "cell", "source": source, "limit": limit}, limit)
    text = "".join(o.get("text", "") + o.get("ename", "") for o in reply["outputs"])
    return reply["status"], text


def test_nothing_of_the_kit_or_the_course_can_be_found(process, tmp_path):
    """Catches a bind mount that shows the suite, the reference, the gradebook or somebody's home."""
    (tmp_path / "gradebook.db").write_text("secret")
    secrets = [KIT / "autograder", KIT / "reference", KIT / "source", KIT / "release", KIT / ".git", tmp_path,
               tmp_path / "gradebook.db", Path.home() / ".bashrc", Path("/etc/shadow"), Path("/proc/1/root/etc/shadow"),
               Path("/old"), Path("/home"), Path("/var")]
    status, found = run(process, f"""
import os, importlib
print([path for path in {[str(path) for path in secrets]} if os.path.exists(path) and
       (not os.path.isdir(path) or os.listdir(path))])
for name in ("reference", "autograder.suites", "autograder.grading.suite", "autograder.authoring", "autograder.course"):
    try:
        importlib.import_module(name); print("IMPORTED", name)
    except ImportError:
        pass
""", 20)
    assert (status, found) == ("ok", "[]\n")


@pytest.mark.parametrize("source, printed", [
    ("%precision 3\nprint(1)", "1\n"),
    ("%%capture hidden\nprint(2)", ""),
    ("  x = 3\n  print(x)", "3\n"),
    (">>> print(4)\n", "4\n"),
    ("In [1]: print(5)", "5\n"),
    ("\n\nprint(6)", "6\n"),
    ("print('''\n%time\n!ls\n''')", "\n%time\n!ls\n\n"),
    ("import asyncio\nawait asyncio.sleep(0)\nprint(7)", "7\n"),
    ("async def f():\n    return 8\nprint(await f())", "8\n"),
])
def test_what_is_more_than_python_works_as_in_jupyter(process, source, printed):
    """Catches a shortcut past IPython that a magic, a copied prompt, an indented cell or an await does not survive."""
    assert run(process, source) == ("ok", printed)


def test_a_kit_that_lies_in_tmp_works_too(isolated, tmp_path, monkeypatch):
    """Catches a scratch /tmp that hides the Python environment of a kit that was cloned into /tmp."""
    module = tmp_path / "module.py"
    module.write_text("x = 1")
    tmp_path.chmod(0o755)
    visible = [*python_paths(), str(tmp_path)]
    monkeypatch.setattr("autograder.isolation.process.python_paths", lambda: visible)
    process = isolated.start(LIMITS)
    try:
        assert run(process, f"print(open('{module}').read()); open('/tmp/mine', 'w').write('y')") == ("ok", "x = 1\n")
        status, text = run(process, f"open('{module}', 'a')")
        assert (status, text) == ("exception", "PermissionError")
    finally:
        process.close()


def test_the_file_system_is_read_only_but_for_scratch(process):
    """Catches a student who can change Python for the next student."""
    status, text = run(process, """
import sys, os
for path in (os.__file__, sys.prefix + "/x", "/usr/x", "/etc/passwd", "/x"):
    try:
        open(path, "a").write("x"); print("WROTE", path)
    except OSError:
        pass
open("/tmp/mine", "w").write("x"); open("here.txt", "w").write("x"); print("scratch ok")
""")
    assert status == "ok" and text == "scratch ok\n"


def test_no_network_no_other_processes_no_privileges(process):
    """Catches a namespace that was not made, and a capability that was kept."""
    status, text = run(process, """
import os, socket, ctypes
for family, address in ((socket.AF_INET, ("127.0.0.1", 1)), (socket.AF_INET, ("10.0.0.1", 80))):
    try:
        socket.create_connection(address, timeout=1); print("CONNECTED")
    except OSError:
        pass
print([p for p in os.listdir("/proc") if p.isdigit() and p != str(os.getpid())])
print([line for line in open("/proc/self/status") if line.startswith(("CapEff", "CapBnd", "NoNewPrivs"))])
libc = ctypes.CDLL(None)
print(libc.unshare(0x10000000), libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), os.getuid() != 0)
""")
    assert status == "ok"
    lines = text.splitlines()
    assert lines[0] == "[]"
    assert "CapEff:\\t0000000000000000" in lines[1] and "NoNewPrivs:\\t1" in lines[1]
    assert lines[2] == "-1 -1 True"


def test_the_environment_holds_nothing_of_the_graders(isolated, monkeypatch):
    """Catches a password in the grader's environment reaching student code."""
    monkeypatch.setenv("PGPASSWORD", "secret")
    zygote = Zygote()
    process = zygote.start(LIMITS)
    try:
        _, text = run(process, "import os; print(dict(os.environ)); print(open('/proc/self/environ').read())")
    finally:
        process.close()
        zygote.close()
    assert "secret" not in text


def test_no_file_descriptor_leads_out(process):
    """Catches the control or status socket being inherited: a student could fork zygotes or report their own ending."""
    _, text = run(process, """
import os
for fd in os.listdir("/proc/self/fd"):
    try:
        print(fd, os.readlink("/proc/self/fd/" + fd))
    except OSError:
        pass
""")
    sockets = [line for line in text.splitlines() if "socket" in line]
    assert len(sockets) == 1, text


@pytest.mark.parametrize("source, status", [
    ("while True: pass", "time_limit"),
    ("import time\nwhile True:\n    try: time.sleep(60)\n    except Exception: pass", "time_limit"),
    ("x = bytearray(10**10)", "memory_limit"),
    ("import numpy as np; np.ones(10**9)", "memory_limit"),
    ("import torch; torch.ones(10**10)", "memory_limit"),
    ("import sys; sys.exit(0)", "exit"),
    ("def f(:", "syntax_error"),
    ("raise NotImplementedError", "not_implemented"),
    ("1 / 0", "exception"),
    ("def f(n): return f(n)\nf(0)", "exception"),
    ("open('big', 'w').write('x' * 10**8)", "exception"),
    ("input()", "exception"),
    ("class E(Exception):\n    def __str__(self): raise ValueError\nraise E", "exception"),
    ("print('\\ud800')", "ok"),
])
def test_a_cell_that_fails_is_named_and_the_next_one_runs(process, source, status):
    """Catches a failure that takes the process, and what the student defined before, with it."""
    run(process, "kept = 1")
    assert run(process, source, 0.4 if status == "time_limit" else 5)[0] == status
    assert run(process, "print(kept)") == ("ok", "1\n")


@pytest.mark.parametrize("source, outcome", [
    ("import os; os._exit(0)", Outcome.EXITED),
    ("import ctypes; ctypes.string_at(0)", Outcome.KILLED),
    ("import signal\nfor s in (signal.SIGPROF, signal.SIGALRM): signal.signal(s, signal.SIG_IGN)\nwhile True: pass",
     Outcome.TIME_LIMIT),
    ("import os\nfor fd in range(3, 4096):\n    try: os.write(fd, b'x' * 100)\n    except OSError: pass",
     Outcome.PROTOCOL_VIOLATION),
    ("import os\nfor fd in range(3, 4096):\n    try: os.close(fd)\n    except OSError: pass", Outcome.EXITED),
])
def test_a_process_that_ends_says_how(process, source, outcome):
    """Catches a hang or a crash of the grader when the process dies, lies or falls silent."""
    with pytest.raises(StudentDied) as death:
        run(process, source, 0.3)
    assert death.value.outcome is outcome


def test_memory_of_child_processes_counts(process):
    """Catches a hog that hides its memory in forks, each below the limit of one process."""
    with pytest.raises(StudentDied) as death:
        run(process, """
import os, time
for _ in range(6):
    if os.fork() == 0:
        hog = bytearray(150 * 2**20)
        hog[::4096] = b"x" * len(hog[::4096])
        time.sleep(60)
time.sleep(60)
""", 5)
    assert death.value.outcome is Outcome.MEMORY_LIMIT


@pytest.mark.parametrize("source, printed", [
    ("with multiprocessing.get_context('fork').Pool(12) as pool: print(sum(pool.map(abs, range(100))))", "4950"),
    ("with concurrent.futures.ThreadPoolExecutor(8) as pool: print(sum(pool.map(abs, range(100))))", "4950"),
    ("data = torch.utils.data.TensorDataset(torch.arange(100.0))\n"
     "print(sum(float(x.sum()) for (x,) in torch.utils.data.DataLoader(data, batch_size=10, num_workers=2)))", "4950.0"),
    ("t = torch.zeros(3).share_memory_()\n"
     "torch.multiprocessing.start_processes(lambda i: t.add_(1), nprocs=2, start_method='fork')\nprint(t.sum().item())", "6.0"),
    ("s = multiprocessing.shared_memory.SharedMemory(create=True, size=80)\na = np.ndarray(10, buffer=s.buf); a[:] = 1\n"
     "p = multiprocessing.get_context('fork').Process(target=lambda: a.fill(2)); p.start(); p.join(); print(a.sum())", "20.0"),
    ("v = multiprocessing.Value('i', 1); print(v.value)", "1"),
    ("m = np.memmap('/tmp/m', mode='w+', shape=10); m[:] = 1; m.flush(); print(np.memmap('/tmp/m').sum())", "10"),
    ("c = sqlite3.connect('/tmp/d'); c.execute('create table t (x)'); c.commit(); print(*c.execute('select count(*) from t'))",
     "(0,)"),
    ("fcntl.flock(open('/tmp/l', 'w'), fcntl.LOCK_EX); print(1)", "1"),
    ("print(os.system('sleep 0.1 & wait'), subprocess.run('true | cat', shell=True, start_new_session=True).returncode)", "0 0"),
    ("os.nice(1); os.sched_setaffinity(0, {0}); print(len((await ask())[0]))", "2"),
])
def test_what_honest_notebooks_do_with_processes_works(isolated, source, printed):
    """Catches memory that is counted once more for each process that shares it, and a refusal that libraries stumble over."""
    process = isolated.start(Limits(cpu_seconds=20))
    prepare = """
import asyncio, concurrent.futures, fcntl, multiprocessing, multiprocessing.shared_memory, os, sqlite3, subprocess
import numpy as np, torch
async def ask():
    process = await asyncio.create_subprocess_exec("echo", "x", stdout=-1)
    return await process.communicate()
"""
    try:
        assert run(process, prepare, 20)[0] == "ok"
        assert run(process, source, 20) == ("ok", printed + "\n")
    finally:
        process.close()


def test_a_fork_bomb_ends_with_its_submission(isolated):
    """Catches processes that outlive the submission that started them."""
    process = isolated.start(LIMITS)
    try:
        run(process, "import os, time\nfor _ in range(100):\n    if os.fork() == 0: time.sleep(1000)", 2)
    except StudentDied:
        pass
    process.close()
    deadline = time.monotonic() + 60
    while (left := _children(isolated.pid)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def test_output_is_cut_at_its_limit(process):
    """Catches 50 MB of prints reaching the grader's memory and the gradebook."""
    reply = process.request({"do": "cell", "source": "for _ in range(50): print('x' * 10**6)", "limit": 5}, 5)
    assert reply["overflowed"] is True and sum(len(o["text"]) for o in reply["outputs"]) < 5 * 2**20


def test_replies_may_come_before_they_are_asked_for(process, busy_thread):
    """Catches a reply that has come with the one before, which the socket will not tell of, and is waited for there."""
    for n in range(20):
        first, second = ({"do": "cell", "source": f"print({one})", "limit": 60.0} for one in (n, -n))
        replies = process.request(first, 60.0, ahead=second), process.request(second, 60.0)
        assert [reply["outputs"][0]["text"] for reply in replies] == [f"{n}\n", f"{-n}\n"]


@pytest.fixture
def busy_thread():
    """Another thread has Python for a while whenever this one waits, and the student process goes on meanwhile."""
    before, busy = sys.getswitchinterval(), True
    sys.setswitchinterval(0.05)

    def work():
        while busy:
            pass

    thread = threading.Thread(target=work)
    thread.start()
    yield
    busy = False
    thread.join()
    sys.setswitchinterval(before)


def test_two_submissions_do_not_see_each_other(isolated):
    """Catches a shared /tmp or a shared interpreter."""
    first, second = isolated.start(LIMITS), isolated.start(LIMITS)
    try:
        run(first, "open('/tmp/note', 'w').write('x'); import numpy; numpy.leak = 1; leak = 1")
        source = "import os, numpy; print('note' in os.listdir('/tmp'), hasattr(numpy, 'leak'), 'leak' in globals())"
        assert run(second, source) == ("ok", "False False False\n")
    finally:
        first.close()
        second.close()


def test_the_fallback_without_namespaces_still_limits():
    """Catches a plain process that runs without time or memory limits, or leaves its folder behind."""
    zygote = Zygote(isolated=False)
    process = zygote.start(LIMITS)
    try:
        assert not zygote.isolated and zygote.refusal
        _, folder = run(process, "import os; print(os.getcwd())")
        assert run(process, "while True: pass", 0.3)[0] == "time_limit"
        assert run(process, "bytearray(10**10)")[0] == "memory_limit"
    finally:
        process.close()
    deadline = time.monotonic() + 10
    while os.path.exists(folder.strip()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not os.path.exists(folder.strip())
    zygote.close()


def _children(pid):
    """Command lines of a process's children."""
    listing = subprocess.run(["ps", "-eo", "ppid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if line.split()[0] == str(pid)]
