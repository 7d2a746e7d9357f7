"""Hidden tests of Exercise 1: layers, initialization, forward and backward pass, gradients of deep networks."""

from itertools import pairwise

import numpy as np

from autograder.testing import (
    StudentError,
    as_array,
    check,
    check_array,
    check_close,
    check_gradients,
    check_raises,
    check_tuple,
    check_unchanged,
    in_place,
    item,
    random_params,
)
from reference import network
from reference.dense import dense_backward, dense_forward
from reference.gradient_check import numerical_gradient
from reference.losses import bce_from_logits, bce_from_logits_grad

EXACT = {"rtol": 1e-10, "atol": 1e-12}  # for one layer: a thousand times what rounding does, and too little for an epsilon
DEEP = [4] * 12  # eleven layers: in the order of strings W10 and W11 come before W2
ACTIVATIONS = ("tanh", "sigmoid", "linear", "leaky_relu", "gelu")  # the notebook's, beside ReLU


def dense_layer(rng, m, n_in, n_out):
    """A_prev, W, b of a layer."""
    return rng.standard_normal((m, n_in)), rng.standard_normal((n_out, n_in)), rng.standard_normal(n_out)


def copies(params):
    return {name: value.copy() for name, value in params.items()}


@item("dense_forward")
def test_dense_forward(student, rng):
    """dense_forward returns Z = A_prev W^T + b."""
    A_prev, W, b = dense_layer(rng, 5, 3, 4)
    check_close(student.dense_forward(A_prev, W, b), dense_forward(A_prev, W, b), "Z")


@item("dense_forward")
def test_dense_forward_square(student, rng):
    """With as many examples as inputs and neurons, every neuron still has its own row of W and its own bias."""
    A_prev, W, b = dense_layer(rng, 3, 3, 3)
    check_close(student.dense_forward(A_prev, W, b), dense_forward(A_prev, W, b), "Z")


@item("dense_forward")
def test_dense_forward_shapes(student, rng):
    """A batch of one, one input and one neuron all work, to ten digits, and the arguments stay as they were."""
    layers = [dense_layer(rng, *sizes) for sizes in [(4, 1, 2), (4, 3, 1), (1, 3, 2), (1, 1, 1)]]
    copied = [[array.copy() for array in layer] for layer in layers]
    returned = student.dense_forward.each([map(in_place, theirs) for theirs in copied])
    for layer, theirs, Z in zip(layers, copied, returned):
        check_close(Z, dense_forward(*layer), f"Z for A_prev of shape {layer[0].shape} and W of shape {layer[1].shape}", **EXACT)
        for before, after, name in zip(layer, theirs, ("A_prev", "W", "b"), strict=True):
            check_unchanged(before, after, f"{name}, an argument of dense_forward,")


def initial_params(student, layer_sizes, seed, *scheme):
    """The student's parameters for a network, as a dict of arrays of the right names and shapes."""
    return named_params(student.init_params(layer_sizes, np.random.default_rng(seed), *scheme), layer_sizes)


def named_params(params, layer_sizes):
    """What the student's init_params has returned, as a dict of arrays of the right names and shapes."""
    check(isinstance(params, dict), "init_params should return a dict of arrays.")
    layers = range(1, len(layer_sizes))
    names = [f"{kind}{l}" for l in layers for kind in "Wb"]
    check(set(params) == set(names),
          f"For layer_sizes = {layer_sizes} the parameters should be {', '.join(names)}; "
          f"init_params returned {', '.join(map(str, params)) or 'none'}.")
    for l in layers:
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        for name, shape in ((f"W{l}", (n_out, n_in)), (f"b{l}", (n_out,))):
            check_array(params[name], shape, f"{name} for layer_sizes = {layer_sizes}")
            params[name] = as_array(params[name], name)
    return params


