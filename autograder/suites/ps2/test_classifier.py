"""Hidden tests of Exercise 2: the classifier forward and backward, and its training loop."""

import numpy as np

from autograder.testing import check, check_array, check_close, check_params, check_tuple, check_unchanged, in_place, item
from reference import exercise2
from reference.gradient_check import numerical_gradient
from reference.losses import bce_from_logits, bce_from_logits_grad

POOLINGS = ("mean", "max")
EXACT = {"rtol": 1e-10, "atol": 1e-12}  # AdaGrad makes a step of anything that is larger


def copies(params):
    return {name: value.copy() for name, value in params.items()}


def random_classifier(rng, V=12, dim=3, hidden=5):
    """Parameters none of which is zero, the vector of padding least of all: filling must not matter by luck."""
    params = exercise2.init_classifier(V, dim, hidden, rng)
    return {name: value + rng.choice([-1.0, 1.0], value.shape) * rng.uniform(0.2, 0.6, value.shape)
            for name, value in params.items()}


def is_alive(cache):
    """Whether every text activates a neuron; the loss of one that does not depends on b2 alone."""
    return (cache["Z1"] > 0).any(axis=1).all()


def living_classifier(rng, texts):
    """Random parameters with which every text can change something."""
    while True:
        params = random_classifier(rng)
        if is_alive(exercise2.classifier_forward(params, *exercise2.pad_batch(texts))[1]):
            return params


def random_texts(rng, lengths, V=12):
    """Texts with repeated words, some of them unknown; all longer ones hold one that is."""
    texts = [rng.integers(1, V, length) for length in lengths]
    for text in texts:
        text[2:3] = 1
    return texts


def run_forward(student, params, ids, mask, *pooling):
    """The student's logits and cache."""
    return check_tuple(student.classifier_forward(params, ids, mask, *pooling), "logits, cache", "classifier_forward")


def check_forward(student, rng, lengths, *pooling):
    params, (ids, mask) = random_classifier(rng), exercise2.pad_batch(random_texts(rng, lengths))
    logits, _ = run_forward(student, params, ids, mask, *pooling)
    expected, _ = exercise2.classifier_forward(params, ids, mask, *pooling)
    what = f"logits with {pooling[0] if pooling else 'mean'} pooling for texts of the lengths {lengths}"
    check_close(logits, expected, what)


@item("classifier_forward")
def test_forward_mean(student, rng):
    """The logits are right with mean pooling, which is the default, with and without filling."""
    check_forward(student, rng, [4, 4, 4])
    check_forward(student, rng, [5, 1, 3, 2], "mean")
    check_forward(student, rng, [3])


@item("classifier_forward")
def test_forward_max(student, rng):
    """The logits are right with max pooling, with and without filling."""
    check_forward(student, rng, [4, 4, 4], "max")
    check_forward(student, rng, [5, 1, 3, 2], "max")


@item("classifier_forward")
def test_forward_cache(student, rng):
    """The cache holds ids, mask, pooled, Z1 and A1, and with max pooling winners; the arguments stay as they were."""
    params, (ids, mask) = random_classifier(rng), exercise2.pad_batch(random_texts(rng, [4, 2, 3]))
    theirs, their_ids, their_mask = copies(params), ids.copy(), mask.copy()
    for pooling in POOLINGS:
        _, cache = run_forward(student, in_place(theirs), in_place(their_ids), in_place(their_mask), pooling)
        for before, after, name in ((params, theirs, "params"), (ids, their_ids, "ids"), (mask, their_mask, "mask")):
            check_unchanged(before, after, f"{name}, an argument of classifier_forward,")
        check(isinstance(cache, dict), "The cache should be a dict.")
        _, expected = exercise2.classifier_forward(params, ids, mask, pooling)
        missing = [name for name in expected if name not in cache]
        check(not missing, f"With {pooling} pooling the cache lacks {', '.join(missing)}.")
        for name, value in expected.items():
            check_close(cache[name], value, f'cache["{name}"] with {pooling} pooling', **EXACT)


def smooth_case(rng, lengths, pooling):
    """Parameters and a batch at which all count and the loss has no kink nearby: no ReLU near 0, no two words nearly tied."""
    while True:
        params, (ids, mask) = random_classifier(rng), exercise2.pad_batch(random_texts(rng, lengths))
        _, cache = exercise2.classifier_forward(params, ids, mask, pooling)
        gaps = [np.diff(np.unique(params["E"][np.unique(row[words])], axis=None)) for row, words in zip(ids, mask)]
        if is_alive(cache) and np.abs(cache["Z1"]).min() > 1e-3 and min(np.min(gap, initial=1.0) for gap in gaps) > 1e-4:
            return params, ids, mask


