"""PyTorch's word on the update rules: the optimizers of torch.optim on the gradients that they are given."""

import numpy as np
import torch

from reference.exercise3 import RULES


def torch_steps(name, lr, theta, gradients):
    """Where an optimizer of torch.optim goes, taking the steps of your rule.

    Parameters
    ----------
    name : str
        A key of RULES; the optimizer gets the settings that stand there.
    lr : float
        The learning rate of your own rule.
    theta : ndarray
        The parameter to start from, of any shape; left as it is.
    gradients : ndarray, shape (T, *theta.shape)
        The gradient of each step.

    Returns
    -------
    ndarray, shape (T, *theta.shape)
        The parameter after each step.
    """
    ### BEGIN SOLUTION
    tensor = torch.tensor(theta, dtype=torch.float64)
    settings = RULES[name][1]
    if name == "sgd":
        optimizer = torch.optim.SGD([tensor], lr=lr)
    elif name == "momentum":
        optimizer = torch.optim.SGD([tensor], lr=(1 - settings["beta"]) * lr, momentum=settings["beta"])
    else:
        make = torch.optim.Adam if name == "adam" else torch.optim.AdamW
        betas = settings["beta1"], settings["beta2"]
        optimizer = make([tensor], lr=lr, betas=betas, weight_decay=settings.get("weight_decay", 0.0))
    path = []
    for gradient in gradients:
        tensor.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        path.append(tensor.numpy().copy())
    return np.array(path)
    ### END SOLUTION
