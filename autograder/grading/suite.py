"""Runs a hidden suite against one session and turns its results into criteria.

pytest finds and imports the tests, once. They are called from here, for each submission anew, with the arguments that
they name; pytest's own machinery around a call (fixtures, phases, reports) would take a quarter of a grader's time.
A test that fails is run again with the reference standing in for the earlier functions whose own items lost points: a
wrong `relu` costs the relu item, not every item after it.
"""

import hashlib
import inspect
import os
import re
import sys
import traceback
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.ma  # these two NumPy would import at first use, in every process that is forked to grade
import numpy.random  # noqa: F401
import pytest

from autograder import KitError
from autograder.grading import misconceptions
from autograder.grading.report import Criterion, ItemResult
from autograder.grading.session import COSTLY, RAISED, Student, StudentError
from autograder.isolation import contained, wire
from autograder.isolation.process import StudentDied

_OPTIONS = [
    "--collect-only", "--assert=plain", "--import-mode=importlib", "-c", os.devnull,
    "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:logging", "-p", "no:capture", "-p", "no:faulthandler",
    "-p", "no:junitxml", "-p", "no:doctest", "-p", "no:unittest", "-p", "no:nose", "-p", "no:pastebin",
    "-p", "no:warnings", "-p", "no:unraisableexception", "-p", "no:threadexception", "-p", "no:debugging",
    "-p", "no:stepwise", "-p", "no:setuponly", "-p", "no:setupplan",
]
_ARGUMENTS = ("student", "rng", "steady_rng", "student_id", "measure")  # what a test may ask for
_REASON = 2000  # characters; names and values in a reason can be the student's, and of any length
_SEARCHES, _SEARCH_SECONDS = 8, 2  # for what kind of slip a wrong result is: how many, and the CPU time of each
_NOTE = 200  # characters of a text that a test notes, which can be the student's too


def run(assignment, session, student_id, files, on_test=None):
    """Grade a session with the assignment's hidden suite.

    Parameters
    ----------
    assignment : assignment.Assignment
    session : session.Session
    student_id, files : str
        Who handed in what (a digest of the files). With the course's secret they seed the tests' random numbers: the same
        files always meet the same tests, changed ones meet others, so that nothing can be collected over attempts.
    on_test : callable, optional
        Is told the `ItemResult` that has grown, after each test.

    Returns
    -------
    items : list of ItemResult
        One for each item that is graded by program, in the assignment's order.
    problems : list of str
        Errors in the tests themselves; for the TA.
    measures : dict of str to float or str
        What the tests noted with `measure`.

    Raises
    ------
    KitError
    """
    keeper = _ScoreKeeper(assignment, session, student_id, files)
    for test in collect_once(assignment):
        if test.item not in keeper.results:  # of an item that is not to be graded
            continue
        try:
            keeper.judge(test)
        except Exception:  # trouble with one test stops nothing else; its criterion is not met
            keeper.problems.append(_stumbled(test))
        if on_test:
            on_test(keeper.results[test.item])
    return list(keeper.results.values()), keeper.problems, keeper.measures


def collect(assignment):
    """The item ids that the suite's tests name, with the number of tests for each, without running any.

    Raises
    ------
    KitError
        If a file cannot be imported, or a test has no docstring, not exactly one @item, or unknown arguments.
    """
    return dict(Counter(test.item for test in _collect(assignment)))


_collected = {}  # folder of a suite and digest of its code -> what `_collect` returned


def collect_once(assignment):
    """`_collect` the suite unless that was done; the modules that it loads are there for every process forked later."""
    key = assignment.suite, assignment.code[assignment.suite]
    if key not in _collected:
        _collected[key] = _collect(assignment)
    return _collected[key]


@dataclass(frozen=True)
class _Test:
    """A test of the suite: its item, its weight there, the text of its criterion, and what it wants to be called with."""

    id: str
    function: object
    arguments: tuple
    item: str
    weight: float
    text: str


