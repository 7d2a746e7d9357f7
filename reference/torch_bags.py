"""The lecture's text classifier in PyTorch, as briefly as it can be said: the labs build on it.

    vocabulary = WordIds(texts)
    model = bag_network(len(vocabulary))
    curves = fit(model, (vocabulary.encode(texts), y), (vocabulary.encode(more_texts), more_y))

`classifier` and `training` say the same in NumPy, gradients included; `torch_classifier` checks them. Here autograd does
the work, and two classes are all there are. Left out: early stopping, n-grams, texts of very different lengths (each is
filled up to the length of the longest).
"""

import re
from collections import Counter

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pad_sequence


class WordIds:
    """A vocabulary: each word's number, which is its row in the embedding matrix.

    Row 0 is padding, row 1 stands for every unknown word.

    Parameters
    ----------
    texts : list of str
        Training texts.
    min_count : int
        In at least so many of them a word must occur to get a row of its own.
    max_words : int
        Longer texts are cut after so many words, so that one of them does not widen the rectangle for all.

    Attributes
    ----------
    words : list of str
        words[i] belongs to row i.
    id_of : dict of str to int
    """

    def __init__(self, texts, min_count=2, max_words=400):
        self.max_words = max_words
        texts_with = Counter(word for text in texts for word in set(self.split(text)))
        known = sorted(word for word, n in texts_with.items() if n >= min_count)
        self.words = ["<pad>", "<unk>", *known]
        self.id_of = {word: i for i, word in enumerate(self.words)}

    def __len__(self):
        return len(self.words)

    @staticmethod
    def split(text):
        """The words of a text in lower case; an apostrophe within one belongs to it."""
        return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower())

    def encode(self, texts):
        """Word ids, (m, T), for m texts of at most T >= 1 words, filled up with 0."""
        split = [self.split(text)[: self.max_words] for text in texts]
        rows = [[self.id_of.get(word, 1) for word in words] or [0] for words in split]
        return pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


class WordDropout(nn.Module):
    """In training, every word becomes padding with probability p.

    A mean over the rest needs no rescaling.

    Parameters
    ----------
    p : float
    """

    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, ids):
        """Ids (m, T) with zeros for the words that are left out."""
        return ids * (torch.rand(ids.shape) >= self.p) if self.training else ids


def bag_network(n_words, embed_dim=32, hidden=(32,), dropout=0.0, word_dropout=0.0,
                pooling="mean", seed=0):
    """Embeddings, pooled; hidden layers with ReLU and dropout; one logit.

    Parameters
    ----------
    n_words : int
        Rows of the embedding matrix.
    embed_dim : int
    hidden : tuple of int
        The width of each hidden layer; () is a linear model on the pooled embeddings.
    dropout : float
        The probability of leaving out a hidden unit in training.
    word_dropout : float
        The probability of leaving out a word in training.
    pooling : {"mean", "max", "sum"}
        Padding takes no part in it.
    seed : int
        Of the initial weights, and of whatever PyTorch draws after them.

    Returns
    -------
    nn.Sequential
        From ids (m, T) to logits (m, 1).
    """
    torch.manual_seed(seed)
    words = nn.EmbeddingBag(n_words, embed_dim, mode=pooling, padding_idx=0)
    words.weight.data *= 0.1  # a small start: in the end, it is what it has learned
    layers = [WordDropout(word_dropout), words]
    for n_in, n_out in zip((embed_dim, *hidden), hidden):
        layers += [nn.Linear(n_in, n_out), nn.ReLU(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear((embed_dim, *hidden)[-1], 1))


@torch.no_grad()
def evaluate(model, ids, y):
    """Mean cross-entropy and accuracy without dropout; leaves the model in its mode.

    Parameters
    ----------
    model : nn.Module
        From ids (m, T) to logits (m, 1).
    ids : Tensor of int, shape (m, T)
    y : Tensor of float, shape (m,)

    Returns
    -------
    loss, accuracy : float
    """
    was_training = model.training
    logits = model.eval()(ids).squeeze(1)
    model.train(was_training)
    loss = F.binary_cross_entropy_with_logits(logits, y)
    return loss.item(), ((logits > 0) == (y == 1)).float().mean().item()


def fit(model, training, validation=None, epochs=8, lr=0.01, batch_size=64,
        weight_decay=0.0):
    """Train with AdamW; losses and accuracies, without dropout, after each epoch.

    Parameters
    ----------
    model : nn.Module
        From ids (m, T) to logits (m, 1); changed in place.
    training : (Tensor of int, Tensor of float)
        Ids (m, T) and labels (m,).
    validation : (Tensor of int, Tensor of float), optional
    epochs : int
    lr : float
    batch_size : int
    weight_decay : float
        Of AdamW: each step takes away lr * weight_decay of every weight.

    Returns
    -------
    dict of str to list of float
        "loss", "accuracy" of the training data and, with validation data, "val_loss", "val_accuracy": all measured
        after each epoch without dropout, so that they can be compared.
    """
    ids, y = training
    measured = {"": training} | ({"val_": validation} if validation else {})
    curves = {prefix + name: [] for prefix in measured for name in ("loss", "accuracy")}
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    for _ in range(epochs):
        for rows in torch.randperm(len(y)).split(batch_size):
            optimizer.zero_grad()
            logits = model(ids[rows]).squeeze(1)
            F.binary_cross_entropy_with_logits(logits, y[rows]).backward()
            optimizer.step()
        for prefix, data in measured.items():
            loss, accuracy = evaluate(model, *data)
            curves[prefix + "loss"].append(loss)
            curves[prefix + "accuracy"].append(accuracy)
    return curves
