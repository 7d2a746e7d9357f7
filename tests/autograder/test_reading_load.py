"""What students have to read in the exercises: lines that fit, folded cells that hold no work of theirs, pictures in words."""

import nbformat
import pytest
from kit import KIT

COLUMNS = 88
NOTEBOOKS = sorted((KIT / "release").glob("ps*/*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def cells(request):
    """The cells of one released notebook after the other."""
    return nbformat.read(request.param, as_version=4).cells


def test_code_fits_beside_another_window(cells):
    """Catches a line of code for which students must scroll to the side."""
    lines = [line for cell in cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    assert not [line for line in lines if len(line) > COLUMNS]


def test_what_is_folded_is_given(cells):
    """Catches a cell to be filled in, a check, or a setting that nobody sees."""
    folded = [cell.metadata["nbgrader"] for cell in cells if "jupyter" in cell.metadata]
    assert folded and all(cell["locked"] and not cell["grade"] and not cell["solution"] for cell in folded)


def test_every_picture_is_there_in_words(cells):
    """Catches a figure that says nothing to someone who cannot see it; functions that draw have their words once."""
    for number, cell in enumerate(cells):
        if cell.cell_type == "code" and "plt.show()" in cell.source:
            after = next(later for later in cells[number:] if later.cell_type == "markdown")
            assert after.source.startswith("<details><summary>The picture"), cell.source
