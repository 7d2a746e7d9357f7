"""Claims of ps3 are measured by a study that no submission can make up; who is consistent in a mistake loses nothing by it."""

import pytest
from kit import mistakes
from submissions import edited, grade, lost

from autograder.authoring import sample_class

STUDY = ("turn = np.array", "problem = load_problem()", "params = init_classifier(400", "results = sweep(", "def median_curve",
         "table = compare(", "fig, (left", "def curvatures")


@pytest.fixture(scope="module")
def ps3(built):
    """The assignment and its solved notebook, without the study and without visible checks."""
    assignment = built("ps3").assignment("ps3")

    def reduce(notebook):
        for cell in notebook.cells:
            graded = cell.metadata.get("nbgrader", {}).get("grade")
            if cell.cell_type == "code" and (graded or any(text in cell.source for text in STUDY)):
                cell.source = "pass"

    return edited(assignment, sample_class.solve(assignment), reduce)


def claiming(**changed):
    """An edit that changes some of the model solution's claims."""
    def edit(notebook):
        sample_class.cell(notebook, "claims-solution").source += f"\nCLAIMS |= {changed}"
    return edit


def points(report, item):
    return next(one.score for one in report.items if one.id == item)


def test_a_claim_may_be_about_the_students_own_rule(ps3):
    """Catches a mistake in a rule that costs the claim as well, which the student's study supports."""
    # PyTorch's form takes steps ten times as long: its best rate is a tenth of the lecture's
    own = {"lr": 1, "steps_to_target": 130, "final_loss": 0.55}
    momentum = mistakes("ps3").sources("momentum: PyTorch's form")
    report = grade(*ps3, "somebody", momentum, claiming(momentum=own))
    assert lost(report) == {"momentum"} and not report.problems
    assert points(grade(*ps3, "somebody", edit=claiming(momentum=own)), "claims") == pytest.approx(8 * 4 / 5)


@pytest.mark.parametrize("wrong, met", [
    ({"sgd": {"lr": 3, "steps_to_target": 20, "final_loss": 0.43}}, 4 - 1),  # and the order of the claims
    ({"adam": {"lr": 0.1, "steps_to_target": 20, "final_loss": 0.15}}, 4 - 1),
    ({"adamw": {"lr": 1e-4, "steps_to_target": 20, "final_loss": 0.42}}, 4),
])
def test_a_wrong_claim_fails_and_the_others_hold(ps3, wrong, met):
    """Catches a study that finds whatever is claimed."""
    report = grade(*ps3, "somebody", edit=claiming(**wrong))
    assert lost(report) == {"claims"} and points(report, "claims") == pytest.approx(8 * met / 5)
