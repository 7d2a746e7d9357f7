"""One sentence on its way through the text classifier: tokens, ids, embeddings, pooled, hidden, probability.

All numbers in the picture are the model's own. Of a long vector the first entries and the last are shown.
"""

import textwrap

import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from reference.activations import sigmoid
from reference.embeddings import embedding_forward
from reference.figures.style import GREY, INK, OKABE_ITO, PALE, WIDTH, canvas, cells, number, styled
from reference.losses import softmax
from reference.text import UNK_ID, tokenize

TOKENS = 12  # room for that many rows
COLUMNS = 9  # cells in a row, one of them for the dots
LEFT, CELL, ROW = 2.55, 0.58, 0.27  # inches: where the cells begin, width and height of one


@styled
def draw_text_flow(model, vocabulary, text, class_names):
    """A worked example: what the classifier computes for one sentence, stage by stage, with shapes.

    Parameters
    ----------
    model : TextClassifier
    vocabulary : Vocabulary
        The one that the model was trained with.
    text : str
        A sentence of 1 to 12 tokens.
    class_names : sequence of str
        One for each class of the model.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the sentence has no token or too many, or the names or the vocabulary do not fit the model.
    """
    tokens, params = tokenize(text), model.params
    if not 1 <= len(tokens) <= TOKENS:
        raise ValueError(f"the diagram has room for 1 to {TOKENS} tokens, this text has {len(tokens)}")
    if len(class_names) != model.n_classes:
        raise ValueError(f"the model has {model.n_classes} classes, class_names has {len(class_names)}")
    if len(vocabulary) != len(params["E"]):
        raise ValueError(f"the vocabulary has {len(vocabulary)} tokens, E has {len(params['E'])} rows: "
                         "use the vocabulary that the model was trained with")
    ids = vocabulary.encode(tokens)
    X = embedding_forward(params["E"], ids)  # (n, d)
    logits, cache = model.forward([ids])
    pooled, hidden = cache["pooled"][0], cache["A1"][0]  # (d,), (hidden,)
    (n, d), h, K = X.shape, hidden.size, logits.size

    sentence = textwrap.fill(f"“{text.strip()}”", 95)
    extra = 0.2 * sentence.count("\n")  # a second line, or a third
    height = 3.95 + extra + ROW * (n + K)
    figure, ax = canvas(WIDTH, height)
    y = height - 0.2
    ax.text(0.2, y, "From a sentence to a probability", fontsize=12, weight="bold", va="top")
    y -= 0.4
    ax.text(0.2, y, sentence, va="top", fontsize=10, style="italic")
    y -= 0.52 + extra
    heads = ((0.2, f"tokens [{n}]"), (1.75, f"ids [{n}]"), (LEFT, f"embeddings [{n}, {d}]: rows of E"))
    for x, name in heads:
        ax.text(x, y, name, va="center", weight="bold")
    y -= 0.24
    _header(ax, y, d)
    y -= 0.14
    limit = np.abs(X).max()
    for token, i, vector in zip(tokens, ids, X, strict=True):
        y -= ROW
        mono = {"va": "center_baseline", "family": "DejaVu Sans Mono", "fontsize": 8.5}
        ax.text(0.2, y + ROW / 2, _short(token), **mono)
        ax.text(2.15, y + ROW / 2, f"{i}", ha="right", **mono)
        if i == UNK_ID:
            ax.text(1.98, y + ROW / 2, "<unk>", ha="right", va="center_baseline", fontsize=7.5, color=GREY)
        _vector(ax, y, vector, limit)
    y = _step(ax, y, f"{model.pooling} over the {n} rows" if n > 1 else f"{model.pooling} over the one row")
    y = _stage(ax, y, f"pooled [{d}]", pooled)
    y = _step(ax, y, f"ReLU( $W^{{[1]}}$ pooled + $b^{{[1]}}$ ),  $W^{{[1]}}$: {h} × {d}")
    y = _stage(ax, y, f"hidden [{h}]", hidden)
    ax.text(0.2, y - 0.14, f"{np.sum(hidden == 0)} of {h} are 0", fontsize=8, color=GREY, va="center")
    y = _step(ax, y, f"$W^{{[2]}}$ hidden + $b^{{[2]}}$,  $W^{{[2]}}$: {K} × {h};  then "
              + ("sigmoid" if K == 1 else "softmax"))
    _output(ax, y, logits[0], class_names)
    return figure


def _output(ax, y, logits, class_names):
    """Logit and probability of each output, the probability as a bar."""
    if logits.size == 1:
        shares, names = sigmoid(logits), class_names[1:]
    else:
        shares, names = softmax(logits[None])[0], class_names
    y -= 0.2
    ax.text(0.2, y, "logit, probability", va="center", weight="bold")
    full = 2.6
    for k, (z, p, name) in enumerate(zip(logits, shares, names, strict=True)):
        middle = y - k * ROW
        ax.text(LEFT + 0.5, middle, number(z), ha="right", va="center_baseline", fontsize=9)
        ax.text(LEFT + 0.62, middle, "→", va="center_baseline", color=GREY)
        left = LEFT + 0.95
        ax.add_patch(Rectangle((left, middle - 0.09), full, 0.18, facecolor="white", edgecolor=PALE))
        ax.add_patch(Rectangle((left, middle - 0.09), full * p, 0.18, facecolor=OKABE_ITO["blue"]))
        ax.text(left + full + 0.1, middle, f"P({name}) = {p:.2f}", va="center_baseline", weight="bold")


def _stage(ax, y, name, vector):
    y -= ROW
    ax.text(0.2, y + ROW / 2, name, va="center_baseline", weight="bold")
    _vector(ax, y, vector, np.abs(vector).max())
    return y


def _step(ax, y, text):
    """An arrow down, with what happens on the way beside it; returns the height below."""
    x = LEFT + CELL / 2
    head = {"arrowstyle": "-|>", "mutation_scale": 10, "color": GREY}
    ax.add_patch(FancyArrowPatch((x, y - 0.04), (x, y - 0.46), **head))
    ax.text(x + 0.2, y - 0.25, text, va="center", fontsize=9, color=INK)
    return y - 0.5


def _vector(ax, y, vector, limit):
    shown = _shown(vector.size)
    values = [None if i is None else vector[i] for i in shown]
    texts = ["…" if v is None else number(v) for v in values]
    cells(ax, LEFT, y, values, texts, CELL, ROW, limit, fontsize=8)


def _header(ax, y, d):
    for column, i in enumerate(_shown(d)):
        ax.text(LEFT + (column + 0.5) * CELL, y, "" if i is None else f"{i + 1}", ha="center", va="center",
                fontsize=7.5, color=GREY)


def _shown(size):
    """Which entries get a cell; None stands for the dots."""
    return list(range(size)) if size <= COLUMNS else [*range(COLUMNS - 2), None, size - 1]


def _short(token):
    return token if len(token) <= 14 else token[:13] + "…"
