"""Runs a hidden pytest suite against one session and turns its results into criteria.

pytest does the running; this plugin supplies the fixtures, keeps the score and gives an item its second chance: a test
that fails is run again with the reference standing in for the earlier functions whose own items lost points. So a wrong
`relu` costs the relu item, not every item after it.
"""

import functools
import hashlib
import importlib
import inspect
import os
import traceback
from collections import Counter

import numpy as np
import numpy.ma  # these two NumPy would import at first use, in every process that is forked to grade
import numpy.random  # noqa: F401
import pytest

from autograder import misconceptions
from autograder.process import StudentDied
from autograder.report import Criterion, ItemResult
from autograder.session import COSTLY, Student, StudentError

_OPTIONS = [
    "--assert=plain", "--import-mode=importlib", "--rootdir", os.path.dirname(__file__), "-c", os.devnull,
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "no:capture", "-p", "no:faulthandler",
    "-p", "no:junitxml", "-p", "no:doctest", "-p", "no:unittest", "-p", "no:nose", "-p", "no:pastebin",
    "-p", "no:warnings", "-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:debugging",
    "-p", "no:stepwise", "-p", "no:setuponly", "-p", "no:setupplan",
]
_REASON = 2000  # characters; names and values in a reason can be the student's, and of any length
_NOTE = 200  # characters of a text that a test notes, which can be the student's too


class SuiteError(Exception):
    """The suite does not fit the assignment, or cannot be collected."""


def run(assignment, session, student_id):
    """Grade a session with the assignment's hidden suite.

    Parameters
    ----------
    assignment : assignment.Assignment
    session : session.Session
    student_id : str
        Seeds the tests' random numbers: the same for the same student, different between neighbours.

    Returns
    -------
    items : list of ItemResult
        One for each item that is graded by program, in the assignment's order.
    problems : list of str
        Errors in the tests themselves; for the TA.
    measures : dict of str to float or str
        What the tests noted with the fixture `measure`.

    Raises
    ------
    SuiteError
    """
    keeper, nodes = collect_once(assignment)
    keeper.start(assignment, session, student_id)
    for node, following in zip(nodes, [*nodes[1:], None]):
        node.config.hook.pytest_runtest_protocol(item=node, nextitem=following)
    if keeper.errors:
        raise SuiteError(f"{assignment.name}: the hidden suite does not run: {' '.join(keeper.errors)}")
    return list(keeper.results.values()), keeper.problems, keeper.measures


def collect(assignment):
    """The item ids that the suite's tests name, with the number of tests for each, without running any.

    Raises
    ------
    SuiteError
        If a test names no item or has no docstring, or a file cannot be imported.
    """
    _, nodes = _collect(assignment)
    return dict(Counter(_criterion(node)[0] for node in nodes))


_collected = {}  # folder of a suite -> what `_collect` returned


def collect_once(assignment):
    """`_collect` the suite unless that was done; the modules that it loads are there for every process forked later."""
    if assignment.suite not in _collected:
        _collected[assignment.suite] = _collect(assignment)
    return _collected[assignment.suite]


def _collect(assignment):
    """A plugin that keeps the score, and pytest's nodes for the suite's tests, in which it is at work."""
    keeper = _ScoreKeeper()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the suite needs none, and each would cost every submission
    code = pytest.main([*_OPTIONS, str(assignment.suite)], plugins=[keeper])
    if keeper.errors or code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SuiteError(f"{assignment.name}: {' '.join(keeper.errors) or repr(code)}")
    order = {item.id: position for position, item in enumerate(assignment.items)}
    # a node finds out its location at first use, and keeps it: here for all processes that are forked later
    return keeper, sorted(keeper.nodes, key=lambda node: (order.get(_criterion(node)[0], len(order)), node.location))


@functools.cache  # a collected test is asked for it again by every submission
def _criterion(node):
    """What a test says about itself: its item, its weight and the text of its criterion."""
    marks = list(node.iter_markers("item"))
    text = inspect.getdoc(node.function)
    if len(marks) != 1 or not text:
        raise SuiteError(f"{node.nodeid} needs exactly one @item and a docstring.")
    item_id, weight = marks[0].args
    return item_id, weight, " ".join(text.split())


def _complaint(report):
    """The line of a failed report that says what went wrong."""
    lines = report.longreprtext.strip().splitlines()
    marked = [line[1:].strip() for line in lines if line.startswith("E ")]
    return marked[0] if marked else lines[-1]


