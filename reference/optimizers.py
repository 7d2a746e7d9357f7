"""Optimizers: SGD, Momentum, Adam and AdamW, each a few lines around its rule in update_rules.py.

Parameters and gradients are dicts of arrays with the same keys; `step` changes the parameters in place. A
gradient is an array, or `SparseRows` for an embedding matrix of which a batch touches a few rows only.

Sparse gradients are treated lazily: the rule runs on the touched rows as if they were the whole matrix, and
no other row changes, neither in the parameter nor in the optimizer's memory. For SGD that is the same as the
dense gradient with its zeros. For the others it is not: with a dense zero gradient Momentum and Adam go on
moving a row by what they remember, and the memory decays; lazily, a row sleeps until it is seen again.
`torch.optim.SparseAdam` is lazy in the same way. It differs in one detail: it adds epsilon to sqrt(v) before
the bias correction. That is this file's Adam (and the paper's Algorithm 1) with epsilon / sqrt(1 - beta2^t)
in place of epsilon.

Left out: learning-rate schedules, gradient clipping, Nesterov momentum, AMSGrad. The function for Exercise 1
is in sgd.py.
"""

import numpy as np

from reference.sparse_rows import SparseRows
from reference.update_rules import adam_update, adamw_update, momentum_update, sgd_update


class Optimizer:
    """What all optimizers share: memory for each parameter, counting steps, the lazy way with sparse rows.

    A subclass defines `update`.

    Parameters
    ----------
    lr : float
        The learning rate alpha, not negative.

    Attributes
    ----------
    state : dict of str to dict
        state["W1"] is what the rule remembers of parameter "W1", an array "v" for example; empty before the
        first step.
    steps : dict of str to int
        How many updates each parameter has had.
    """

    def __init__(self, lr):
        if not lr >= 0:
            raise ValueError(f"the learning rate must be a number >= 0, got {lr}")
        self.lr = lr
        self.state = {}
        self.steps = {}

    def step(self, params, grads):
        """Update every parameter that has a gradient, in place; a parameter without one stays as it is.

        Parameters
        ----------
        params : dict of str to ndarray
        grads : dict of str to (ndarray or SparseRows)
            A gradient has the shape of its parameter; the rows of a SparseRows are rows of it.

        Raises
        ------
        ValueError
            If a gradient has no parameter or another shape; nothing has been changed then.
        """
        for name, grad in grads.items():
            _check(name, grad, params)
        for name, grad in grads.items():
            theta, state = params[name], self.state.setdefault(name, {})
            self.steps[name] = self.steps.get(name, 0) + 1
            if not isinstance(grad, SparseRows):
                self.update(theta, grad, state)
                continue
            touched = theta[grad.rows]  # a copy, (u, d)
            remembered = {key: value[grad.rows] if _is_array(value) else value for key, value in state.items()}
            self.update(touched, grad.values, remembered)
            theta[grad.rows] = touched
            for key, value in remembered.items():
                if not _is_array(value):
                    state[key] = value
                    continue
                if key not in state:  # the first step: the rule has made memory for the touched rows
                    state[key] = np.zeros_like(theta)
                state[key][grad.rows] = value

    def update(self, theta, g, state):
        """Change theta and its state in place, given the gradient g."""
        raise NotImplementedError


class SGD(Optimizer):
    """Gradient descent: theta := theta - alpha g.

    Parameters
    ----------
    lr : float
        alpha.
    """

    def update(self, theta, g, state):
        sgd_update(theta, g, state, self.lr)


class Momentum(Optimizer):
    """SGD with momentum, in the lecture's form of an exponential average of the gradients.

    v := beta v + (1 - beta) g
    theta := theta - alpha v

    PyTorch's `SGD(momentum=beta)` leaves out the factor (1 - beta): its memory is v / (1 - beta), a sum and
    not an average. The two take the same steps if PyTorch's learning rate is (1 - beta) alpha: with beta 0.9,
    the lecture's alpha is ten times PyTorch's.

    Parameters
    ----------
    lr : float
        alpha.
    beta : float
        In [0, 1): how much of the past remains. 1 / (1 - beta) steps is about how far the average looks back.
    """

    def __init__(self, lr, beta=0.9):
        super().__init__(lr)
        self.beta = _fraction("beta", beta)

    def update(self, theta, g, state):
        momentum_update(theta, g, state, self.lr, self.beta)


