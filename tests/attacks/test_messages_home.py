"""Code that sends a test's inputs home: in an exception's text or type, in a line that it claims to be at, in a type's name.

What must happen: feedback shows a type from a fixed list, at most 80 characters of the text, lines of the submission's own.
"""

import pytest

from autograder.grading.session import CodeCell, Session, Student, StudentError

SOURCE = """
import builtins, linecache

def say(x):
    raise ValueError(f"{x!r} " * 100)

def own_type(x):
    raise type(f"Input_{x}_".replace(".", "_"), (Exception,), {})("")

def other_line(x):
    name = "<ipython-input-9-x>"
    linecache.cache[name] = (1, None, [f"secret = {x}\\n"], name)
    exec(compile("raise KeyError", name, "exec"))

def own_name(x):
    return type(f"Input {x} " * 20, (), {})()
"""


@pytest.fixture
def student(zygote):
    session = Session(zygote, [CodeCell(SOURCE)])
    yield Student(session)
    session.close()


@pytest.mark.parametrize("function, shown", [
    ("say", "ValueError: 0.123456789"), ("own_type", "raised Exception"), ("other_line", "raised KeyError"),
])
def test_an_exception_carries_little(student, function, shown):
    """Catches 300 characters of the student's choice, a made-up type, a made-up line: each a way to read a test's inputs."""
    with pytest.raises(StudentError) as error:
        getattr(student, function)(0.123456789)
    said = str(error.value)
    assert shown in said and "Input_0" not in said and "secret" not in said
    assert len(said.partition(" In the line: ")[0]) < 130


def test_a_type_has_a_plain_name(student):
    """Catches a class that is named after what a test has sent."""
    assert student.own_name(0.123456789).type_name == "object"
