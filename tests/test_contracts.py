"""Who may know whom: what pyproject.toml states, and what can only be stated as a closed set."""

import ast
import sys

import grimp
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from kit import KIT

STUDENT_SIDE = "autograder.isolation.student"
PACKAGES = {"numpy", "msgpack", "IPython", "matplotlib", "torch"}  # what a student process loads of others
FOR_SUITES = {"autograder.testing", "autograder.authoring.sample_class"}


def test_imports_go_one_way(monkeypatch, capsys):
    """Catches grading that reaches up into the course, an engine that knows this lecture, tests behind the wall."""
    monkeypatch.chdir(KIT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def test_the_student_side_is_closed():
    """Catches a module of the kit, or another package, that every student process would load and could look into."""
    graph = grimp.build_graph("autograder", include_external_packages=True, cache_dir=None)
    known = {STUDENT_SIDE, *graph.find_descendants(STUDENT_SIDE), "autograder.isolation.wire"}
    loaded = {name for module in known for name in graph.find_modules_directly_imported_by(module)} - known
    assert {name for name in loaded if name not in sys.stdlib_module_names} <= PACKAGES


def test_suites_know_the_engine_by_its_face():
    """Catches a suite that a change inside the engine would break."""
    for path in (KIT / "autograder/suites").rglob("*.py"):
        package = f"autograder.suites.{path.parent.name}"
        own = {package, *(f"{package}.{neighbour.stem}" for neighbour in path.parent.iterdir())}
        named = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                named.add(node.module)
        assert {name for name in named if name.startswith("autograder")} <= FOR_SUITES | own, path
