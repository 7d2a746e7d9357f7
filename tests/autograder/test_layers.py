"""What `autograder doctor` says about the wall, with the wall and without."""

from autograder.isolation import layers
from autograder.isolation.process import Zygote


def test_every_layer_holds_where_processes_are_isolated(isolated):
    """Catches a layer that has gone unnoticed, and one that is said to hold because somebody wrote so."""
    found = layers.examine(isolated)
    assert {name for name, (holds, _) in found.items() if not holds} == ({"control groups"} if isolated.groups.refusal else set())


def test_without_isolation_the_missing_layers_are_named():
    """Catches a doctor that calls a plain process a wall."""
    zygote = Zygote(isolated=False)
    try:
        found = layers.examine(zygote)
    finally:
        zygote.close()
    assert {name for name, (holds, _) in found.items() if holds} - {"control groups"} == {"system calls", "priority", "account"}