def _collect(assignment):
    """The suite's tests, in the order of the assignment's items."""
    if not list(assignment.suite.glob("test_*.py")):
        raise KitError(f"{assignment.name} has no hidden tests: no file {assignment.suite}/test_*.py")
    assignment.authored.on_path()
    collector = _Collector()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the suite needs none
    root = assignment.suite.parents[1]  # a test's id, from which its random numbers follow, is the same on every machine
    named = ".".join([*assignment.suite.relative_to(root).parts, "test_"])
    for module in [name for name in sys.modules if name.startswith(named)]:
        del sys.modules[module]  # pytest would take it again, as it was, or another course's of the same name
    code = pytest.main([*_OPTIONS, "--rootdir", str(root), str(assignment.suite)], plugins=[collector])
    if collector.errors or code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise KitError(f"the hidden tests of {assignment.name} cannot be used: {'; '.join(collector.errors) or repr(code)}")
    order = {item.id: position for position, item in enumerate(assignment.items)}
    return sorted(collector.tests, key=lambda test: order.get(test.item, len(order)))


class _Collector:
    """A pytest plugin that notes the tests which pytest finds, and what is wrong with them."""

    def __init__(self):
        self.tests, self.errors = [], []

    def pytest_configure(self, config):
        config.addinivalue_line("markers", "item(id, weight): the item that a test belongs to")

    def pytest_collectreport(self, report):
        if report.failed:
            lines = report.longreprtext.strip().splitlines()
            marked = [line[1:].strip() for line in lines if line.startswith("E ")]
            places = re.findall(r"(?m)^(\S+\.py:\d+): in ", report.longreprtext)
            self.errors.append(f"{places[-1] if places else report.nodeid}: {marked[0] if marked else lines[-1]}")

    def pytest_collection_finish(self, session):
        for node in session.items:
            marks = list(node.iter_markers())
            text = inspect.getdoc(node.function)
            parameters = inspect.signature(node.obj).parameters.values()
            arguments = tuple(one.name for one in parameters if one.default is one.empty)
            unknown = [name for name in node.fixturenames if name not in _ARGUMENTS]  # setup functions and the like too
            if [mark.name for mark in marks] != ["item"] or not text:
                self.errors.append(f"{node.nodeid} needs a docstring and exactly one mark, @item.")
            elif unknown:
                self.errors.append(f"{node.nodeid} asks for {', '.join(unknown)}; there is {', '.join(_ARGUMENTS)}.")
            else:
                item_id, weight = marks[0].args
                if not weight > 0:
                    self.errors.append(f"{node.nodeid}: the weight of a test is greater than 0, not {weight}.")
                self.tests.append(_Test(node.nodeid, node.obj, arguments, item_id, weight, " ".join(text.split())))