def check_floats(params, when):
    whole = [name for name, value in params.items() if value.dtype.kind != "f"]
    check(not whole, f"{', '.join(whole)} {when} should hold floats: whole numbers cannot take the small steps of training.")


def seeds(rng, count):
    return [int(seed) for seed in rng.integers(2**32, size=count)]


@item("init_params")
def test_init_shapes(student, rng):
    """init_params returns W1, b1, W2, ... with the right shapes for any number of layers, and biases of zero, as floats."""
    networks = ([2, 1], [3, 5, 2], [2, 4, 3, 1])
    copied = [layer_sizes.copy() for layer_sizes in networks]
    calls = [(in_place(theirs, structure=True), np.random.default_rng(*seeds(rng, 1))) for theirs in copied]
    for layer_sizes, theirs, returned in zip(networks, copied, student.init_params.each(calls)):
        params = named_params(returned, layer_sizes)
        for name, value in params.items():
            if name.startswith("b"):
                check_close(value, np.zeros(value.shape), name)
        check_floats(params, f"for layer_sizes = {layer_sizes}")
        check(theirs == layer_sizes, "layer_sizes, an argument of init_params, was changed: leave the list as it is.")


# The sample variance of N normal numbers has a relative standard deviation of sqrt(2 / N): 1.8 % for N = 60 * 100.
# A correct solution misses 15 % with a chance of 2e-15 (chi-square, both sides, both layers), and a mean within six
# of its standard deviations with 4e-9. The usual wrong variances (1 / n_in, 2 / n_out, the other scheme's, a
# standard deviation in place of a variance) are off by 20 % or more in at least one of the two layers.
SIZES = [100, 60, 150]


def check_variance(params, scheme, variance_of):
    for l, (n_in, n_out) in enumerate(pairwise(SIZES), start=1):
        W, variance = params[f"W{l}"], variance_of(n_in, n_out)
        check(abs(W.var() / variance - 1.0) < 0.15,
              f'With scheme "{scheme}" the variance of W{l}, which has {n_in} inputs and {n_out} neurons, should be '
              f"about {variance:.4g}, but is {W.var():.4g}.")
        check(abs(W.mean()) < 6.0 * np.sqrt(variance / W.size),
              f"The mean of W{l} should be about 0, but is {W.mean():.3g}.")


@item("init_params")
def test_init_he(student, rng):
    """The weights of every layer have mean 0 and variance 2 / n_in, unless another scheme is asked for."""
    check_variance(initial_params(student, SIZES, *seeds(rng, 1)), "he", lambda n_in, n_out: 2.0 / n_in)


@item("init_params")
def test_init_xavier(student, rng):
    """With the scheme "xavier" the weights of every layer have mean 0 and variance 2 / (n_in + n_out)."""
    params = initial_params(student, SIZES, *seeds(rng, 1), "xavier")
    check_variance(params, "xavier", lambda n_in, n_out: 2.0 / (n_in + n_out))


@item("init_params")
def test_init_randomness(student, rng):
    """All weights differ, and they come from the given rng: the same state gives the same, another gives others."""
    seed, other_seed = seeds(rng, 2)
    generators = [np.random.default_rng(one) for one in (seed, seed, other_seed)]
    generator, sizes = generators[0], [4, 6, 4, 2]
    returned = student.init_params.each([(sizes, in_place(one)) for one in generators])
    first, again, other = (named_params(params, sizes) for params in returned)
    moved = generator.bit_generator.state != np.random.default_rng(seed).bit_generator.state
    check(moved, "rng is in the same state as before: draw from rng itself, not from a copy, or the next network is the same.")
    weights = np.concatenate([first[f"W{l}"].ravel() for l in (1, 2, 3)])
    check(len(np.unique(weights)) == len(weights), "Some weights are equal: neurons that start equal stay equal.")
    for l in (1, 2, 3):
        check(np.array_equal(first[f"W{l}"], again[f"W{l}"]),
              f"Two generators in the same state gave different W{l}. Draw from rng and from nothing else.")
        check(not np.array_equal(first[f"W{l}"], other[f"W{l}"]),
              f"Two generators in different states gave the same W{l}. Draw from the rng that is passed in.")


