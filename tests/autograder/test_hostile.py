"""Submissions that want points for nothing, or want to harm the grader, its machine or a neighbour."""

import copy
import json
import os
import re
import time

import jinja2
import msgpack
import nbformat
import numpy as np
import pytest
from kit import copy_of, new_course

from autograder.authoring import sample_class
from autograder.authoring.sample_class import Sample
from autograder.course import batch, pages
from autograder.grading import files, submission, submitted
from autograder.grading.restore import restore
from autograder.grading.session import CodeCell, Session
from autograder.isolation import contained, wire
from autograder.isolation.limits import Limits
from autograder.isolation.outcomes import Outcome
from autograder.testing import check_close


@pytest.fixture(scope="module")
def assignment(built_course):
    """ps1, built."""
    return built_course.assignment("ps1")


def perfect_but(assignment, functions=None, edit=None):
    """A notebook that is perfect but for these functions and this edit."""
    sample = Sample("m", functions or {}, edit=edit)
    return nbformat.reads(sample_class.make(sample, assignment, sample_class.solve(assignment)), 4)


# --- messages


def test_a_message_cannot_use_up_the_graders_stack():
    """Catches tuples within tuples, 8 kB of them, that end the grader with a segmentation fault."""
    data = msgpack.packb([])
    for _ in range(2000):
        data = msgpack.packb(msgpack.ExtType(1, data))
    with pytest.raises(wire.ProtocolViolation):
        wire.unpack(data)