class _ScoreKeeper:
    """Runs tests against a session, and notes what each came to."""

    def __init__(self, assignment, session, student_id, files):
        self._assignment, self._student_id, self._files = assignment, student_id, files
        self._session, self._student = session, Student(session)
        self._used = []
        self._dangerous = set()  # items whose functions have ended the process or used up a limit
        self.results = {item.id: ItemResult(item.id, item.points, bonus=item.bonus) for item in assignment.items}
        self.problems, self.measures = [], {}
        self._searches, self._told = _SEARCHES, set()  # for slips, that are left; and items of which one is told

    def judge(self, test):
        """Run a test, a second time with correct helpers if it fails, and add its criterion to its item."""
        criterion = Criterion(test.text, test.weight, passed=False, reason="This could not be checked.")
        self.results[test.item].criteria.append(criterion)
        try:
            self._session.recall(test.item)
            # a helper that ended the process or hung once would do it again: it is replaced from the start
            broken = self._broken_helpers(test.item, self._dangerous)
            kind, criterion.reason = self._attempt(test, broken)
            if kind is not None and (all_broken := self._broken_helpers(test.item, self.results)) != broken:
                second, reason = self._attempt(test, all_broken)
                if second in (None, "wrong"):  # what is still wrong with correct helpers is this item's own mistake
                    kind, criterion.reason = second, reason
            if kind is None:
                criterion.passed, criterion.reason = True, ""
                if self._used:
                    criterion.note = f"Met with a correct {_listed(self._used)} standing in for yours."
            elif kind in COSTLY:
                self._dangerous.add(test.item)
            elif kind in ("wrong", *RAISED):
                criterion.note = misconceptions.diagnose(self._assignment, test.item, self._student) or self._slip(test.item)
        finally:
            self._student._release()

    def _slip(self, item_id):
        """What kind of slip explains the failure, said once for an item."""
        if item_id in self._told or not self._searches:
            return ""
        self._searches -= 1
        functions = next(item.functions for item in self._assignment.items if item.id == item_id)
        first = all(criterion.passed for criterion in self.results[item_id].criteria[:-1])
        try:
            found = contained.call(misconceptions.slip, self._assignment, item_id, self._student, first or len(functions) == 1,
                                   seconds=_SEARCH_SECONDS * wire.WALL_FACTOR, cpu_seconds=_SEARCH_SECONDS)
        except contained.Failed:
            return ""
        self._told |= {item_id} if found else set()
        return found

    def _attempt(self, test, substitutes):
        self._student._calls.clear()
        self._used = []  # the substitutes that were called
        if not substitutes:
            return self._verdict(test)
        try:
            noting = {name: self._noting(name, function) for name, function in substitutes.items()}
            with self._student._substituted(noting, test.item):
                return self._verdict(test)
        except StudentDied as death:
            return "died", f"This could not be checked: {death.outcome.sentence}"

    def _noting(self, name, function):
        def substitute(*args, **kwargs):
            if name not in self._used:
                self._used.append(name)
            return function(*args, **kwargs)

        if isinstance(function, type):
            substitute.stands_for = function
        return substitute

    def _verdict(self, test):
        """(None, "") if the test passes, else what kind of failure and why, for the student."""
        try:
            test.function(**{name: self._argument(name, test) for name in test.arguments})
            return None, ""
        except AssertionError as failure:
            return "wrong", str(failure)[:_REASON] or "This criterion is not met."
        except StudentError as error:
            return error.kind, str(error)
        except StudentDied as death:
            return "died", f"This could not be checked: {death.outcome.sentence}"
        except (Exception, pytest.fail.Exception, pytest.skip.Exception, SystemExit):
            # a test that trips over what the student returned, or is wrong itself
            self.problems.append(_stumbled(test))
            return "wrong", "This could not be checked: a result is not of the kind that the exercise asks for."

    def _argument(self, name, test):
        """What a test gets for an argument of this name; `autograder.testing` says what each is for."""
        if name == "student":
            return self._student
        if name == "student_id":
            return self._student_id
        if name == "measure":
            return self._measure
        seed = f"{self._assignment.secret}/{self._assignment.name}/{self._student_id}"
        if name == "rng":  # not where luck could reach a threshold: there, changed files would be another try
            seed += f"/{test.id}/{self._files}"
        return np.random.default_rng(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big"))

    def _measure(self, name, value):
        self.measures[name] = value[:_NOTE] if isinstance(value, str) else float(value)

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
                        broken[name] = getattr(self._assignment.authored.load(module), name)
        return broken


def _stumbled(test):
    """What went wrong in a test that raised, for a TA: where in the test and what comes first."""
    error = sys.exc_info()[1]
    file = inspect.getsourcefile(test.function)
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    where = f"{file}, line {lines[-1]}" if lines else test.id
    return f"{where}: {type(error).__name__}: {error}\n{test.id}\n{traceback.format_exc()}"


def _listed(names):
    names = [f"`{name}`" for name in names]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
