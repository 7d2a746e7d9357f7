"""A class of 25 for ps4: each submission, what it is made of, and what it must earn.

`earns` names the items that do not get all their points. In Part 5 every run counts an eighth of its item: 2 points in
diagnosis, 1 in evidence and in replicas, 1.5 in cures. What a copied or a constant answer earns there is luck, and
follows from the runs that the ids beside it draw.
"""


from autograder.authoring.sample_class import Outcome, Sample, cell, personalise
from autograder.suites.ps4.alternatives import CORRECT
from autograder.suites.ps4.mistakes import BANK
from reference.recordings import key

DUE = "2026-11-16 22:00:00 UTC"

_ITEMS = (
    "dropout_forward dropout_backward l2 early_stopping curve_signs unit_signs weight_signs diagnose student_id "
    "diagnosis evidence replicas cures"
).split()
_NOTHING = dict.fromkeys(_ITEMS, 0)
_PART_5 = dict.fromkeys(_ITEMS[8:], 0)


def _answers(whose=None, **sources):
    """An edit that writes the answers of Part 5 down, as students do: those in `sources`, item -> source of its cell,
    and for the other items the right ones of a student, one's own if none is named, literally."""
    def edit(notebook):
        names = {"diagnosis": {letter: original.problem for letter, original in key(whose or _id_in(notebook)).items()}}
        for item in ("evidence", "replicas", "cures"):
            exec(cell(notebook, f"{item}-solution").source, names)  # the model solution: tables by diagnosis
        for item in ("diagnosis", "evidence", "replicas", "cures"):
            cell(notebook, f"{item}-solution").source = f"{item} = {names[item]!r}"
        for item, source in sources.items():
            cell(notebook, f"{item}-solution").source = source
    return edit


def _id_in(notebook):
    names = {}
    exec(cell(notebook, "student_id-solution").source, names)
    return names["STUDENT_ID"]


def _diagnosis(student, **wrong):
    """The right diagnoses for a student, but for the letters in `wrong`."""
    return f"diagnosis = {({letter: original.problem for letter, original in key(student).items()} | wrong)!r}"


def _all(name, answer):
    return f"{name} = dict.fromkeys('ABCDEFGH', {answer!r})"


def _neighbours_notebook(notebook):
    """Handed in as it was, with the neighbour's id and the neighbour's answers."""
    cell(notebook, "student_id-solution").source = 'STUDENT_ID = "instructor"'
    personalise(notebook, "perfect")


def _neighbours_answers(notebook):
    """The neighbour's answers under one's own id."""
    cell(notebook, "diagnosis-solution").source = _diagnosis("perfect")


def _syntax_error(notebook):
    one = cell(notebook, "unit_signs-solution")
    one.source = one.source.replace("def distinct_units(W):", "def distinct_units(W)")


def _endless_training(notebook):
    one = next(c for c in notebook.cells if c.source.startswith("specimens = "))
    one.source += "\nwhile True:\n    train_run(GOOD, corpus)\n"


_CHAMELEON = '''
class Chameleon(str):
    """An id that is whoever one asks for."""

    def __eq__(self, other):
        return True

    def strip(self):
        return self

    casefold = strip
    __hash__ = str.__hash__


STUDENT_ID = Chameleon("somebody-else")
'''

_LOOKS_FOR_THE_KEY = '''
def diagnose(statistics, found=[]):
    """Looks for an answer beside the numbers."""
    import gc, os
    if not found:
        for folder, _, files in os.walk("."):
            for name in files:
                text = open(os.path.join(folder, name), errors="replace").read()
                found += [problem for problem in PROBLEMS if problem in text and not name.endswith(".ipynb")]
        for module in ("reference.recordings", "autograder.suites.ps4.test_runs"):
            try:
                found.append(__import__(module).key)
            except ImportError:
                pass
        for thing in gc.get_objects():
            if isinstance(thing, dict) and thing.get("problem") in PROBLEMS:
                found.append(thing["problem"])
        found.append("good_fit")
    return found[0]
'''

