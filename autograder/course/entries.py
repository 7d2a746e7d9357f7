"""What one submission brings into a course, as plain data: made where it is graded, so that who writes for all only writes."""

import functools
import hashlib
import json
from dataclasses import dataclass

from nbgrader import utils

from autograder.course import timestamps
from autograder.grading import submission
from autograder.grading.submitted import plain


@dataclass(frozen=True)
class Entry:
    """What goes beside the report into gradebook and autograded folder.

    Parameters
    ----------
    scores : dict of str to float or None
        Grade cell -> points by program, None if that is for a person to say.
    comments : dict of str to str or None
        Cell that a person may comment on -> the automatic comment.
    answers : dict of str to str
        Grade cell -> a digest of what of the student's is graded there; see `answers`.
    handed_in : timestamps.Timestamp
    files : dict of str to bytes
        The autograded folder: name -> contents.
    """

    scores: dict
    comments: dict
    answers: dict
    handed_in: timestamps.Timestamp
    files: dict


def grade(assignment, zygote, student_id, submitted, handed_in, on_test=None):
    """Grade what a student handed in; see `submission.grade_submission`.

    Parameters
    ----------
    assignment, zygote, student_id
    submitted : files.Submission
    handed_in : timestamps.Timestamp
    on_test : callable, optional
        As in `suite.run`; called in the process that grades.

    Returns
    -------
    report : Report
    entry : Entry
    """
    report, graded = submission.grade_submission(assignment, zygote, student_id, submitted, on_test)
    cells = [cell for cell in graded.cells if "nbgrader" in cell.metadata]
    # No links: nbgrader follows them when it copies the folder beside the feedback that it releases. And no indentation:
    # nbformat's writer, which makes it, took a quarter of the time of grading.
    autograded = submitted.own_files.contents | {submitted.name: json.dumps(graded, ensure_ascii=False).encode()}
    return report, Entry(
        {_name(cell): 0 if report.outcome.unusable else score_of(cell) for cell in cells if utils.is_grade(cell)},
        {_name(cell): _comment(cell) for cell in cells if utils.is_solution(cell) or utils.is_task(cell)},
        answers(graded), handed_in, autograded,
    )


def grade_contained(assignment, zygote, student_id, submitted, handed_in, on_test=None):
    """`grade`, whatever the submission does; see `submission.grade_contained`."""
    return submission.grade_contained(
        assignment, zygote, student_id, submitted, functools.partial(grade, handed_in=handed_in, on_test=on_test))


def answers(graded):
    """A digest of every answer in a graded notebook: when it changes, a grader has to look again.

    Parameters
    ----------
    graded : NotebookNode
        It begins with the summary of its grading.

    Returns
    -------
    dict of str to str
        Grade cell -> digest: of a written answer and what the student put below it, or else of all that the student wrote.
    """
    written, everything, last = {}, [], None
    for cell in graded.cells[1:]:
        if "nbgrader" in cell.metadata:
            last = _name(cell) if utils.is_grade(cell) else None
            if last:
                written[last] = []
        if "nbgrader" not in cell.metadata or utils.is_solution(cell):
            source = plain(cell.source.strip())
            everything.append(source)
            if last:
                written[last].append((utils.is_solution(cell), source))
    return {name: _digest([source for _, source in own] if any(answer for answer, _ in own) else everything)
            for name, own in written.items()}


def _digest(sources):
    return hashlib.sha256("\0".join(sources).encode("utf-8", "replace")).hexdigest()[:16]


def score_of(cell):
    """What a graded cell earns, None if that is for a person to say.

    As nbgrader determines it, which would refuse the points of a bonus item: they lie beyond the cell's maximum, 0.
    """
    for output in cell.get("outputs", []):
        if output.output_type == "execute_result":  # ours, see notebook.write_results
            return float(output.data["text/plain"])
    return utils.determine_grade(cell)[0]


def _comment(cell):
    untouched = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell) and not utils.is_task(cell)
    return "No response." if untouched else None


def _name(cell):
    return cell.metadata.nbgrader.grade_id