def test_a_small_message_cannot_become_a_large_one():
    """Catches a frame of one-byte lists that take seventy times its size, and minutes, in the grader."""
    count = 5_000_000
    for empty in (b"\x90", b"\x80"):
        half = b"\xdd" + (count // 2).to_bytes(4, "big") + empty * (count // 2)
        with pytest.raises(wire.ProtocolViolation):
            wire.unpack(b"\x92" + half + half)


def test_outputs_are_bounded_on_the_graders_side(zygote):
    """Catches a student process that has lifted its own limit and fills the gradebook's machine with outputs."""
    break_out = "from autograder.isolation.student import shell\nshell.OUTPUT_LIMIT = 10**12\n"
    cells = [
        CodeCell(break_out + "import sys\nfor _ in range(2000): print(1); print(2, file=sys.stderr)"),
        *[CodeCell("print('x' * 12 * 2**20)")] * 3,
        CodeCell("shell.outputs.add({'output_type': 'display_data', 'data': {'image/png': '\\'><b>'}}, 0)"),
    ]
    session = Session(zygote, cells, Limits(cpu_seconds=20))
    session.close()
    assert Outcome.OUTPUT_LIMIT in session.outcomes
    assert sum(len(run.outputs) for run in session.runs) < 2100
    assert sum(len(json.dumps(run.outputs)) for run in session.runs) < 20 * 2**20
    assert "><b>" not in json.dumps(session.runs[-1].outputs)


# --- points for nothing


def test_changing_the_arguments_does_not_change_what_is_expected(assignment, zygote):
    """Catches a test that computes what it expects from arguments that the student's function has emptied."""
    submitted = perfect_but(assignment, {
        "dense_forward": "def dense_forward(A_prev, W, b):\n    W[...] = 0\n    return np.zeros((len(A_prev), 1)) + b",
        "init_params": "def init_params(layer_sizes, rng, scheme='he'):\n    layer_sizes[:] = []\n    return {}",
    })
    report, _ = submission.grade_notebook(assignment, zygote, "m", submitted)
    score = {item.id: item.score for item in report.items}
    assert score["dense_forward"] == score["init_params"] == 0


@pytest.mark.parametrize("expected", [np.nan, np.inf, -np.inf])
def test_no_number_is_close_to_nan_or_infinity(expected):
    """Catches points for any number at all where what is expected follows from parameters that the student made NaN."""
    with pytest.raises(AssertionError):
        check_close(0.5, expected, "the loss")


def test_a_reason_is_of_bounded_length(assignment, zygote):
    """Catches names of a megabyte that the student returns as keys and the report, the page and the gradebook repeat."""
    submitted = perfect_but(assignment, {"init_params": "def init_params(*args):\n    return {'x' * 10**6: 1}"})
    report, _ = submission.grade_notebook(assignment, zygote, "m", submitted)
    assert len(report.to_json()) < 100_000


# --- the notebook's file


def own(**fields):
    """An edit that adds a Markdown cell of the student's own with these fields."""
    def edit(page):
        cell = {"cell_type": "markdown", "metadata": {}, "source": "", "id": "mine", **fields}
        page.cells.insert(1, nbformat.from_dict(cell))
    return edit


def nested(depth):
    return {"a": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize("fields", [
    {"source": "a\ud800b"}, {"metadata": {"\ud800": "\udfff"}}, {"metadata": nested(300)}, {"metadata": {"n": float("nan")}},
    {"id": '"><script>'}, {"id": 5}, {"source": "![x](attachment:gone.png)"},
    {"source": "![x](attachment:a.png)", "attachments": {"a.png": {"image/png": "'><script>"}}},
])
def test_whatever_a_cell_holds_the_graded_notebook_is_in_order(assignment, fields, tmp_path):
    """Catches text, metadata or attachments that stop the whole class when the graded notebook is written or shown."""
    text = json.dumps(perfect_but(assignment, edit=own(**fields)))
    (tmp_path / "ps1.ipynb").write_text(text)
    restored, _ = restore(submitted.read("ps1.ipynb", files.notebook(tmp_path / "ps1.ipynb")), assignment.released_notebook)
    nbformat.validate(restored)
    written = nbformat.writes(restored).encode()
    json.loads(written, parse_constant=pytest.fail)  # is told of NaN, which is no JSON
    assert b"<script" not in written and not re.search(rb"\(attachment:(gone|a)\.", written)


@pytest.mark.parametrize("edit", [
    own(id=None), own(id="grading-summary"), lambda page: page.cells.insert(1, copy.deepcopy(page.cells[4])),
    lambda page: [cell.pop("id") for cell in page.cells], lambda page: page.cells[0].update(source="# mine"),
    lambda page: page.update(nbformat_minor=4),
])
def test_the_same_file_becomes_the_same_notebook(assignment, tmp_path, edit):
    """Catches ids of cells that are drawn at random: a submission that is graded once more would have changed."""
    page = perfect_but(assignment, edit=edit)
    (tmp_path / "ps1.ipynb").write_text(json.dumps(page))
    (tmp_path / "old.ipynb").write_text(json.dumps(nbformat.convert(nbformat.from_dict(page), 3)))
    for name in ("ps1.ipynb", "old.ipynb"):
        one, other = (restore(submitted.read(name, files.notebook(tmp_path / name)), assignment.released_notebook)[0] for _ in "12")
        assert one == other
        nbformat.validate(one)


def test_an_attached_image_is_kept(assignment):
    """Catches a derivation on paper, photographed and dropped into its cell, that is lost in grading."""
    image = {"a.png": {"image/png": "iVBORw0KGgo="}}

    def edit(page):
        cell = sample_class.cell(page, "derivation")
        cell.source, cell.attachments = "![x](attachment:a.png)", image

    restored, _ = restore(perfect_but(assignment, edit=edit), assignment.released_notebook)
    cell = sample_class.cell(restored, "derivation")
    assert cell.attachments == image and cell.source == "![x](attachment:a.png)"


def test_links_lead_nowhere(built_course, assignment, zygote, tmp_path):
    """Catches a link to a neighbour's notebook that is graded, or to the gradebook that is released with the feedback."""
    neighbour = tmp_path / "neighbour.ipynb"
    nbformat.write(perfect_but(assignment), neighbour)
    course = new_course(tmp_path / "course")
    folder = course.submitted / "m" / "ps1"
    folder.mkdir(parents=True)
    (folder / "ps1.ipynb").symlink_to(neighbour)
    (folder / "gradebook.txt").symlink_to(course.root / "gradebook.db")
    (folder / "folder").symlink_to(tmp_path)
    handed_in = files.submission(folder, "ps1")
    assert submission.grade_submission(assignment, zygote, "m", handed_in)[0].outcome is Outcome.MISSING_NOTEBOOK
    assert files.own_files(folder).contents == {}


def test_files_of_any_size_and_name_are_handed_in(assignment, tmp_path):
    """Catches a sparse file of a terabyte read into memory, and names that are not UTF-8 or hold a line break."""
    with open(tmp_path / "large.bin", "wb") as file:
        file.truncate(2**40)
    (tmp_path / "a\nb.txt").write_text("x")
    with open(os.fsencode(tmp_path) + b"/\xff.txt", "w") as file:
        file.write("y")
    assert sorted(files.own_files(tmp_path).contents.values()) == [b"x", b"y"]
    assert files.submission(tmp_path, "ps1").digest


@pytest.mark.parametrize("source", [
    "<script>alert(1)</script>", "a <img src=x onerror=alert(1)>", "[a](javascript:alert(1))", "$x<img src=x onerror=alert(1)>$",
    "[a](data:text/html,x)",
])
def test_markdown_cannot_bring_scripts_to_the_formgrader(source):
    """Catches a Markdown cell that runs as the TA who looks at it: nbgrader's templates sanitise outputs only."""
    template = jinja2.Environment()
    template.filters["markdown2html"] = pages.markdown
    page = template.from_string("{{ cell.source | markdown2html }}").render(cell={"source": source})
    assert not any(f"<{tag}" in page for tag in ("script", "img")) and "href=\"javascript" not in page and "href=\"data" not in page


# --- the grader's own process


@pytest.mark.parametrize("body", [
    "while True: pass", "x = [b'x' * 2**20 for _ in range(2**12)]", "import os; os._exit(1)",
    "import os; os.kill(os.getpid(), 9)", "1 / 0", "import sys; sys.exit()",
])
def test_what_goes_wrong_in_a_grader_stays_there(body):
    """Catches one submission that hangs, crashes or fills the grader and takes the batch with it."""
    started = time.monotonic()
    with pytest.raises(contained.Failed):
        contained.call(exec, body, seconds=2, memory_mb=500)
    assert time.monotonic() - started < 60
    assert contained.call(sum, [1, 2], seconds=60) == 3


def test_a_grader_has_cpu_time_of_its_own_to_use_up():
    """Catches a reference function that is made to compute for as long as the clock allows on a busy machine."""
    with pytest.raises(contained.Failed, match="1 CPU seconds"):
        contained.call(exec, "while True: pass", seconds=600, cpu_seconds=1)


def test_a_submission_that_makes_the_grader_hang_is_given_up(assignment, zygote, tmp_path, monkeypatch):
    """Catches student code that calls the function standing in for its own `train` with a billion epochs."""
    monkeypatch.setattr(submission, "_OWN_SECONDS", 10 - assignment.limits.cpu_seconds)
    (tmp_path / "ps1.ipynb").write_text(nbformat.writes(perfect_but(assignment, {
        "train": "def train(*args):\n    return 0",
        "layer_gradient_norms": "def layer_gradient_norms(params, X, y, activation='relu'):\n"
                                "    return train(params, X, y, 0.1, 10**9, 5, np.random.default_rng(0))",
    })))
    report, _ = submission.grade_contained(assignment, zygote, "m", files.submission(tmp_path, "ps1"))
    assert report.outcome is Outcome.NOT_GRADED and "stopped after" in report.problems[0]


def test_a_page_that_cannot_be_written_is_named(built_course, assignment, tmp_path):
    """Catches a failed page that keeps the others from being written."""
    course = copy_of(built_course, tmp_path / "course", "ps1")
    for student in ("m", "n"):
        folder = course.submitted / student / "ps1"
        folder.mkdir(parents=True)
        (folder / "ps1.ipynb").write_text(nbformat.writes(perfect_but(assignment)))
    batch.Run(course, assignment, ["m", "n"]).grade()
    (course.autograded / "m/ps1/ps1.ipynb").write_text("{")
    assert list(batch.write_feedback(course, assignment, ["m", "n"])) == ["m"]
    assert (course.feedback / "n" / "ps1" / "ps1.html").exists()


# --- the sandbox


@pytest.mark.parametrize("source", [
    "import os; os.memfd_create('x')",
    "import socket; socket.socket(40, socket.SOCK_STREAM)",
    "import ctypes; c = ctypes.CDLL(None); assert c.shmget(0, 4096, 0o1600) >= 0 or c.msgget(0, 0o1600) >= 0",
    "import ctypes; assert ctypes.CDLL(None).syscall(425, 4, ctypes.create_string_buffer(200)) >= 0",
    "import os\nfor n in range(100_000): os.symlink('x', f'/tmp/{n}')",
    "import os\nkept = [os.pipe() for _ in range(1000)]",
])
def test_memory_that_belongs_to_no_process_is_refused(isolated, source):
    """Catches gigabytes in shared memory, files without bytes, pipes: nothing that a process's own limits count."""
    process = isolated.start(Limits(cpu_seconds=20))
    try:
        assert process.request({"do": "cell", "source": source, "limit": 5.0}, 5.0)["status"] in ("exception", "check_failed")
    finally:
        process.close()