@item("init_params")
def test_init_schemes(student, rng):
    """The scheme "zeros" gives zeros, and a scheme that does not exist gives a ValueError."""
    params = initial_params(student, [3, 4, 2], *seeds(rng, 1), "zeros")
    for name, value in params.items():
        check_close(value, np.zeros(value.shape), f'{name} with scheme "zeros"')
    check_floats(params, 'with scheme "zeros"')
    check_raises(lambda: student.init_params([3, 4, 2], np.random.default_rng(0), "ones"),
                 "ValueError", 'init_params with scheme="ones", which does not exist,')


def check_refuses(call, name):
    """The student's function raises something, whatever it is, for an activation that does not exist."""
    try:
        call()
    except StudentError as error:
        if error.kind != "exception":
            raise
    else:
        check(False, f'{name} went on with the activation "swish", which is not in ACTIVATIONS: a wrong name should be an error.')


def run_forward(student, params, X, *activation):
    """The student's logits and cache."""
    return check_tuple(student.forward(params, X, *activation), "logits, cache", "forward")


def check_logits(student, cases):
    """The student's logits are right for params, X and perhaps an activation; `cases` says of each what they are."""
    for (what, call), returned in zip(cases.items(), student.forward.each(cases.values())):
        logits, _ = check_tuple(returned, "logits, cache", "forward")
        check_close(logits, network.forward(*call)[0], what)


@item("forward")
def test_forward_logits(student, rng):
    """forward returns the logits of a two-layer ReLU network, with no activation after the last layer."""
    params = random_params(rng, 3, 5, 2)
    check_logits(student, {f"logits for X of shape {(m, 3)}": (params, rng.standard_normal((m, 3))) for m in (4, 1)})


@item("forward")
def test_forward_cache(student, rng):
    """The cache holds A0, Z1, A1, ..., ZL; X and the parameters stay as they were."""
    params, X = random_params(rng, 3, 5, 4, 2), rng.standard_normal((4, 3))
    theirs, their_X = copies(params), X.copy()
    _, cache = run_forward(student, in_place(theirs), in_place(their_X))
    check(isinstance(cache, dict), "The cache should be a dict of arrays.")
    expected = network.forward(params, X)[1]
    missing = [name for name in expected if name not in cache]
    check(not missing, f"The cache of a network with 3 layers lacks {', '.join(missing)}.")
    for name, value in expected.items():
        check_close(cache[name], value, f'cache["{name}"]')
    check_unchanged(X, their_X, "X, an argument of forward,")
    check_unchanged(params, theirs, "params, an argument of forward,")


@item("forward")
def test_forward_depth(student, rng):
    """Networks of one, three, four and eleven layers work too."""
    check_logits(student, {
        f"the logits for layer sizes {sizes}": (random_params(rng, *sizes), rng.standard_normal((4, sizes[0])))
        for sizes in ([3, 2], [3, 4, 5, 1], [2, 4, 3, 5, 3], DEEP)
    })


@item("forward")
def test_forward_activations(student, rng):
    """The hidden layers use the activation that is asked for, whichever of ACTIVATIONS it is."""
    params, X = random_params(rng, 3, 4, 4, 2), rng.standard_normal((4, 3))
    check_logits(student, {f"the logits with {activation}": (params, X, activation) for activation in ACTIVATIONS})
    check_refuses(lambda: student.forward(params, X, "swish"), "forward")


def backward_case(rng, m, n_in, n_out):
    """dZ, A_prev, W of a layer."""
    A_prev, W, _ = dense_layer(rng, m, n_in, n_out)
    return rng.standard_normal((m, n_out)), A_prev, W


