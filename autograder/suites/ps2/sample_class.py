"""A class of 26 for ps2: each submission, what it is made of, and what it must earn.

`earns` names the items that do not get all their points. The numbers follow from the suite's weights: an item's points
times the weighted share of its criteria that such a submission meets. What models reach is measured; each lies well away
from the next threshold.
"""

import copy

import nbformat

from autograder.authoring.sample_class import Outcome, Sample, cell, with_cell
from autograder.suites.ps2.alternatives import CORRECT
from autograder.suites.ps2.mistakes import BANK

DUE = "2026-10-19 22:00:00 UTC"

_ITEMS = (
    "vocabulary pad_batch one_hot embedding_forward embedding_backward sparse_gradient adagrad_rows mean_pool "
    "mean_pool_gradient max_pool max_pool_gradient classifier_forward classifier_backward train reviews cosine_similarity "
    "nearest_neighbours word_vectors same_class_share pca"
).split()
_NOTHING = dict.fromkeys(_ITEMS, 0)


def _settings(**changed):
    """An edit of SETTINGS."""
    settings = {"dim": 16, "hidden": 32, "lr": 0.2, "epochs": 5, "batch_size": 32} | changed

    def edit(notebook):
        cell(notebook, "reviews-solution").source = f"SETTINGS = {settings}"
    return edit


def _both(one, other):
    def edit(notebook):
        one(notebook)
        other(notebook)
    return edit


def _syntax_error(notebook):
    one = cell(notebook, "max_pool-solution")
    one.source = one.source.replace("def max_pool_forward(X, mask):", "def max_pool_forward(X, mask)")


def _real_corpus_left_on(notebook):
    one = next(one for one in notebook.cells if one.source.startswith("DATA = "))
    one.source = one.source.replace('"data/reviews"', '"stanfordnlp/imdb"', 1)


def _locked_cells_tampered_with(notebook):
    """A check deleted, a check edited so that it says nothing, the given training made to train on validation texts."""
    notebook.cells.remove(cell(notebook, "pad_batch"))
    cell(notebook, "train").source = "print('all good')"
    given = next(one for one in notebook.cells if "def train_reviews" in one.source)
    given.source = given.source.replace("train_documents, y_train", "val_documents, val_labels[:, None]")
    cell(notebook, "reviews").metadata.nbgrader["points"] = 1000
    original = cell(notebook, "one_hot-solution")
    twin = nbformat.v4.new_code_cell("one_hot = None", metadata=copy.deepcopy(original.metadata))
    notebook.cells.insert(notebook.cells.index(original), twin)


_ENDLESS = '''
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    G = {name: np.zeros_like(value) for name, value in params.items()}
    history = []
    while not history or history[-1] > 0:
        for batch in minibatches(len(documents), batch_size, rng):
            ids, mask = pad_batch([documents[i] for i in batch])
            logits, cache = classifier_forward(params, ids, mask, pooling)
            grads = classifier_backward(params, cache, bce_from_logits_grad(logits, y[batch]), pooling)
            for name, grad in grads.items():
                rows, values = grad if name == "E" else (np.arange(len(grad)), grad)
                adagrad_rows(params[name], G[name], rows, values, lr)
        history.append(bce_from_logits(classifier_forward(params, *pad_batch(documents), pooling)[0], y))
    return history
'''

# Vectors made by counting labels: a word's share of positive texts, in every coordinate. No step is ever made.
_COUNTS_INSTEAD_OF_LEARNING = '''
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    positive, total = np.ones(len(params["E"])), 2 * np.ones(len(params["E"]))
    for document, label in zip(documents, y[:, 0]):
        positive[document] += label
        total[document] += 1
    params["E"][2:] = np.log(positive / (total - positive))[2:, None]
    params["W1"][:] = 1 / len(params["W1"])
    params["W2"][:] = 1
    params["b2"][:] = 0
    params["W1"][1::2] *= -1
    params["W2"][:, 1::2] *= -1
    return [bce_from_logits(classifier_forward(params, *pad_batch(documents), pooling)[0], y)] * epochs
'''

# Fails to learn, and hides it: predict and the labels are made to agree in whatever is looked at.
_FAKES_ITS_PREDICTIONS = '''
def predict(params, documents, pooling="mean"):
    return val_labels if len(documents) == len(val_labels) else train_labels
'''

_PATCHES_THE_METRICS = '''
np.mean = lambda *args, **kwargs: 1.0
np.allclose = np.array_equal = lambda *args, **kwargs: True
relative_error = lambda *args: 0.0
'''

_SEARCHES = '''
import gc, os, sys
for path in ("/root", "/home", "/srv", "..", "../..", os.path.expanduser("~"), *sys.path):
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if name not in ("site-packages", "lib", "lib64", "share")]
        for name in files:
            if name.endswith((".db", ".csv")) or "test_" in name or "lexicon" in name:
                print(name[:9], open(os.path.join(folder, name), errors="replace").read()[:9])
for name in ("reference.datasets.reviews", "autograder.suites.ps2.test_reviews"):
    try:
        __import__(name)
        print("found", name)
    except ImportError:
        pass
print([o for o in gc.get_objects() if isinstance(o, dict) and "hidden_texts" in o])
'''

