"""Print one derivation, or check them all: see the package."""

import sys

import numpy as np

from reference.derivations import NAMES, load


def main(arguments):
    """Print the derivation that is named, else a table of all steps; returns 1 if a step does not hold."""
    if arguments:
        if arguments[0] not in NAMES:
            message = f"no derivation is called {arguments[0]!r}: choose from {', '.join(NAMES)}"
            print(message, file=sys.stderr)
            return 2
        print(load(arguments[0]).render())
        return 0
    worst = 0.0
    for name in NAMES:
        derivation = load(name)
        print(f"\n{derivation.title}")
        for step in derivation.steps:
            error = step.disagreement(np.random.default_rng(0))
            worst = max(worst, error / step.tolerance)
            print(f"  {error:8.1e}  (at most {step.tolerance:.0e})  {step.title}")
    return int(not worst <= 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
