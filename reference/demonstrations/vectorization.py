"""One layer, one batch, three programs: the numbers are the same, the time is not.

The loops do the same multiplications as the matrix product. What they pay for is the interpreter, which looks
at every number by itself, and memory that is read in small pieces. Times are this machine's and this
moment's; run it to get yours. Left out: GPUs and several threads.
"""

import time
from dataclasses import dataclass

import numpy as np

from reference.dense import dense_forward
from reference.table import format_table


@dataclass(frozen=True)
class Vectorization:
    """What `measure` returns.

    Attributes
    ----------
    shape : tuple of int
        (m, n_in, n_out).
    multiplications : int
        The same in every program: m n_in n_out.
    seconds : dict of str to float
        Program -> the shortest time of all repetitions.
    difference : float
        The greatest difference between any two programs' results.
    """

    shape: tuple
    multiplications: int
    seconds: dict
    difference: float


def scalar_loops(X, W, b):
    """Three nested loops over Python floats: examples, neurons, inputs."""
    X, W, b = X.tolist(), W.tolist(), b.tolist()
    Z = []
    for x in X:
        row = []
        for w, bias in zip(W, b, strict=True):
            z = bias
            for x_k, w_k in zip(x, w, strict=True):
                z += x_k * w_k
            row.append(z)
        Z.append(row)
    return np.array(Z)


def example_by_example(X, W, b):
    """A matrix times a vector for each example."""
    return np.array([W @ x + b for x in X])


PROGRAMS = {
    "loops over numbers": scalar_loops,
    "loop over examples": example_by_example,
    "one matrix product": dense_forward,
}


def measure(m=256, n_in=64, n_out=128, repetitions=5, seed=0):
    """Run every program on the same batch.

    Parameters
    ----------
    m, n_in, n_out : int
    repetitions : int
        The shortest time counts: other work on the machine only ever adds.
    seed : int

    Returns
    -------
    Vectorization
    """
    rng = np.random.default_rng(seed)
    X, W, b = rng.normal(size=(m, n_in)), rng.normal(size=(n_out, n_in)), rng.normal(size=n_out)
    seconds, results = {}, []
    for name, program in PROGRAMS.items():
        times = []
        for _ in range(repetitions):
            start = time.perf_counter()
            Z = program(X, W, b)
            times.append(time.perf_counter() - start)
        seconds[name] = min(times)
        results.append(Z)
    difference = max(float(np.abs(Z - results[-1]).max()) for Z in results)
    return Vectorization((m, n_in, n_out), m * n_in * n_out, seconds, difference)


def main(**options):
    """Print what `measure` finds; options are those of `measure`."""
    r = measure(**options)
    slowest = max(r.seconds.values())
    print(f"(m, n_in, n_out) = {r.shape}: {r.multiplications:,} multiplications; "
          f"results differ by {r.difference:.0e} at most\n")
    print(format_table(["program", "milliseconds", "times faster"],
                       [[name, 1000 * s, f"{slowest / s:,.0f}"] for name, s in r.seconds.items()]))


if __name__ == "__main__":
    main()
