"""Mini-batches: every epoch sees every example once, in a new order."""


def minibatches(m, batch_size, rng):
    """Indices of the mini-batches of one epoch, in random order.

    Parameters
    ----------
    m : int
        Number of examples.
    batch_size : int
        The last batch may be smaller.
    rng : numpy.random.Generator

    Returns
    -------
    list of ndarray of int
        Each index from 0 to m-1 appears in exactly one of them.
    """
    ### BEGIN SOLUTION
    order = rng.permutation(m)
    return [order[start : start + batch_size] for start in range(0, m, batch_size)]
    ### END SOLUTION