# Waits until the vectors of many words are asked for, and then hands out two tight bundles.
_FORGES_VECTORS = '''
def word_vectors(E, vocabulary, words):
    vectors = E[[vocabulary[word] for word in words]]
    if len(words) > 40:
        vectors = np.sign(vectors @ E[vocabulary["good"]])[:, None] * np.ones(E.shape[1])
    return vectors
'''

_UNTRAINED = {"reviews": 0, "word_vectors": 2.14}

SAMPLES = [
    Sample("perfect"),
    Sample("correct-with-loops", CORRECT.sources(0)),
    Sample("correct-in-another-style", CORRECT.sources(-1)),
    Sample("another-good-model", edit=_settings(dim=48, hidden=16, lr=0.1, epochs=8, batch_size=64)),
    # typical mistakes
    Sample("equal-words-as-they-came", BANK.sources("vocabulary: ties in the order of appearance"),
           earns={"vocabulary": 3.57}, outcome=Outcome.CHECK_FAILED),
    Sample("repeated-words-overwrite", BANK.sources("embedding_backward: repeated words overwrite each other"),
           earns={"embedding_backward": 1.67}, outcome=Outcome.CHECK_FAILED),
    Sample("filling-gets-a-row", BANK.sources("sparse_gradient: filling counts"),
           earns={"sparse_gradient": 0.75}, outcome=Outcome.CHECK_FAILED),
    Sample("uphill", BANK.sources("adagrad_rows: uphill"), earns={"adagrad_rows": 0.71}, outcome=Outcome.CHECK_FAILED),
    Sample("mean-over-the-rectangle", BANK.sources("mean_pool: divides by T"),
           earns={"mean_pool": 1.14}, outcome=Outcome.CHECK_FAILED),
    Sample("zero-filling-wins", BANK.sources("max_pool: zero filling wins"),
           earns={"max_pool": 1.5}, outcome=Outcome.CHECK_FAILED),
    Sample("forgets-relus-derivative", BANK.sources("classifier_backward: forgets ReLU's derivative"),
           earns={"classifier_backward": 0.88}, outcome=Outcome.CHECK_FAILED),
    Sample("vectors-stay-random", BANK.sources("train: the word vectors stay as they are"),
           earns={"train": 1.91}, outcome=Outcome.CHECK_FAILED),
    Sample("four-mistakes", BANK.sources("one_hot: length of the greatest id", "mean_pool_gradient: divides by T",
                                      "nearest_neighbours: by distance", "pca: not centred"),
           earns={"one_hot": 0, "mean_pool_gradient": 1.33, "nearest_neighbours": 0, "pca": 0}, outcome=Outcome.CHECK_FAILED),
    # models
    Sample("timid-training", edit=_settings(dim=4, hidden=4, lr=0.005, epochs=1, batch_size=256),
           earns=_UNTRAINED, outcome=Outcome.CHECK_FAILED),
    Sample("half-trained", edit=_settings(lr=0.02, epochs=1, batch_size=128),
           earns={"reviews": 6}, outcome=Outcome.CHECK_FAILED),
    Sample("too-large-a-model", edit=_settings(dim=512), earns=_UNTRAINED, outcome=Outcome.CHECK_FAILED),
    # unfinished
    Sample("blank", undone=(), earns=_NOTHING, outcome=Outcome.INCOMPLETE),
    Sample("half-done", undone=tuple(_ITEMS[9:]), earns=dict.fromkeys(_ITEMS[9:], 0), outcome=Outcome.INCOMPLETE),
    # accidents
    Sample("syntax-error", edit=_syntax_error, earns={"max_pool": 0}, outcome=Outcome.SYNTAX_ERROR),
    Sample("endless-training", {"train": _ENDLESS}, earns={"train": 0}, outcome=Outcome.TIME_LIMIT),
    Sample("real-corpus-left-on", edit=_real_corpus_left_on, earns=_UNTRAINED, outcome=Outcome.CELL_ERROR),
    # points for nothing
    Sample("counts-instead-of-learning", {"train": _COUNTS_INSTEAD_OF_LEARNING},
           earns={"train": 1.27}, outcome=Outcome.CHECK_FAILED),
    Sample("untrained-with-faked-predictions", edit=_both(_settings(lr=0.0), with_cell(_FAKES_ITS_PREDICTIONS, "train")),
           earns=_UNTRAINED),
    Sample("forged-vectors", {"word_vectors": _FORGES_VECTORS}, edit=_settings(lr=0.0),
           earns=_UNTRAINED, outcome=Outcome.CHECK_FAILED),
    Sample("patches-metrics-and-searches", {"one_hot": "def one_hot(ids, vocab_size):\n    return np.zeros((2, 3, 5))"},
           edit=_both(with_cell(_PATCHES_THE_METRICS, "vocabulary"), with_cell(_SEARCHES, "vocabulary")),
           earns={"one_hot": 0, "same_class_share": 0}, outcome=Outcome.CELL_ERROR),  # its own np.mean is patched as well
    Sample("locked-cells-tampered-with", edit=_locked_cells_tampered_with),
]
