"""What is special about ps1: its grades do not depend on when they are given, and its harmful samples are what they are called."""

import ast

import pytest
from submissions import grade

from autograder.authoring import sample_class
from autograder.grading import variants
from autograder.suites.ps1.alternatives import REPLACEMENTS
from reference.autodiff import Scalar
from reference.torch_twin import make_twin


def test_hidden_tests_give_the_same_result_twice(built_course):
    """Catches a grade that depends on when it was given."""
    assignment = built_course.assignment("ps1")
    solved = sample_class.solve(assignment)
    functions = {"train": "def train(params, X, y, lr, epochs, batch_size, rng):\n    return list(np.random.rand(epochs))"}
    first, second = (grade(assignment, solved, "x", functions) for _ in range(2))
    assert first.items == second.items


def test_a_mistake_is_named_in_an_object_that_stays_with_the_student(built_course):
    """Catches calls of methods, here those of an nn.Sequential, that are no evidence."""
    assignment = built_course.assignment("ps1")
    source = variants.bare_source(make_twin).replace("layers.append(nn.ReLU())", "pass")
    report = grade(assignment, sample_class.solve(assignment), "x", {"make_twin": source})
    note, *_ = [criterion.note for item in report.items for criterion in item.criteria if criterion.note]
    assert "no activation between its layers" in note


@pytest.mark.parametrize("name", REPLACEMENTS)
def test_a_replacement_defines_its_function(built_course, name):
    """Catches a replacement that is not Python, or defines another function than it says; it is not run here."""
    function, source = REPLACEMENTS[name]
    assert ast.parse(source).body[-1].name == function
    functions = {one for item in built_course.assignment("ps1").items for one in item.functions}
    assert function in functions


def test_a_mistake_is_named_where_only_given_code_calls_what_is_wrong(built_course):
    """Catches evidence that ends at a given function, here at `slopes`, which computes with the student's Scalars."""
    assignment = built_course.assignment("ps1")
    source = variants.bare_source(Scalar).replace("origin.grad += slope", "origin.grad = slope")
    report = grade(assignment, sample_class.solve(assignment), "x", {"Scalar": source})
    assert "add them, do not keep the last" in "".join(criterion.note for item in report.items for criterion in item.criteria)
