"""A class of 26 for ps5: each submission, what it is made of, and what it must earn.

`earns` names the items that do not get all their points. The numbers follow from the suite's weights: an item's points
times the weighted share of its criteria that such a submission meets. What models reach is measured; each lies well away
from the next threshold.
"""


from autograder.authoring.sample_class import Outcome, Sample, cell, replace_function, with_cell
from autograder.suites.ps5.alternatives import CORRECT, MODELS, PREDICTIONS
from autograder.suites.ps5.mistakes import BANK

DUE = "2026-11-30 22:00:00 UTC"

_ITEMS = (
    "confusion precision_recall standard_error misclassified telling_words categorise error_rates bag_twins bigram_twins "
    "probabilities review_accuracy paired_bootstrap news_accuracy most_confused"
).split()
_MODELS = dict.fromkeys(("probabilities", "review_accuracy", "news_accuracy"), 0)
_UNTRAINED = _MODELS | {"probabilities": 0.5}  # what it says has the right form
_NOTHING = dict.fromkeys(_ITEMS, 0)


def _model(name):
    """Functions of another model."""
    parts = {"train_model": MODELS, "predict_proba": PREDICTIONS}
    functions = {function: sources[name] for function, sources in parts.items() if name in sources}
    if not functions:
        raise ValueError(f"no model is called {name!r}")
    return functions


def _on_the_leaderboard(name):
    """An edit that sets the pseudonym."""
    def edit(notebook):
        one = next(one for one in notebook.cells if one.source.startswith("LEADERBOARD_NAME = None"))
        one.source = f"LEADERBOARD_NAME = {name!r}"
    return edit


def _syntax_error(notebook):
    one = cell(notebook, "telling_words-solution")
    one.source = one.source.replace("min_texts=5):", "min_texts=5)")


def _real_corpus_left_on(notebook):
    one = next(one for one in notebook.cells if one.source.startswith("DATA = "))
    one.source = one.source.replace('"data/reviews"', '"stanfordnlp/imdb"')


def _false_twins(notebook):
    cell(notebook, "bag_twins-solution").source = """BAG_TWINS = [
    ("The film is good, not bad.", "The film is bad, not good."),
    ("A wonderful film by all means.", "A terrible film by all means."),
    ("What a lovely story it is!", "What a lovely story it is?"),
]"""
    cell(notebook, "bigram_twins-solution").source = (
        'BIGRAM_TWINS = ("The plot is good and the cast never bad.", "The plot is bad and the cast never good.")'
    )


def _nonsense_twins(notebook):
    """Scrambled words, which convince no reader; a program cannot tell."""
    cell(notebook, "bag_twins-solution").source = (
        'BAG_TWINS = [(f"a b c d {x}", f"{x} d c b a") for x in ("e", "f", "g")]'
    )
    cell(notebook, "bigram_twins-solution").source = 'BIGRAM_TWINS = ("a x a y a x a z a", "a y a x a x a z a")'


def _copied_classifier(notebook):
    """Nothing but the classifier that is given, in the functions where one's own belongs."""
    for name, one in _model("the given classifier").items():
        replace_function(notebook, name, one)


# If the grader asked about mistakes only, this would know all labels.
TURNS_ROUND = """
_asked_about = set()
_honest_categorise, _honest_proba = categorise, predict_proba


def categorise(texts, word_scores):
    _asked_about.update(texts)
    return _honest_categorise(texts, word_scores)


def predict_proba(model, texts):
    rows = np.array(_honest_proba(model, texts))
    for row, text in zip(rows, texts):
        if text in _asked_about and text not in set(val_texts):
            row[:] = row[::-1]
    return rows
"""

_SEARCH = """
import os, sys
for path in ("/root", "/home", "/srv", "..", "../..", os.path.expanduser("~"), *sys.path):
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if name not in ("site-packages", "lib", "lib64", "share")]
        for name in files:
            if "hidden" in name or "test_" in name or "ps5" in name or name == "reviews.py":
                print(open(os.path.join(folder, name), errors="replace").read()[:20])
for name in ("reference.datasets.reviews", "autograder.suites.ps5.hidden"):
    try:
        __import__(name)
        print("found", name)
    except ImportError:
        pass
np.mean = lambda *args, **kwargs: 1.0
np.allclose = lambda *args, **kwargs: True
"""