class _ScoreKeeper:
    """Collects the tests, runs them against a session after `start`, and notes what each came to."""

    def __init__(self):
        self.nodes, self.errors = [], []

    def start(self, assignment, session, student_id):
        """Begin with a submission."""
        self._assignment, self._session, self._student_id = assignment, session, student_id
        self._student = Student(session)
        self._used = []
        self._dangerous = set()  # items whose functions have ended the process or used up a limit
        self.results = {item.id: ItemResult(item.id, item.points) for item in assignment.items}
        self.problems, self.measures, self.errors = [], {}, []

    def pytest_configure(self, config):
        config.addinivalue_line("markers", "item(id, weight): the item that a test belongs to")

    def pytest_collectreport(self, report):
        if report.failed:
            self.errors.append(_complaint(report))

    def pytest_collection_modifyitems(self, items):
        for node in items:
            try:
                _criterion(node)
            except SuiteError as error:
                self.errors.append(str(error))

    def pytest_runtestloop(self, session):
        self.nodes = session.items
        return True  # `run` runs them, again and again

    def pytest_runtest_logreport(self, report):
        if report.failed and report.when == "setup":  # pytest never called the test, whoever handed in
            self.errors.append(_complaint(report))
        elif report.failed:  # one submission's trouble, which must not stop a class; the criterion is not met
            self.problems.append(f"{report.nodeid}\n{report.longreprtext}")

    @pytest.fixture
    def student(self):
        """The submission under test."""
        yield self._student
        self._student._release()

    @pytest.fixture
    def rng(self, request):
        """Random numbers that differ between students and are the same at every grading."""
        seed = f"{self._assignment.name}/{self._student_id}/{request.node.nodeid}"
        return np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))

    @pytest.fixture
    def student_id(self):
        """Whose submission it is, as the gradebook knows them."""
        return self._student_id

    @pytest.fixture
    def measure(self):
        """Notes a figure or a short text in the report: `measure("accuracy", 0.91)`."""
        def note(name, value):
            self.measures[name] = value[:_NOTE] if isinstance(value, str) else float(value)

        return note

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        item_id, weight, text = _criterion(pyfuncitem)
        criterion = Criterion(text, weight, passed=False)
        self.results[item_id].criteria.append(criterion)
        arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
        rng = arguments.get("rng")
        numbers = rng and rng.bit_generator.state

        def attempt():
            if rng:
                rng.bit_generator.state = numbers  # the second attempt sees what the first one saw
            return self._verdict(pyfuncitem, arguments)

        # a helper that ended the process or hung once would do it again: it is replaced from the start
        broken = self._broken_helpers(item_id, self._dangerous)
        kind, criterion.reason = self._attempt(attempt, broken, item_id)
        if kind is not None and (all_broken := self._broken_helpers(item_id, self.results)) != broken:
            second, reason = self._attempt(attempt, all_broken, item_id)
            if second in (None, "wrong"):  # what is still wrong with correct helpers is this item's own mistake
                kind, criterion.reason = second, reason
        if kind is None:
            criterion.passed, criterion.reason = True, ""
            if self._used:
                criterion.note = f"Met with a correct {_listed(self._used)} standing in for yours."
        elif kind in COSTLY:
            self._dangerous.add(item_id)
        elif kind == "wrong":
            criterion.note = misconceptions.diagnose(self._assignment, item_id, self._student)
        return True

    def _attempt(self, attempt, substitutes, item_id):
        self._student._calls.clear()
        self._used = []  # the substitutes that were called
        if not substitutes:
            return attempt()
        try:
            noting = {name: self._noting(name, function) for name, function in substitutes.items()}
            with self._student._substituted(noting, item_id):
                return attempt()
        except StudentDied as death:
            return "died", f"This could not be checked: {death.outcome.sentence}"

    def _noting(self, name, function):
        def substitute(*args, **kwargs):
            if name not in self._used:
                self._used.append(name)
            return function(*args, **kwargs)

        return substitute

    def _verdict(self, node, arguments):
        """(None, "") if the test passes, else what kind of failure and why, for the student."""
        try:
            node.obj(**arguments)
            return None, ""
        except AssertionError as failure:
            return "wrong", str(failure)[:_REASON] or "This criterion is not met."
        except StudentError as error:
            return error.kind, str(error)
        except StudentDied as death:
            return "died", f"This could not be checked: {death.outcome.sentence}"
        except Exception:  # a test that trips over what the student returned, or is wrong itself
            self.problems.append(f"{node.nodeid}\n{traceback.format_exc()}")
            return "wrong", "This could not be checked: a result is not of the kind that the exercise asks for."

    def _broken_helpers(self, item_id, suspects):
        """Reference functions for the names of earlier items, among `suspects`, that have lost points."""
        own = {name for item in self._assignment.items if item.id == item_id for name in item.functions}
        broken = {}
        for item in self._assignment.items:
            if item.id == item_id:
                break
            if item.id in suspects and not all(criterion.passed for criterion in self.results[item.id].criteria):
                for name, module in item.functions.items():
                    if name not in own:
                        broken[name] = getattr(importlib.import_module(module), name)
        return broken


def _listed(names):
    names = [f"`{name}`" for name in names]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
