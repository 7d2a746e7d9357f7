"""Mutants of Exercise 2 that compute what the model solutions compute: id -> why, and random arguments to try it on."""

from reference.exercise2 import classifier_forward, init_classifier, pad_batch

EQUIVALENT = {
    "one_hot.dtype.4bb82": "0 and 1 are 0 and 1 in any type.",
    "adagrad_rows.inplace.83e9e": "Rows that are added to in place, or taken out, added to and put back: each is there once.",
    "adagrad_rows.inplace.526b1": "Rows that are subtracted from in place, or taken out and put back: each is there once.",
    "nearest_neighbours.order.7cef9": "The cosine of two vectors is that of the two in the other order.",
    "build_vocabulary.order.25a3d": "The words are ranked afterwards, by count and spelling, which no two share.",
    "max_pool_backward.constant.49185": "The gradient has two axes, so the second is the last.",
    "classifier_backward.constant.d3b70": "The mask has two axes, so the second is the last.",
    "train.order.d05f2": "Each parameter is changed by itself alone.",
    "same_class_share.clip.b42df": "A cosine is at least -1, so -10 loses against all of them too.",
    "pca.default.ccfbf": "The further axes of the full decomposition belong to sizes of 0, and none of them is asked for.",
    "pca.constant.7a3f8": "The further axes of the full decomposition belong to sizes of 0, and none of them is asked for.",
}


def _texts(rng):
    return [list(map(str, rng.choice(["a", "b", "be", "c", "see"], size=rng.integers(6)))) for _ in range(rng.integers(5))]


def _pooled(rng):
    m, T, d = rng.integers(1, 5, size=3)
    return rng.normal(size=(m, d)), rng.integers(-1, T, size=(m, d)), int(T)


def _classes(rng):
    n = rng.integers(3, 8)
    return rng.normal(size=(n, 3)), rng.integers(2, size=n), int(rng.integers(1, n))


def _points(rng):
    m, n = rng.integers(2, 7, size=2)
    return rng.normal(size=(m, n)), int(rng.integers(1, min(m - 1, n) + 1))


def _documents(rng):
    return [rng.integers(1, 6, size=rng.integers(1, 4)) for _ in range(rng.integers(1, 4))]


def _passed_forward(rng):
    params, (ids, mask) = init_classifier(6, 2, 3, rng), pad_batch(_documents(rng))
    pooling = str(rng.choice(["mean", "max"]))
    logits, cache = classifier_forward(params, ids, mask, pooling)
    return params, cache, rng.normal(size=logits.shape), pooling


def _training(rng):
    documents = _documents(rng)
    y = rng.integers(2, size=(len(documents), 1)).astype(float)
    return init_classifier(6, 2, 3, rng), documents, y, 0.1, 1, 2, rng.spawn(1)[0]


INPUTS = {
    "one_hot": lambda rng: (rng.integers(5, size=rng.integers(4)), 5),
    "adagrad_rows": lambda rng: (*rng.uniform(0, 1, size=(2, 4, 2)), rng.permutation(4)[:2], rng.normal(size=(2, 2)), 0.1),
    "nearest_neighbours": lambda rng: (rng.normal(size=(4, 3)), rng.normal(size=3), int(rng.integers(5))),
    "build_vocabulary": lambda rng: (_texts(rng), int(rng.integers(1, 4))),
    "max_pool_backward": _pooled,
    "classifier_backward": _passed_forward,
    "train": _training,
    "same_class_share": _classes,
    "pca": _points,
}