def run_backward(student, params, theirs, ids, mask, y, pooling):
    """The student's gradients, from the student's own cache, with the gradient of E made dense; `theirs` is sent as params."""
    _, cache = run_forward(student, theirs, ids, mask, pooling)
    logits, _ = exercise2.classifier_forward(params, ids, mask, pooling)
    named = [] if pooling == "mean" else [pooling]  # the mean is the default
    grads = student.classifier_backward(theirs, cache, bce_from_logits_grad(logits, y), *named)
    check(isinstance(grads, dict), "classifier_backward should return a dict of gradients.")
    missing = sorted(set(params) - set(grads))
    check(not missing, f"The gradients lack {', '.join(missing)}.")
    rows, values = check_tuple(grads["E"], "rows, values", 'The gradient of "E"')
    rows = check_array(rows, np.shape(rows), "rows of the gradient of E")
    values = check_array(values, (len(rows), params["E"].shape[1]), f"values of the gradient of E, for {len(rows)} rows,")
    check(np.all((rows >= 0) & (rows < len(params["E"])) & (rows == np.round(rows))), "rows should be rows of E.")
    dense = np.zeros_like(params["E"])
    np.add.at(dense, rows.astype(int), values)
    return {name: grads[name] for name in grads if name != "E"} | {"E": dense}, rows


def check_backward(student, rng, lengths, pooling, names):
    """The gradients of these parameters agree with central differences of the loss."""
    params, ids, mask = smooth_case(rng, lengths, pooling)
    y = rng.integers(0, 2, (len(lengths), 1)).astype(float)

    def loss_with(name):
        return lambda theta: bce_from_logits(exercise2.classifier_forward(params | {name: theta}, ids, mask, pooling)[0], y)

    actual, _ = run_backward(student, params, params, ids, mask, y, pooling)
    for name in names:
        check_close(actual[name], numerical_gradient(loss_with(name), params[name]),
                    f"the gradient of {name} with {pooling} pooling", rtol=1e-5, atol=1e-8)


HEAD = ("W2", "b2", "W1", "b1")


@item("classifier_backward")
def test_backward_head(student, rng):
    """The gradients of W1, b1, W2 and b2 agree with central differences, with both poolings."""
    for pooling in POOLINGS:
        check_backward(student, rng, [4, 1, 3], pooling, HEAD)


@item("classifier_backward", 1.5)
def test_backward_embeddings_mean(student, rng):
    """With mean pooling the gradient of E agrees with central differences in every row."""
    check_backward(student, rng, [5, 2, 3], "mean", ["E"])
    check_backward(student, rng, [4], "mean", ["E"])


@item("classifier_backward")
def test_backward_embeddings_max(student, rng):
    """With max pooling the gradient of E agrees with central differences in every row."""
    check_backward(student, rng, [5, 2, 3], "max", ["E"])


@item("classifier_backward", 0.5)
def test_backward_sparse(student, rng):
    """The gradient of E has rows for words of the batch only, and the arguments stay as they were."""
    params, (ids, mask) = random_classifier(rng), exercise2.pad_batch(random_texts(rng, [4, 2, 3]))
    y, theirs = np.array([[1.0], [0.0], [1.0]]), copies(params)
    for pooling in POOLINGS:
        actual, rows = run_backward(student, params, in_place(theirs), ids, mask, y, pooling)
        strangers = sorted(set(rows.astype(int)) - set(ids[mask].tolist()))
        check(not strangers, f"The gradient of E has the rows {strangers}, whose words are not in the batch.")
        check(len(set(rows)) == len(rows), "The gradient of E has a row twice: each row once, with the sum of its gradients.")
        check(actual.keys() == params.keys(), f"The gradients should have the keys {', '.join(params)} and no others.")
        check_close(actual["b2"], np.sum(bce_from_logits_grad(exercise2.classifier_forward(params, ids, mask, pooling)[0], y),
                                         axis=0), "the gradient of b2")
        _, cache = run_forward(student, params, ids, mask, pooling)
        check(isinstance(cache, dict), "The cache should be a dict.")
        before, their_dZ = {name: np.array(value) for name, value in cache.items()}, rng.standard_normal((3, 1))
        dZ = their_dZ.copy()
        student.classifier_backward(params, in_place(cache), in_place(their_dZ), pooling)
        check_unchanged(before, cache, "The cache, an argument of classifier_backward,")
        check_unchanged(dZ, their_dZ, "dZ, an argument of classifier_backward,")
    check_unchanged(params, theirs, "params, an argument of classifier_backward,")


def planted_texts(rng, count=60):
    """Short texts of words 4 to 9, and in each either word 2 (positive) or word 3 (negative). No text holds 10 or 11."""
    y = rng.permutation(np.arange(count) % 2)
    texts = [rng.permutation(np.append(rng.integers(4, 10, rng.integers(2, 7)), 2 if label else 3)) for label in y]
    return texts, y[:, None].astype(float)


def run_train(student, params, texts, y, lr, epochs, batch_size, rng, *pooling):
    """The student's history, as an array with one number for each epoch; params are changed as the student's were."""
    history = student.train(in_place(params), texts, y, lr, epochs, batch_size, rng, *pooling)
    return check_array(history, (epochs,), f"the history of {epochs} epochs")


