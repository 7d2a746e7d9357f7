"""What nbgrader's tables have no room for, in tables of ours beside them, in the same database.

An extension before anything is handed in, an excuse, a grade that is given out: nbgrader could keep these only with a
submission, and one that nobody handed in would count. Ids and names are texts here, and refer to no row: what people
decided outlives a student who is removed and comes back.
"""

import json
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Float,
    Integer,
    Interval,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    update,
)

from autograder import KitError

VERSION = 1  # of these tables; who changes them adds how the older ones become them

metadata = MetaData()


def _key(name):
    return Column(name, String(128), primary_key=True)


_version = Table("autograder_version", metadata, Column("version", Integer, primary_key=True))
_decision = Table(
    "autograder_decision", metadata, _key("assignment"), _key("student"), Column("extension", Interval),
    Column("excused", Boolean, nullable=False), Column("released", DateTime), Column("released_points", Float),
    Column("why", Text, nullable=False),
)
_answers = Table("autograder_answers", metadata, _key("assignment"), _key("student"), Column("digests", Text, nullable=False))
_stranger = Table("autograder_stranger", metadata, _key("student"))


@dataclass(frozen=True)
class Decision:
    """What people decided about one student's work on one assignment.

    Parameters
    ----------
    extension : datetime.timedelta or None
    excused : bool
        Whether nothing is expected of the student.
    released : datetime.datetime or None
        When the grade was given out, in UTC.
    released_points : float or None
        What it was then.
    why : str
        The reason for extension or excuse.
    """

    extension: timedelta | None = None
    excused: bool = False
    released: datetime | None = None
    released_points: float | None = None
    why: str = ""


NOTHING = Decision()


def prepare(gradebook):
    """Make the tables where they are not there yet.

    Parameters
    ----------
    gradebook : nbgrader.api.Gradebook
        With nothing that waits to be committed.

    Raises
    ------
    KitError
        If another version of the kit has written them.
    """
    connection = gradebook.db.connection()
    if not inspect(connection).has_table(_version.name):
        metadata.create_all(connection)
    version = connection.execute(select(func.max(_version.c.version))).scalar()
    if version is None:
        connection.execute(insert(_version), {"version": VERSION})
        gradebook.db.commit()
    elif version != VERSION:
        raise KitError(
            f"the gradebook's extensions and excuses are of version {version}, and this kit knows version {VERSION}; "
            "install the kit that wrote them, or a newer one"
        )


def decisions(connection, students=()):
    """What was decided: (assignment, student) -> `Decision`; about these students alone, if there are any."""
    wanted = select(_decision)
    if students:
        wanted = wanted.where(_decision.c.student.in_(students))
    return {(assignment, student): Decision(*decided) for assignment, student, *decided in connection.execute(wanted)}


def decide(connection, assignment, student, **changes):
    """Change what was decided; nothing is committed.

    Parameters
    ----------
    connection : sqlalchemy.Connection
    assignment, student : str
    **changes
        Fields of `Decision`.
    """
    _put(connection, _decision, {"assignment": assignment, "student": student}, changes,
         {field.name: field.default for field in fields(Decision)})


def answers(connection, assignment, student):
    """Digests of the answers that were graded last: cell -> digest, or None if that is not known."""
    row = connection.execute(select(_answers.c.digests).where(
        _answers.c.assignment == assignment, _answers.c.student == student)).scalar()
    return row and json.loads(row)


def keep_answers(connection, assignment, student, digests):
    """Remember which answers are graded; nothing is committed."""
    _put(connection, _answers, {"assignment": assignment, "student": student}, {"digests": json.dumps(digests)})


def strangers(connection):
    """Ids of students whom nobody entered: who handed something in without being in the gradebook."""
    return set(connection.execute(select(_stranger.c.student)).scalars())


def note_strangers(connection, students):
    """Remember those of whom nothing but a submission is known; nothing is committed."""
    new = sorted(set(students) - strangers(connection))
    if new:
        connection.execute(insert(_stranger), [{"student": student} for student in new])


def enter(connection, students):
    """Note that somebody entered these students; nothing is committed."""
    connection.execute(delete(_stranger).where(_stranger.c.student.in_(students)))


def forget(connection, student):
    """Remove all there is about a student; nothing is committed."""
    for table in (_decision, _answers, _stranger):
        connection.execute(delete(table).where(table.c.student == student))


def rename(connection, old, new):
    """Give everything of one id to another; what was decided about that one stands. Nothing is committed."""
    for table in (_decision, _answers):
        own = select(table.c.assignment).where(table.c.student == new)
        connection.execute(delete(table).where(table.c.student == old, table.c.assignment.in_(own)))
        connection.execute(update(table).where(table.c.student == old).values(student=new))
    enter(connection, [old, new])  # somebody knows who this is


def _put(connection, table, key, changes, others=None):
    row = update(table).values(changes)
    for name, value in key.items():
        row = row.where(table.c[name] == value)
    if not connection.execute(row).rowcount:
        connection.execute(insert(table), {**(others or {}), **key, **changes})
