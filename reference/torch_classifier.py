"""The same text classifier in PyTorch, to check ours against and to race it.

`EmbeddingBag` is embedding and pooling in one, on flat ids and offsets, like bags.py. With sparse=True its
gradient holds only the touched rows, which `torch.optim.SparseAdam` takes; PyTorch has no sparse gradient for
max pooling.
"""

import numpy as np
import torch
from torch import nn


class TorchTextClassifier(nn.Module):
    """A PyTorch twin of a `TextClassifier`, with the same numbers to begin with, in float64.

    Parameters
    ----------
    model : TextClassifier
        Its parameters are copied.
    """

    def __init__(self, model):
        super().__init__()
        V, d = model.params["E"].shape
        outputs, hidden = model.params["W2"].shape
        self.n_classes = model.n_classes
        self.embedding = nn.EmbeddingBag(V, d, mode=model.pooling, sparse=model.pooling == "mean",
                                         include_last_offset=True, dtype=torch.float64)
        self.hidden = nn.Linear(d, hidden, dtype=torch.float64)
        self.dropout = nn.Dropout(model.dropout)
        self.output = nn.Linear(hidden, outputs, dtype=torch.float64)
        self.embedding.weight.requires_grad_(not model.freeze_embeddings)
        with torch.no_grad():
            for name, parameter in self._named():
                parameter.copy_(torch.tensor(model.params[name]))

    def forward(self, ids, offsets):
        """Logits of a batch, shape (m, 1) or (m, K), from flat ids (N,) and offsets (m + 1,)."""
        pooled = self.embedding(ids, offsets)
        return self.output(self.dropout(torch.relu(self.hidden(pooled))))

    def loss(self, logits, y):
        """Mean cross-entropy, a tensor with one number, for integer labels y of shape (m,)."""
        if self.n_classes == 2:
            return nn.functional.binary_cross_entropy_with_logits(logits[:, 0], y.to(logits.dtype))
        return nn.functional.cross_entropy(logits, y)

    def numpy_params(self):
        """The parameters under the names of `TextClassifier.params`, as NumPy copies."""
        return {name: parameter.detach().numpy().copy() for name, parameter in self._named()}

    def numpy_grads(self):
        """The gradients of the last backward pass under the same names, that of E made dense."""
        return {name: parameter.grad.to_dense().numpy().copy() for name, parameter in self._named()
                if parameter.grad is not None}

    def _named(self):
        return [("E", self.embedding.weight), ("W1", self.hidden.weight), ("b1", self.hidden.bias),
                ("W2", self.output.weight), ("b2", self.output.bias)]


class TorchAdam:
    """Adam for a `TorchTextClassifier`: SparseAdam for a sparse E, fused Adam for the rest.

    SparseAdam adds epsilon before the bias correction, Adam after it. To follow one equation throughout, the
    embedding's epsilon is set to epsilon * sqrt(1 - beta2^t) in step t, which is the same as adding it after.

    Parameters
    ----------
    model : TorchTextClassifier
    lr, beta1, beta2, epsilon : float
        As `optimizers.Adam`.
    """

    def __init__(self, model, lr=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.beta2, self.epsilon, self.t = beta2, epsilon, 0
        options = {"lr": lr, "betas": (beta1, beta2), "eps": epsilon}
        trained = [p for p in model.parameters() if p.requires_grad]
        self.sparse = None
        if model.embedding.sparse and model.embedding.weight.requires_grad:
            self.sparse = torch.optim.SparseAdam([model.embedding.weight], **options)
            trained = [p for p in trained if p is not model.embedding.weight]
        self.dense = torch.optim.Adam(trained, fused=True, **options)

    def step(self):
        """Update all parameters from their gradients, then forget the gradients."""
        self.t += 1
        if self.sparse is not None:
            self.sparse.param_groups[0]["eps"] = self.epsilon * (1 - self.beta2**self.t) ** 0.5
            self.sparse.step()
            self.sparse.zero_grad()
        self.dense.step()
        self.dense.zero_grad()


def torch_batch(documents, y):
    """Documents and labels as the tensors that the model takes: ids (N,), offsets (m + 1,), labels (m,).

    Parameters
    ----------
    documents : list of m int64 arrays
    y : ndarray of int, shape (m,)
    """
    offsets = np.zeros(len(documents) + 1, dtype=np.int64)
    np.cumsum([len(document) for document in documents], out=offsets[1:])
    ids = np.concatenate([np.zeros(0, np.int64), *documents])
    return torch.from_numpy(ids), torch.from_numpy(offsets), torch.from_numpy(np.asarray(y))


def torch_loss_and_grads(model, documents, y):
    """Loss and gradients of a `TextClassifier`'s batch by PyTorch's autograd, without dropout.

    Parameters
    ----------
    model : TextClassifier
    documents : list of m int64 arrays
    y : ndarray of int, shape (m,)

    Returns
    -------
    loss : float
    grads : dict of str to ndarray
        Dense, E's too.
    """
    twin = TorchTextClassifier(model).eval()
    ids, offsets, labels = torch_batch(documents, y)
    loss = twin.loss(twin(ids, offsets), labels)
    loss.backward()
    return loss.item(), twin.numpy_grads()