class Adam(Optimizer):
    """Adam (Kingma & Ba, 2014, Algorithm 1): momentum, and a step size of its own for each number.

    m := beta1 m + (1 - beta1) g,     v := beta2 v + (1 - beta2) g^2       (running means of g and g^2)
    m_hat = m / (1 - beta1^t),        v_hat = v / (1 - beta2^t)            (they began at 0: undo that bias)
    theta := theta - alpha m_hat / (sqrt(v_hat) + epsilon)

    t counts from 1. With t = 1, m_hat is g itself and the first step is alpha * sign(g), but for epsilon. For
    sparse rows t counts the updates of the matrix, not of the row, so a row first seen late takes a first
    step of alpha (1 - beta1) / sqrt(1 - beta2), about 3 alpha, because its bias is no longer undone.

    Parameters
    ----------
    lr : float
        alpha.
    beta1, beta2 : float
        In [0, 1).
    epsilon : float
        Keeps the division defined; greater than 0.
    """

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        super().__init__(lr)
        self.beta1, self.beta2 = _fraction("beta1", beta1), _fraction("beta2", beta2)
        if not epsilon > 0:
            raise ValueError(f"epsilon must be greater than 0, got {epsilon}")
        self.epsilon = epsilon

    def update(self, theta, g, state):
        adam_update(theta, g, state, self.lr, self.beta1, self.beta2, self.epsilon)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter, 2017).

    theta := (1 - alpha lambda) theta, then Adam's step with the gradient of the loss alone.

    The decay does not pass through m and v, so every weight shrinks at the same rate; an L2 penalty in the
    loss would be divided by sqrt(v_hat) like the rest of the gradient (`regularization.compare_l2_and_decay`
    shows it). As in PyTorch, all parameters with a gradient decay, biases too. Of an embedding matrix with a
    sparse gradient, the touched rows decay and the others do not: a word that is rare decays rarely.

    Parameters
    ----------
    lr, beta1, beta2, epsilon
        As `Adam`.
    weight_decay : float
        lambda, not negative.
    """

    def __init__(self, lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, weight_decay=0.01):
        super().__init__(lr, beta1, beta2, epsilon)
        if not weight_decay >= 0:
            raise ValueError(f"weight_decay must be >= 0, got {weight_decay}")
        self.weight_decay = weight_decay

    def update(self, theta, g, state):
        adamw_update(theta, g, state, self.lr, self.beta1, self.beta2, self.epsilon, self.weight_decay)


def _is_array(value):
    return isinstance(value, np.ndarray)


def _fraction(name, value):
    if not 0 <= value < 1:
        raise ValueError(f"{name} must lie in [0, 1), got {value}")
    return value


def _check(name, grad, params):
    if name not in params:
        raise ValueError(f"gradient for {name!r}, but the parameters are {', '.join(sorted(params))}")
    shape = params[name].shape
    if isinstance(grad, SparseRows):
        if grad.values.shape[1:] != shape[1:]:
            raise ValueError(f"{name!r} has shape {shape}, "
                             f"its sparse gradient has rows of shape {grad.values.shape[1:]}")
        if len(grad.rows) and not (0 <= grad.rows[0] and grad.rows[-1] < shape[0]):
            raise ValueError(f"{name!r} has {shape[0]} rows, its sparse gradient has rows "
                             f"{grad.rows[0]} to {grad.rows[-1]}")
    elif np.shape(grad) != shape:
        raise ValueError(f"{name!r} has shape {shape}, its gradient {np.shape(grad)}")
