"""Against overfitting: dropout, the L2 penalty (and how weight decay differs from it), early stopping.

Left out: data augmentation, label smoothing, and batch normalization, which regularizes by accident only.
"""

import numpy as np

from reference.optimizers import SGD, Adam, AdamW


def dropout_forward(A, p, rng, training=True):
    """Inverted dropout: each number is 0 with probability p, or divided by 1 - p.

    The division keeps the expected value what it was, so at test time there is nothing
    to do (Srivastava et al., 2014, scale at test time instead; the inverted form is
    what libraries use).

    Parameters
    ----------
    A : ndarray, any shape
    p : float
        In [0, 1): the probability of being dropped.
    rng : numpy.random.Generator or None
        Not used if training is False.
    training : bool
        False returns A as it is.

    Returns
    -------
    out : ndarray, the shape of A
    mask : ndarray, the shape of A
        0 or 1 / (1 - p): what A was multiplied by, for the backward pass. All ones if
        training is False.

    Raises
    ------
    ValueError
        If p is not in [0, 1).
    """
    if not 0 <= p < 1:
        raise ValueError("p is the probability of dropping and must lie in [0, 1), "
                         f"got {p}")
    ### BEGIN SOLUTION
    if not training:
        return A, np.ones_like(A)
    mask = (rng.random(A.shape) >= p) / (1 - p)
    return A * mask, mask
    ### END SOLUTION


def dropout_backward(dOut, mask):
    """The gradient with respect to A, from that with respect to out.

    Parameters
    ----------
    dOut, mask : ndarray, the same shape
        mask is the one of the forward pass.

    Returns
    -------
    ndarray, the same shape
    """
    ### BEGIN SOLUTION
    return dOut * mask
    ### END SOLUTION


def l2_penalty(params, strength):
    """The L2 penalty lambda ||theta||^2 over the weight matrices W1, W2, ...

    Biases are left out, since they do not make a function steep, and so is E, whose
    gradient would no longer be sparse. PyTorch's `weight_decay` w means (w / 2)
    ||theta||^2: the same strength is w = 2 lambda.

    Parameters
    ----------
    params : dict of str to ndarray
    strength : float
        lambda.

    Returns
    -------
    float
    """
    ### BEGIN SOLUTION
    return float(strength * sum(np.sum(params[name] ** 2) for name in params if name.startswith("W")))
    ### END SOLUTION


def l2_gradient(params, strength):
    """The gradient of `l2_penalty`: for each W, what is added to that of the loss.

    Parameters
    ----------
    params : dict of str to ndarray
    strength : float

    Returns
    -------
    dict of str to ndarray
        Only the keys of the weight matrices.
    """
    ### BEGIN SOLUTION
    return {name: 2 * strength * params[name] for name in params if name.startswith("W")}
    ### END SOLUTION


def compare_l2_and_decay(steps, lr, strength, rng):
    """How far an L2 penalty and decoupled weight decay end up from each other, with SGD and with Adam.

    The L2 penalty lambda ||theta||^2 changes the gradient; decoupled weight decay multiplies theta by 1 - 2
    alpha lambda before a step with the gradient of the loss alone. For SGD that is the same formula written
    twice,

        theta - alpha (g + 2 lambda theta) = (1 - 2 alpha lambda) theta - alpha g.

    Adam divides whatever is in the gradient by sqrt(v_hat), the penalty included: a weight with large
    gradients is hardly decayed. AdamW decays outside.

    Parameters
    ----------
    steps : int
    lr : float
        alpha.
    strength : float
        lambda.
    rng : numpy.random.Generator
        Draws the starting point and the gradients, whose size differs by a factor of 100 between the weights.

    Returns
    -------
    dict of str to float
        For "sgd" and "adam": the largest difference between the two results, over all weights.
    """
    theta = rng.normal(size=5)
    gradients = rng.normal(size=(steps, 5)) * np.logspace(-1, 1, 5)
    decay = 2 * lr * strength

    class DecayedSGD(SGD):
        def update(self, theta, g, t):
            theta *= 1 - decay
            super().update(theta, g, t)

    pairs = {"sgd": (SGD(lr), DecayedSGD(lr)), "adam": (Adam(lr), AdamW(lr, weight_decay=2 * strength))}
    differences = {}
    for name, (coupled, decoupled) in pairs.items():
        with_penalty, with_decay = {"W1": theta.copy()}, {"W1": theta.copy()}
        for g in gradients:
            coupled.step(with_penalty, {"W1": g + l2_gradient(with_penalty, strength)["W1"]})
            decoupled.step(with_decay, {"W1": g})
        differences[name] = float(np.abs(with_penalty["W1"] - with_decay["W1"]).max())
    return differences


class EarlyStopping:
    """Stop when the validation loss no longer improves, and restore the best weights.

    Parameters
    ----------
    patience : int
        Stop after this many epochs in a row without improvement; at least 1.
    min_delta : float
        An improvement must be greater than this.

    Attributes
    ----------
    best_loss : float
        Infinity before the first epoch.
    best_epoch : int or None
        Counted from 1.
    """

    def __init__(self, patience=3, min_delta=0.0):
        if patience < 1:
            raise ValueError(f"patience must be at least 1 epoch, got {patience}")
        self.patience = patience
        self.min_delta = min_delta
        self.reset()

    def reset(self):
        """Forget everything, to watch another training."""
        self.best_loss = np.inf
        self.best_epoch = None
        self._epoch = 0
        self._best_params = None

    def update(self, validation_loss, params):
        """Take note of one epoch.

        Parameters
        ----------
        validation_loss : float
            NaN counts as no improvement.
        params : dict of str to ndarray
            Copied if this epoch is the best so far.

        Returns
        -------
        bool
            True if training should stop.
        """
        ### BEGIN SOLUTION
        self._epoch += 1
        if validation_loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_epoch = validation_loss, self._epoch
            self._best_params = {name: value.copy() for name, value in params.items()}
        return self._epoch - (self.best_epoch or 0) >= self.patience
        ### END SOLUTION

    def restore(self, params):
        """Write the best epoch's numbers back into params, in place, if any."""
        ### BEGIN SOLUTION
        for name, value in (self._best_params or {}).items():
            params[name][...] = value
        ### END SOLUTION
