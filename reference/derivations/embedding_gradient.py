"""How the gradient reaches the embeddings: a lookup is a product, repeated words add up, the rest is zero."""

import numpy as np

from reference.bags import bag_mean_backward, bag_mean_forward
from reference.derivations.derivation import DIFFERENCES, Derivation
from reference.embeddings import embedding_backward, embedding_forward, one_hot
from reference.gradient_check import numerical_gradient
from reference.optimizers import SGD

DERIVATION = Derivation("The gradient of embeddings", r"""
$E$ is $(|V|, d)$, one row a token. A text is a list of token ids $t_1, \dots, t_n$; position $p$ looks up
the row $x_p = E_{t_p}$. We assume that the gradient $dx_p = \partial L / \partial x_p$ is known
(backpropagation through the layers above gives it) and ask for $dE$.
""")

V, D = 9, 3


def example(rng, n=6):
    """An embedding matrix, ids with at least one repetition, and a fixed linear loss: L = sum of G * X.

    With that loss dL/dX is G whatever X is, so G plays the part of the gradient from above.
    """
    ids = rng.integers(0, V, size=n)
    ids[-1] = ids[0]
    return rng.normal(size=(V, D)), ids, rng.normal(size=(n, D))


@DERIVATION.step("A lookup is a product with one-hot rows", r"""
Let $H$ be $(n, |V|)$ with $H_{pv} = 1$ if $t_p = v$ and else 0. Then

$$X = H E$$

is the list of embeddings: in row $p$ a single 1 picks one row of $E$. Nobody computes it like that, but it
is a matrix product, and so it is differentiable in $E$.
""")
def lookup(rng):
    """Indexing, and the product."""
    E, ids, _ = example(rng)
    yield embedding_forward(E, ids), one_hot(ids, V) @ E


@DERIVATION.step("The gradient of the product", r"""
$x_{pj} = \sum_v H_{pv} E_{vj}$, so $\partial x_{pj} / \partial E_{vj} = H_{pv}$, and the chain rule sums
over the positions:

$$dE_{vj} = \sum_{p=1}^n H_{pv} \, dx_{pj} \qquad\text{in matrices}\qquad dE = H^T dX$$
""", DIFFERENCES)
def product(rng):
    """H^T dX, against differences of L in E."""
    E, ids, G = example(rng)
    yield one_hot(ids, V).T @ G, numerical_gradient(lambda E: float(np.sum(G * E[ids])), E)


@DERIVATION.step("Repeated tokens accumulate", r"""
$H_{pv}$ is 1 at the positions of $v$ and 0 elsewhere, so the sum runs over those positions only:

$$dE_v = \sum_{p \,:\, t_p = v} dx_p$$

A word that occurs five times gets five terms. In NumPy `dE[ids] += dX` is a trap: with a repeated id it
keeps only the last term. `np.add.at(dE, ids, dX)` adds all of them.
""")
def repeated(rng):
    """The sum for each token, np.add.at, and embeddings.py."""
    E, ids, G = example(rng)
    by_hand = np.array([sum((G[p] for p in range(len(ids)) if ids[p] == v), np.zeros(D)) for v in range(V)])
    added = np.zeros_like(E)
    np.add.at(added, ids, G)
    yield by_hand, added
    yield added, embedding_backward(G, ids).to_dense(V)


@DERIVATION.step("The trap, measured", r"""
For a token $v$ that occurs more than once, `dE[ids] += dX` gives $dx_{p}$ with $p$ the last of its
positions. What is lost is

$$\sum_{p \,:\, t_p = v} dx_p - dx_{\text{last}} = \sum_{p \,:\, t_p = v,\ p\, \ne\, \text{last}} dx_p$$

and no error message says so.
""")
def trap(rng):
    """What fancy indexing loses is the sum over all positions but the last."""
    E, ids, G = example(rng)
    wrong = np.zeros_like(E)
    wrong[ids] += G
    right = embedding_backward(G, ids).to_dense(V)
    lost = np.zeros_like(E)
    for p, v in enumerate(ids):
        if v in ids[p + 1 :]:
            lost[v] += G[p]
    yield right - wrong, lost


@DERIVATION.step("What does not occur gets nothing", r"""
If $v$ is in no position, the sum is empty: $dE_v = 0$. Of $|V|$ rows at most $n$ are non-zero, however big
$|V|$ is, so it is enough to store those rows and their numbers. With SGD, $E_v - \alpha\, dE_v = E_v$: only
the tokens of the current batch are updated.
""")
def sparse(rng):
    """The stored rows are the ids; a step of SGD on them is the step with the dense gradient."""
    E, ids, G = example(rng)
    dense, stored = one_hot(ids, V).T @ G, embedding_backward(G, ids)
    params = {"E": E.copy()}
    SGD(0.1).step(params, {"E": stored})
    yield stored.rows, np.unique(ids)
    yield params["E"], E - 0.1 * dense


@DERIVATION.step("Through mean pooling", r"""
The document vector is $c = \frac1n \sum_p x_p$, so $\partial c_j / \partial x_{pj} = 1/n$: every position
gets the same share, $dx_p = dc / n$. With the step before,

$$dE_v = \sum_{p \,:\, t_p = v} \frac{dc}{n} = \frac{\mathrm{count}(v)}{n} \, dc$$

All words of a text are pushed in the same direction, and how far depends on their counts alone: a
mean-pooled model learns nothing from where a word stands.
""", DIFFERENCES)
def mean_pooling(rng):
    """The formula with counts, bags.py, and differences."""
    E, ids, G = example(rng)
    dc, offsets = G[0], np.array([0, len(ids)])
    formula = np.bincount(ids, minlength=V)[:, None] / len(ids) * dc
    def loss(E):
        return float(bag_mean_forward(E, ids, offsets)[0] @ dc)

    yield formula, bag_mean_backward(dc[None, :], ids, offsets).to_dense(V)
    yield formula, numerical_gradient(loss, E)


@DERIVATION.step("A batch", r"""
The losses of $m$ texts add up (with the $1/m$ inside each $dc_i$), so the gradients do:

$$dE_v = \sum_{i=1}^m \frac{\mathrm{count}_i(v)}{n_i} \, dc_i \qquad\text{in matrices}\qquad dE = P^T dC,
\quad
P_{iv} = \frac{\mathrm{count}_i(v)}{n_i}$$

A frequent word hears from many texts in each step, a rare word seldom: one reason for giving every row a
step size of its own, as Adam does.
""")
def batch(rng):
    """P^T dC, against bags.py."""
    texts = [rng.integers(0, V, size=n) for n in (4, 1, 7)]
    ids, offsets, dC = np.concatenate(texts), np.array([0, 4, 5, 12]), rng.normal(size=(3, D))
    P = np.array([np.bincount(text, minlength=V) / len(text) for text in texts])
    yield P.T @ dC, bag_mean_backward(dC, ids, offsets).to_dense(V)


STEPS, render = DERIVATION.steps, DERIVATION.render