def check_dense_backward(returned, dZ, A_prev, W, names, tolerance=None):
    """Of the gradients that the student's dense_backward has returned, those with these names are right."""
    actual = check_tuple(returned, "dW, db, dA_prev", "dense_backward")
    for name, value, expected in zip(("dW", "db", "dA_prev"), actual, dense_backward(dZ, A_prev, W), strict=True):
        if name in names:
            check_close(value, expected, f"{name} for A_prev of shape {A_prev.shape} and W of shape {W.shape}", **tolerance or {})


@item("dense_backward")
def test_dense_backward_weights(student, rng):
    """dW has the shape of W and the right values: the 1/m is in dZ already."""
    case = backward_case(rng, 5, 3, 4)
    check_dense_backward(student.dense_backward(*case), *case, ["dW"])


@item("dense_backward")
def test_dense_backward_bias(student, rng):
    """db has the shape of b and adds up dZ over the batch."""
    case = backward_case(rng, 5, 3, 4)
    check_dense_backward(student.dense_backward(*case), *case, ["db"])


@item("dense_backward")
def test_dense_backward_inputs(student, rng):
    """dA_prev has the shape of A_prev and the right values."""
    case = backward_case(rng, 5, 3, 4)
    check_dense_backward(student.dense_backward(*case), *case, ["dA_prev"])


@item("dense_backward", 0.5)
def test_dense_backward_shapes(student, rng):
    """Batches of one, single neurons and square layers work, to ten digits, and the arguments stay as they were."""
    sizes = [(4, 3, 1), (4, 1, 2), (3, 3, 3), (1, 3, 2)]  # a batch of one last: in it sum, mean and dZ are nearly the same
    cases = [backward_case(rng, *one) for one in sizes]
    copied = [[array.copy() for array in case] for case in cases]
    returned = student.dense_backward.each([map(in_place, theirs) for theirs in copied])
    for case, theirs, gradients in zip(cases, copied, returned):
        check_dense_backward(gradients, *case, ("dW", "db", "dA_prev"), EXACT)
        for before, after, name in zip(case, theirs, ("dZ", "A_prev", "W"), strict=True):
            check_unchanged(before, after, f"{name}, an argument of dense_backward,")


def run_backward(student, cases):
    """The student's gradients, from the cache of the student's own forward pass, which may hold more than it must.

    Of each case `cases` says params, X, dZ and perhaps an activation.
    """
    returned = student.forward.each([(params, X, *activation) for params, X, _, *activation in cases])
    caches = [check_tuple(one, "logits, cache", "forward")[1] for one in returned]
    return student.backward.each([(params, cache, dZ, *activation) for (params, _, dZ, *activation), cache in zip(cases, caches)])


def check_backward(student, cases):
    """The student's gradients are right in each case."""
    for (params, X, dZ, *activation), actual in zip(cases, run_backward(student, cases)):
        check_gradients(actual, network.backward(params, network.forward(params, X, *activation)[1], dZ, *activation))


@item("backward")
def test_backward_numerically(student, rng):
    """The gradients of a two-layer ReLU network agree with central differences of its loss."""
    step = 1e-5
    while True:  # central differences must not step across a kink of the ReLU
        params, X = random_params(rng, 2, 4, 1), rng.standard_normal((5, 2))
        logits, cache = network.forward(params, X)
        if np.abs(cache["Z1"]).min() > 1e3 * step:
            break
    y = rng.integers(0, 2, (5, 1)).astype(float)

    def loss_with(name):
        return lambda theta: bce_from_logits(network.forward(params | {name: theta}, X)[0], y)

    numerical = {name: numerical_gradient(loss_with(name), value, step) for name, value in params.items()}
    [actual] = run_backward(student, [(params, X, bce_from_logits_grad(logits, y))])
    check_gradients(actual, numerical, rtol=1e-6, atol=1e-8)


