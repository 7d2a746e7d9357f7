"""Exercise 5's starting point: the lecture's text classifier in PyTorch, with mean pooling, in as few lines as it takes.

Texts become a rectangle of word ids, 0 where a text is over; so a network that looks at the order of the words can take
the place of this one. What the exercise does with it is in `error_analysis`. Left out: validation, early stopping.
"""

from collections import Counter

import torch
import torch.nn as nn

from reference.error_analysis import tokenize


def build_vocabulary(texts, min_count=2):
    """Map every word that occurs at least `min_count` times to an id.

    Parameters
    ----------
    texts : list of str
    min_count : int

    Returns
    -------
    dict of str to int
        Ids from 2 up, in alphabetical order; 0 is for padding and 1 for every other
        word.
    """
    counts = Counter(word for text in texts for word in tokenize(text))
    kept = sorted(word for word, count in counts.items() if count >= min_count)
    return {word: number for number, word in enumerate(kept, start=2)}


def encode(texts, vocabulary):
    """Texts of different lengths as one rectangle of word ids.

    Parameters
    ----------
    texts : list of str, length m
    vocabulary : dict of str to int

    Returns
    -------
    torch.Tensor of int64, shape (m, T)
        T is the length of the longest text, at least 1; shorter texts are filled up
        with 0.
    """
    rows = [torch.tensor([vocabulary.get(word, 1) for word in tokenize(text)] or [1])
            for text in texts]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True)


class PooledClassifier(nn.Module):
    """The lecture's classifier: embed, mean, linear + ReLU, dropout, linear.

    Parameters
    ----------
    n_words, n_classes : int
        Rows of the embedding matrix; number of logits.
    d, hidden : int
        Width of the embeddings and of the hidden layer.
    dropout : float
    """

    def __init__(self, n_words, n_classes, d=32, hidden=32, dropout=0.3):
        super().__init__()
        self.embedding = nn.Embedding(n_words, d, padding_idx=0)
        nn.init.normal_(self.embedding.weight[2:], std=0.1)
        self.hidden = nn.Linear(d, hidden)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, n_classes)

    def pool(self, ids):
        """The mean of each text's embeddings, shape (m, d), for ids (m, T)."""
        lengths = (ids != 0).sum(dim=1, keepdim=True)
        return self.embedding(ids).sum(dim=1) / lengths  # padding has the zero vector

    def forward(self, ids):
        """Logits, shape (m, n_classes)."""
        return self.output(self.dropout(torch.relu(self.hidden(self.pool(ids)))))


def fit(network, texts, labels, vocabulary, epochs, lr=0.005, batch_size=32):
    """Train a network with Adam and cross-entropy, in place.

    Parameters
    ----------
    network : nn.Module
        Turns word ids (m, T) into logits (m, K).
    texts : list of str
    labels : ndarray of int
    vocabulary : dict of str to int
    epochs : int
    lr : float
    batch_size : int
    """
    targets = torch.as_tensor(labels)
    adam = torch.optim.Adam(network.parameters(), lr=lr)
    network.train()
    for _ in range(epochs):
        for batch in torch.randperm(len(texts)).split(batch_size):
            logits = network(encode([texts[i] for i in batch], vocabulary))
            loss = nn.functional.cross_entropy(logits, targets[batch])
            adam.zero_grad()
            loss.backward()
            adam.step()


def probabilities_of(network, texts, vocabulary):
    """The softmax of a network's logits, shape (m, K), as a NumPy array."""
    network.eval()  # no dropout
    with torch.no_grad():
        parts = [network(encode(texts[i : i + 500], vocabulary))
                 for i in range(0, len(texts), 500)]
        return torch.cat(parts).softmax(dim=1).numpy()