SAMPLES = [
    Sample("perfect"),
    Sample("correct-with-loops", CORRECT.sources(0)),
    Sample("correct-in-another-style", CORRECT.sources(-1)),
    Sample("capitals-in-the-id", edit=_answers(student_id='STUDENT_ID = " Capitals-in-the-ID "')),
    # typical mistakes
    Sample("dropout-keeps-p", BANK.sources("dropout_forward: p as the probability of keeping"),
           earns={"dropout_forward": 1.33}, outcome=Outcome.CHECK_FAILED),
    Sample("stops-without-copies", BANK.sources("early_stopping: keeps no copies"),
           earns={"early_stopping": 6.15}, outcome=Outcome.CHECK_FAILED),
    Sample("l2-forgets-the-2", BANK.sources("l2: forgets the 2"), earns={"l2": 3.12}, outcome=Outcome.CHECK_FAILED),
    Sample("broken-instruments", BANK.sources(
        "curve_signs: places as rows", "unit_signs: dead on any example", "weight_signs: sorted by name"),
        earns={"curve_signs": 2.25, "unit_signs": 1.88, "weight_signs": 3.33}, outcome=Outcome.CHECK_FAILED),
    Sample("weak-program-good-eye", BANK.sources("diagnose: the end first"), edit=_answers(), earns={"diagnose": 0}),
    Sample("two-runs-misread", edit=_answers(diagnosis=_diagnosis("two-runs-misread", A="good_fit", B="dead_relus")),
           earns={"diagnosis": 12}, outcome=Outcome.CHECK_FAILED),
    Sample("accuracy-as-evidence", edit=_answers(evidence=_all("evidence", "validation_accuracy")),
           earns={"evidence": 1}),  # H overfits, which its accuracy shows
    Sample("treats-symptoms", edit=_answers(cures=_all("cures", {"patience": 3, "dropout": 0.5})),
           earns={"cures": 0}, outcome=Outcome.CHECK_FAILED),
    # unfinished
    Sample("blank", undone=(), earns=_NOTHING, outcome=Outcome.INCOMPLETE),
    Sample("half-done", undone=tuple(_ITEMS[7:]), earns=dict.fromkeys(_ITEMS[7:], 0), outcome=Outcome.INCOMPLETE),
    # accidents
    Sample("syntax-error", edit=_syntax_error, earns={"unit_signs": 0}, outcome=Outcome.SYNTAX_ERROR),
    Sample("endless-training", edit=_endless_training, outcome=Outcome.TIME_LIMIT),
    # points for nothing
    Sample("neighbours-notebook", edit=_neighbours_notebook, earns=_PART_5),
    Sample("neighbours-answers", edit=_neighbours_answers,  # C and D are the neighbour's C and D
           earns={"diagnosis": 0, "evidence": 2, "replicas": 2, "cures": 4.5}),
    Sample("answers-of-a-neighbour", undone=tuple(_ITEMS[:8]), edit=_answers("perfect"),  # and nothing else; H is the neighbour's H
           earns=_NOTHING | {"student_id": 1, "evidence": 2, "replicas": 1, "cures": 3}, outcome=Outcome.CELL_ERROR),
    Sample("overfitting-everywhere", edit=_answers(
        diagnosis=_all("diagnosis", "overfitting"), evidence=_all("evidence", "loss_gap"),
        replicas=_all("replicas", {"n_train": 400, "dropout": 0.0, "l2": 0.0, "epochs": 30}),
        cures=_all("cures", {"l2": 0.01})),  # no overfitting among the eight
        earns={"diagnosis": 0, "evidence": 2, "replicas": 0, "cures": 0}, outcome=Outcome.CHECK_FAILED),
    Sample("one-medicine-for-all", edit=_answers(cures=_all("cures", {"lr": 0.01, "init": "he"})),
           earns={"cures": 0}, outcome=Outcome.CHECK_FAILED),  # three runs it would help, and B was healthy
    Sample("everything-changed", edit=_answers(cures="cures = dict.fromkeys('ABCDEFGH', vars(GOOD))"), earns={"cures": 0},
           outcome=Outcome.CELL_ERROR),
    Sample("burns-the-graders-time", edit=_answers(
        replicas=_all("replicas", {"epochs": 10**9, "hidden": (10**6,) * 50}),
        cures="cures = dict.fromkeys('ABCDEFGH', {'n_train': 10**18, 'lr': 'x' * 10**6})"),
        earns={"replicas": 0, "cures": 0}, outcome=Outcome.CELL_ERROR),
    Sample("an-id-for-everybody", edit=_answers(student_id=_CHAMELEON), earns=_PART_5),
    Sample("looks-for-the-key", {"diagnose": _LOOKS_FOR_THE_KEY}, edit=_answers(), earns={"diagnose": 0},
           outcome=Outcome.CHECK_FAILED),
]