@item("backward")
def test_backward_depth(student, rng):
    """Networks of one, three, four and eleven layers work, with several outputs and in a batch of one."""
    networks = [(4, [3, 2]), (1, [3, 4, 5, 1]), (4, [2, 4, 3, 5, 3]), (4, DEEP)]
    check_backward(student, [
        (random_params(rng, *sizes), rng.standard_normal((m, sizes[0])), rng.standard_normal((m, sizes[-1])))
        for m, sizes in networks
    ])


@item("backward")
def test_backward_activations(student, rng):
    """The gradients use the derivative of the activation that is asked for, whichever it is, at the hidden layers' Z."""
    params, X, dZ = random_params(rng, 3, 4, 4, 2), rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    check_backward(student, [(params, X, dZ, activation) for activation in ACTIVATIONS])
    _, cache = run_forward(student, params, X)
    check_refuses(lambda: student.backward(params, cache, dZ, "swish"), "backward")


@item("backward", 0.5)
def test_backward_arguments(student, rng):
    """The gradients are right, and backward leaves the parameters, the cache and dZ as they were."""
    params, X, dZ = random_params(rng, 3, 4, 1), rng.standard_normal((4, 3)), rng.standard_normal((4, 1))
    theirs, their_dZ = copies(params), dZ.copy()
    _, cache = run_forward(student, params, X)
    check(isinstance(cache, dict), "The cache should be a dict of arrays.")
    before = {name: np.array(value) for name, value in cache.items()}
    actual = student.backward(in_place(theirs), in_place(cache), in_place(their_dZ))
    check(isinstance(actual, dict) and actual.keys() == params.keys(),
          f"The gradients should have the keys {', '.join(params)} and no others.")
    check_gradients(actual, network.backward(params, network.forward(params, X)[1], dZ))
    check_unchanged(params, theirs, "params, an argument of backward,")
    check_unchanged(before, cache, "The cache")
    check_unchanged(dZ, their_dZ, "dZ, an argument of backward,")


def check_norms(student, cases):
    """The student's norms are right for each params, X, y and activation."""
    for case, actual in zip(cases, student.layer_gradient_norms.each(cases)):
        expected = network.layer_gradient_norms(*case)
        # the norms span many orders of magnitude, so what counts is the relative error of each
        check_close(actual, expected, f"the list of norms for {len(expected)} layers with {case[-1]}", atol=0.0)


@item("vanishing_gradients")
def test_norms_of_two_layers(student, rng):
    """The list holds the Frobenius norm of dL/dW of both layers of a ReLU network, the first layer first."""
    check_norms(student, [
        (random_params(rng, 3, 4, 1), rng.standard_normal((m, 3)), rng.integers(0, 2, (m, 1)).astype(float), "relu") for m in (5, 1)
    ])


@item("vanishing_gradients")
def test_norms_of_deep_networks(student, rng):
    """The norms are right in networks of eleven layers with sigmoid or tanh, however small they become."""
    X, y = rng.standard_normal((6, 3)), rng.integers(0, 2, (6, 1)).astype(float)
    check_norms(student, [(random_params(rng, 3, *[5] * 10, 1), X, y, activation) for activation in ("sigmoid", "tanh")])


@item("vanishing_gradients", 0.5)
def test_norms_leave_arguments(student, rng):
    """The norms of a network of one layer are right too, and measuring changes nothing: params, X and y stay as they were."""
    params, X, y = random_params(rng, 3, 1), rng.standard_normal((4, 3)), rng.integers(0, 2, (4, 1)).astype(float)
    check_norms(student, [(params, X, y, "tanh")])
    theirs, their_X, their_y = copies(params), X.copy(), y.copy()
    student.layer_gradient_norms(in_place(theirs), in_place(their_X), in_place(their_y), "relu")
    for before, after, name in ((params, theirs, "params"), (X, their_X, "X"), (y, their_y, "y")):
        check_unchanged(before, after, f"{name}, an argument of layer_gradient_norms,")
