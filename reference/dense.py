"""The fully connected layer: Z = A W^T + b forward, three products backward.

Shapes decide everything here. With m examples, n_in inputs and n_out neurons:
A is (m, n_in), W is (n_out, n_in), b is (n_out,), Z is (m, n_out), and each gradient has the shape of its array.
"""


def dense_forward(A_prev, W, b):
    """Weighted sums of one layer for a whole batch.

    Parameters
    ----------
    A_prev : ndarray, shape (m, n_in)
        Activations of the layer before; the input X for the first layer.
    W : ndarray, shape (n_out, n_in)
        One row of weights per neuron.
    b : ndarray, shape (n_out,)
        One bias per neuron, added to every row.

    Returns
    -------
    Z : ndarray, shape (m, n_out)
    """
    ### BEGIN SOLUTION
    return A_prev @ W.T + b
    ### END SOLUTION


def dense_backward(dZ, A_prev, W):
    """Gradients of the loss through one dense layer, given dZ = dL/dZ.

    The loss is already a mean over the batch: its 1/m is inside dZ, so no further
    division belongs here.

    Parameters
    ----------
    dZ : ndarray, shape (m, n_out)
    A_prev : ndarray, shape (m, n_in)
        What the layer was given in the forward pass.
    W : ndarray, shape (n_out, n_in)

    Returns
    -------
    dW : ndarray, shape (n_out, n_in)
    db : ndarray, shape (n_out,)
    dA_prev : ndarray, shape (m, n_in)
    """
    ### BEGIN SOLUTION
    dW = dZ.T @ A_prev  # (n_out, m) (m, n_in): sums over the batch by itself
    db = dZ.sum(axis=0)  # b was broadcast over m rows, so its gradient adds them up
    dA_prev = dZ @ W  # (m, n_out) (n_out, n_in): over all neurons that an input fed
    return dW, db, dA_prev
    ### END SOLUTION