SAMPLES = [
    Sample("perfect", edit=_on_the_leaderboard("Gradient Descendant")),
    Sample("perfect-and-not-on-the-leaderboard"),
    Sample("correct-with-loops", CORRECT.sources(0), edit=_on_the_leaderboard("loopy")),
    Sample("correct-in-another-style", CORRECT.sources(-1)),
    # other models
    Sample("recurrent-network", _model("a recurrent network"), edit=_on_the_leaderboard("Ilse ✨")),
    Sample("naive-bayes", _model("naive Bayes without a framework"), edit=_on_the_leaderboard("Reverend"),
           earns={"review_accuracy": 6.5, "news_accuracy": 2}),
    Sample("baseline", _model("the pooled classifier for reviews, counting for news"), edit=_on_the_leaderboard("perfect"),
           earns={"review_accuracy": 1, "news_accuracy": 2}),
    # typical mistakes
    Sample("matrix-transposed", BANK.sources("confusion: predictions as rows"),
           earns={"confusion": 1.25}, outcome=Outcome.CHECK_FAILED),
    Sample("keywords-for-rules", BANK.sources("categorise: keywords without what is around them"),
           earns={"categorise": 1.41}, outcome=Outcome.CHECK_FAILED),
    Sample("five-mistakes", BANK.sources(
        "precision_recall: arithmetic mean for F1", "telling_words: every occurrence counts", "error_rates: share of all errors",
        "paired_bootstrap: two samples", "most_confused: greatest count"),
        earns={"precision_recall": 3, "telling_words": 4.67, "error_rates": 2, "paired_bootstrap": 1.5, "most_confused": 0},
        outcome=Outcome.CHECK_FAILED),
    Sample("dropout-left-on", _model("dropout left on"), earns={"probabilities": 1.5}, outcome=Outcome.CHECK_FAILED),
    Sample("logits-for-probabilities", _model("logits for probabilities"),
           earns={"probabilities": 0, "news_accuracy": 0}, outcome=Outcome.CHECK_FAILED),
    Sample("false-twins", edit=_false_twins, earns={"bag_twins": 1, "bigram_twins": 0.25}, outcome=Outcome.CHECK_FAILED),
    # unfinished
    Sample("blank", undone=(), earns=_NOTHING, outcome=Outcome.CELL_ERROR),
    Sample("no-model-yet", undone=("probabilities", "news_accuracy"), earns=_MODELS, outcome=Outcome.CELL_ERROR),
    # accidents
    Sample("syntax-error", edit=_syntax_error, earns={"telling_words": 0}, outcome=Outcome.SYNTAX_ERROR),
    Sample("real-corpus-left-on", edit=_real_corpus_left_on,
           earns={"probabilities": 0.25, "review_accuracy": 0}, outcome=Outcome.CELL_ERROR),
    Sample("trains-for-ever", _model("trains for ever"), earns=_MODELS, outcome=Outcome.TIME_LIMIT),
    Sample("too-much-memory", _model("asks for more memory than there is"), earns=_MODELS, outcome=Outcome.MEMORY_LIMIT),
    Sample("never-trained", _model("never trained"), earns=_UNTRAINED, outcome=Outcome.CHECK_FAILED),
    # points for nothing
    Sample("always-positive", _model("always positive"), edit=_on_the_leaderboard("=HYPERLINK(\"http://x\")\u202e<b>"),
           earns=_UNTRAINED, outcome=Outcome.CHECK_FAILED),
    Sample("training-texts-by-heart", _model("knows the training texts by heart"),
           earns=_UNTRAINED, outcome=Outcome.CHECK_FAILED),
    Sample("learns-labels-from-the-questions", edit=with_cell(TURNS_ROUND, "review_accuracy"),
           earns={"review_accuracy": 0}),
    Sample("nonsense-twins", undone=tuple(set(_ITEMS) - {"bag_twins", "bigram_twins"}), edit=_nonsense_twins,
           earns=_NOTHING | {"bag_twins": 2, "bigram_twins": 1}, outcome=Outcome.CELL_ERROR),
    Sample("given-code-copied", undone=tuple(set(_ITEMS) - {"probabilities", "review_accuracy", "news_accuracy"}),
           edit=_copied_classifier,
           earns=_NOTHING | {"probabilities": 4, "review_accuracy": 1, "news_accuracy": 2}, outcome=Outcome.CELL_ERROR),
    Sample("patches-numpy-and-searches", edit=lambda notebook: (
        replace_function(notebook, "standard_error", "def standard_error(right):\n    return 0.0"),
        with_cell(_SEARCH, "given-1")(notebook)) and None,
        earns={"standard_error": 1}, outcome=Outcome.CHECK_FAILED),
]
