"""While a cell runs, the request to run the next one waits in its process already: it reads that away, or answers in advance.

Only cells are announced, which are the submission's own. What is read away costs the cells that then do not run; who answers
what was not asked is ended, and an answer in advance to a hidden test earns nothing.
"""

import pytest

from autograder.grading.session import CodeCell, Session, Student, StudentError
from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome

WORK = """
import gc, sys
wire = sys.modules["autograder.isolation.wire"]
channel = next(one for one in gc.get_objects() if type(one).__name__ == "Channel")
def double(x): return 2 * x
"""
ANSWERS = 'channel.send(wire.pack({"each": [{"value": wire.pack(10), "after": None}]}))'


@pytest.fixture
def run(isolated):
    """Runs cells after the work: the session and the submission."""
    sessions = []

    def start(*cells):
        sessions.append(Session(isolated, [CodeCell(cell) for cell in (WORK, *cells)], Limits(cell_seconds=0.5)))
        return sessions[-1], Student(sessions[-1])

    yield start
    for session in sessions:
        session.close()


def test_a_request_that_is_read_away_costs_cells_and_no_more(run):
    """Catches a grader that waits for ever, and a submission whose other cells are lost."""
    session, student = run("channel.receive(timeout=1) and None", "1", "done = True")
    assert [cell.status for cell in session.runs] == ["ok", "ok", *[Outcome.TIME_LIMIT.value] * 2] and student.double(5) == 10


@pytest.mark.parametrize("cells", [[ANSWERS], [ANSWERS, "1"], ["1", ANSWERS, "2", "3"]])
def test_an_answer_in_advance_is_none(run, cells):
    """Catches answers that are taken for those to what is asked later."""
    session, student = run(*cells)
    with pytest.raises(StudentError, match="something that no notebook sends"):
        student.double(5)
    assert Outcome.PROTOCOL_VIOLATION in session.outcomes
