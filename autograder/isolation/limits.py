"""What a submission may use. An assignment states its own in its notebook's metadata; these are the defaults.

Time by the clock does not run while a process waits for a core: how busy the machine is costs nobody points. The worst that
one submission can take, run for the first time or once more after a fault, is its CPU seconds, as many and ten more for the
process that grades it, and by the clock ten times its CPU seconds and a minute: what is not done then is not graded. Sleeping
is shorter: a request of whose processes none runs for half a minute has used up its time.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits on one submission.

    Parameters
    ----------
    cell_seconds : float
        CPU seconds for each cell; by the clock, three times that.
    call_seconds : float
        The same for each call that a hidden test makes.
    cpu_seconds : float
        CPU seconds for the whole submission: all its processes, all cells and calls, before and after restarts.
    memory_mb : int
        Memory of all processes beyond what Python and its libraries take by themselves; what they share counts once.
    processes : int
        Processes and threads at a time.
    scratch_mb : int
        Space for files, and the largest single file.
    restarts : int
        How often a process that died is started again, without the cell that killed it.
    """

    cell_seconds: float = 10.0
    call_seconds: float = 5.0
    cpu_seconds: float = 60.0
    memory_mb: int = 1024
    processes: int = 32
    scratch_mb: int = 64
    restarts: int = 20


DEFAULT = Limits()
# For the environment of every process that grades: numerical libraries get no threads of their own. As many processes as
# there are cores share these already, results do not depend on their number, and a fork copies no thread pool.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
