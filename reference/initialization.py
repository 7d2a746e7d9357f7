"""Where training starts: small random weights with a variance that keeps signals the same size through the layers.

With all weights equal (zeros included) every neuron of a layer computes the same thing, gets the same gradient and
stays the same for ever: the layer has one neuron, however wide it is. Randomness breaks the symmetry.
"""

import numpy as np


def init_params(layer_sizes, rng, scheme="he"):
    """Weights and biases for a network with the given layer sizes.

    Parameters
    ----------
    layer_sizes : sequence of int
        [n_0, n_1, ..., n_L]: inputs, neurons of each layer.
    rng : numpy.random.Generator
        Where all randomness comes from.
    scheme : {"he", "xavier", "zeros"}
        Variance of each weight: "he" 2 / n_in (He et al., 2015), "xavier"
        2 / (n_in + n_out) (Glorot & Bengio, 2010), "zeros" 0. Means are 0; biases
        start at 0 in all three.

    Returns
    -------
    dict
        "W1" of shape (n_1, n_0), "b1" (n_1,), "W2" (n_2, n_1), "b2" (n_2,), ...

    Raises
    ------
    ValueError
        If scheme is none of the three.
    """
    ### BEGIN SOLUTION
    params = {}
    for l in range(1, len(layer_sizes)):
        n_in, n_out = layer_sizes[l - 1], layer_sizes[l]
        variances = {"he": 2.0 / n_in, "xavier": 2.0 / (n_in + n_out), "zeros": 0.0}
        if scheme not in variances:
            raise ValueError(
                f"scheme must be one of {sorted(variances)}, not {scheme!r}")
        params[f"W{l}"] = (
            np.sqrt(variances[scheme]) * rng.standard_normal((n_out, n_in)))
        params[f"b{l}"] = np.zeros(n_out)
    return params
    ### END SOLUTION
