"""How many words does a vocabulary need? What each thousand more buys, and what it costs."""

from collections import Counter

import numpy as np
from matplotlib.ticker import PercentFormatter, StrMethodFormatter

from reference.figures.style import INK, label_ends, line, panels, styled


def coverage_by_size(train_token_lists, token_lists, sizes):
    """The share of running words that a vocabulary knows, for vocabularies of several sizes.

    Parameters
    ----------
    train_token_lists : iterable of list of str
        What the vocabulary is made of, the most frequent tokens first, as `Vocabulary.build` does it.
    token_lists : iterable of list of str
        What it is tried on: the training texts again, or new ones.
    sizes : sequence of int
        Each counts <pad> and <unk>, like len(vocabulary).

    Returns
    -------
    ndarray, shape (len(sizes),)
        Between 0 and 1.

    Raises
    ------
    ValueError
        If token_lists holds no token, or a size is below 2.
    """
    sizes = np.asarray(sizes)
    if sizes.min(initial=2) < 2:
        raise ValueError(f"a size counts <pad> and <unk>, so it must be at least 2; got {sizes.min()}")
    known = Counter(token for tokens in train_token_lists for token in tokens)
    tried = Counter(token for tokens in token_lists for token in tokens)
    if not tried:
        raise ValueError("token_lists holds no token to look up")
    ranked = sorted(known, key=lambda token: (-known[token], token))
    found = np.concatenate([[0], np.cumsum([tried[token] for token in ranked])])
    return found[np.minimum(sizes - 2, len(ranked))] / tried.total()


@styled
def plot_vocabulary_size(sizes, coverage, dim):
    """Coverage rises ever more slowly with the size of the vocabulary, the parameters of E in proportion.

    Parameters
    ----------
    sizes : sequence of int
        Vocabulary sizes |V|, increasing.
    coverage : dict of str to sequence of float
        What was looked up ("training texts", "new texts") to the share of known words for each size.
    dim : int
        Embedding dimension d; E has |V| d parameters.

    Returns
    -------
    Figure

    Raises
    ------
    ValueError
        If the sizes do not increase, or the lengths differ.
    """
    sizes = np.asarray(sizes)
    if sizes.ndim != 1 or len(sizes) < 2 or not (np.diff(sizes) > 0).all() or sizes[0] < 1:
        raise ValueError("sizes must be at least two increasing numbers")
    for name, shares in coverage.items():
        if len(shares) != len(sizes):
            raise ValueError(f"coverage of {name!r} has {len(shares)} values for {len(sizes)} sizes")
    figure, (gain, cost) = panels(1, 2, height=3.5, width_ratios=(1.35, 1))
    ends = [(gain.plot(sizes, shares, markersize=4, **line(i, marker=True))[0], name)
            for i, (name, shares) in enumerate(coverage.items())]
    gain.set(title="What it buys: known words", xlabel="vocabulary size |V|", ylabel="share of running words",
             xscale="log", ylim=(None, 1.03))
    gain.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    cost.plot(sizes, sizes * dim, color=INK, marker="D", markersize=4)
    cost.set(title="What it costs: rows of E", xlabel="vocabulary size |V|", xscale="log", yscale="log",
             ylabel=f"parameters |V| · d, with d = {dim}")
    for ax in (gain, cost):
        ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        ax.minorticks_off()
    cost.annotate(f"{sizes[-1] * dim:,}", (sizes[-1], sizes[-1] * dim), xytext=(-8, 0), fontsize=8.5,
                  textcoords="offset points", ha="right", va="center")
    label_ends(gain, ends)
    return figure