# The test's training (60 planted texts, d = 4, 32 hidden neurons, lr = 0.1, 10 epochs, batches of 16) with the reference:
# accuracy 1.00 after training for each of the seeds 0 to 9,999, and every parameter has changed. So a correct solution
# misses the threshold with a chance below 3 in 10,000 (95 % confidence: 3 / 10,000).
PLANTED_ACCURACY = 0.95


@item("train", 1.5)
def test_train_learns(student, steady_rng):
    """train learns to tell texts apart by a single word, changing all parameters in place."""
    texts, y = planted_texts(steady_rng)
    params = exercise2.init_classifier(12, 4, 32, steady_rng)
    before = copies(params)
    run_train(student, params, texts, y, 0.1, 10, 16, *steady_rng.spawn(1))
    still = [name for name in params if np.array_equal(params[name], before[name])]
    check(not still, f"train left {', '.join(still)} as before: every parameter should change, in place.")
    for name, value in params.items():
        check(np.isfinite(value).all(), f"{name} is not finite after training.")
    accuracy = np.mean(exercise2.predict(params, texts) == y[:, 0])
    check(accuracy >= PLANTED_ACCURACY,
          f"After 10 epochs on 60 short texts, in which one word gives the label away, the accuracy should be at least "
          f"{PLANTED_ACCURACY}, but is {accuracy:.2f}.")


def check_steps(student, rng, *pooling):
    """The student's training ends at the reference's parameters, where all texts are equal."""
    # When all texts are equal their order does not matter, so any correct loop ends at the same parameters.
    for m, lr, epochs, batch_size in ((7, 0.1, 3, 3), (31, 0.03, 2, 40)):
        texts, y = [np.array([2, 5, 5, 1])] * m, np.ones((m, 1))
        params = random_classifier(rng)
        expected = copies(params)
        losses = exercise2.train(expected, texts, y, lr, epochs, batch_size, np.random.default_rng(0), *pooling)
        history = run_train(student, params, texts, y, lr, epochs, batch_size, *rng.spawn(1), *pooling)
        check_params(params, expected, f"after {epochs} epochs of {m} texts in mini-batches of {batch_size}, with lr = {lr},")
        if pooling:
            check_close(history, losses, f"the history with {pooling[0]} pooling")


@item("train")
def test_train_steps(student, rng):
    """Every epoch makes one AdaGrad step for each mini-batch, the smaller last one too, and G lasts through the training."""
    check_steps(student, rng)


@item("train", 0.5)
def test_train_with_max_pooling(student, rng):
    """train passes the pooling that is asked for on, forward, backward and for the history."""
    check_steps(student, rng, "max")


@item("train")
def test_train_touches_only_its_words(student, rng):
    """The vectors of padding and of words that no text holds stay exactly as they were, to the last bit."""
    texts, y = planted_texts(rng)
    params = living_classifier(rng, texts)
    before = params["E"].copy()
    run_train(student, params, texts, y, 0.1, 2, 16, *rng.spawn(1))
    check(np.any(params["E"][2:10] != before[2:10]), "The vectors of words that occur are as before.")
    for v, what in ((0, "padding"), (1, "<unk>, which no text holds,"), (10, "a word that no text holds"), (11, "such a word")):
        check(np.array_equal(params["E"][v], before[v]), f"Row {v} of E, the vector of {what}, has changed.")


@item("train")
def test_train_history(student, rng):
    """The history holds the loss on all documents after each epoch; documents and y stay as they were."""
    texts, y = planted_texts(rng, 20)
    params = random_classifier(rng)
    for epochs in (1, 3):
        theirs, their_y = [text.copy() for text in texts], y.copy()
        history = run_train(student, params, in_place(theirs, structure=True), in_place(their_y), 0.05, epochs, 8, *rng.spawn(1))
        same = len(theirs) == len(texts) and all(map(np.array_equal, theirs, texts))
        check(same and np.array_equal(y, their_y), "train has changed the documents or y: leave them as they are.")
        now = bce_from_logits(exercise2.classifier_forward(params, *exercise2.pad_batch(texts))[0], y)
        check_close(history[-1], now, f"the last of the {epochs} losses")


@item("train", 0.5)
def test_train_shuffles(student, rng):
    """The mini-batches come from the given rng, in a new order every epoch."""
    texts, y = planted_texts(rng, 20)
    start = living_classifier(rng, texts)  # else no order need show in W1
    seed = int(rng.integers(2**32))

    def after(seed, epochs):
        params, generator = copies(start), np.random.default_rng(seed)
        run_train(student, params, texts, y, 0.1, epochs, 4, in_place(generator))
        return params["W1"], generator.bit_generator.state

    first, state_after_one = after(seed, 1)
    check(np.array_equal(first, after(seed, 1)[0]), "Two runs with rng in the same state gave different parameters.")
    # 20 texts fall into 5 batches of 4 in 3e11 ways
    check(not np.array_equal(first, after(seed + 1, 1)[0]),
          "Two runs with rng in different states gave the same parameters: the mini-batches are not shuffled with rng.")
    check(after(seed, 2)[1] != state_after_one, "The second epoch drew nothing from rng: shuffle anew in every epoch.")
