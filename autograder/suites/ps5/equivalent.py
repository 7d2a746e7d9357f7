"""Mutants of Exercise 5 that compute what the model solutions compute: id -> why, and random arguments to try it on."""

_COUNTED = "Counts do not depend on the order in which things are counted."
_RIGHT = "Right is 1 and wrong is 0 in any type, and so is their difference."

OPEN = {"categorise": "Any rules are right that agree often enough with what is in the texts; each of ours adds a little."}

EQUIVALENT = {
    "precision_recall_f1.term.2a429": "Hits are not used again; where nobody is there, they are the 0 that is wanted.",
    "precision_recall_f1.term.d4d64": "Hits are not used again; where precision and recall are 0, so are they.",
    "telling_words.order.9e54c": _COUNTED,
    "error_rates.order.e87a1": "Each category has an entry of its own in a dict, whose order says nothing.",
    "error_rates.order.4a98a": _COUNTED,
    "error_rates.term.cfa6e": "Each is True or False already.",
    "paired_bootstrap.dtype.83ca0": _RIGHT,
    "paired_bootstrap.dtype.0bec9": _RIGHT,
    "paired_bootstrap.dtype.18e35": _RIGHT,
    "paired_bootstrap.dtype.20e50": _RIGHT,
    "paired_bootstrap.dtype.5423e": _RIGHT,
    "paired_bootstrap.dtype.9f613": _RIGHT,
    "most_confused.constant.193ae": "Anything below 0 is less than all shares.",
}


def _texts(rng):
    m = rng.integers(1, 6)
    return [" ".join(rng.choice(["a", "b", "c"], size=rng.integers(1, 4))) for _ in range(m)], rng.random(m) < 0.5, 1


def _categories(rng):
    m = rng.integers(1, 8)
    return list(map(str, rng.choice(["a", "b", "c"], size=m))), rng.random(m) < 0.5


def _right(rng):
    m = rng.integers(1, 9)
    return rng.random(m) < 0.6, rng.random(m) < 0.8, rng.spawn(1)[0], 3


def _matrix(rng):
    K = rng.integers(2, 5)
    return (rng.integers(0, 4, size=(K, K)),)


INPUTS = {
    "precision_recall_f1": _matrix,
    "telling_words": _texts,
    "error_rates": _categories,
    "paired_bootstrap": _right,
    "most_confused": _matrix,
}
