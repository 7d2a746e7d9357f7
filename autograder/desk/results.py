"""What is told of a try, and from when on: what the instructor shows at once, and all of it with the released grade."""

from autograder.course import feedback
from autograder.course.roster import Student
from autograder.course.rows import Points, Result
from autograder.desk.settings import CRITERIA, EVERYTHING


def of_try(one, report, student, due, extension):
    """A try's result as pages take it, with nothing in it but what a program gave.

    Parameters
    ----------
    one : tries.Try
    report : report.Report or None
        What is known of it by now.
    student : roster.Student or None
    due : datetime.datetime or None
    extension : datetime.timedelta or None

    Returns
    -------
    rows.Result
    """
    student = student or Student(one.student)
    points = {item.id: Points(item.score, None, 0.0) for item in report.items} if report else {}
    return Result(student.id, student.first_name, student.last_name, one.receipt.at, due and due + (extension or due - due),
                  extension, 0.0, points, {})


def told(assignment, report, result, shown):
    """What the page of a try says about points, as `result.html.j2` names it.

    Parameters
    ----------
    assignment : assignment.Assignment
    report : report.Report
    result : rows.Result
        Of the gradebook, if the grade is released, or else of `of_try`.
    shown : str or None
        What is shown at once; see `settings.Desk.show`. None if the grade is released, and all of it is told.

    Returns
    -------
    dict
    """
    return feedback.outcome(
        assignment, result, report.items, reasons=shown in (None, EVERYTHING), criteria=shown in (None, EVERYTHING, CRITERIA),
        withheld=withheld(assignment) if shown else ())


def withheld(assignment):
    """Items that nobody is told about before the grade is released: tries would find their answers."""
    return {item.id for item in assignment.items if item.fixed_answer}
