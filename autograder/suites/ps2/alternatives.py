"""Exercise 2 as classes hand it in: correct solutions that look different.

`CORRECT` must earn full points.
"""
# ruff: noqa: F811  (an alternative has the reference function's name; the decorator gives the name back)

from collections import Counter

import numpy as np

from autograder.testing import Alternatives
from reference.activations import relu
from reference.batches import minibatches
from reference.dense import dense_forward
from reference.embeddings import cosine_similarity, nearest_neighbours
from reference.exercise2 import (
    adagrad_rows,
    build_vocabulary,
    classifier_backward,
    classifier_forward,
    embedding_backward,
    embedding_forward,
    encode,
    max_pool_backward,
    max_pool_forward,
    mean_pool_backward,
    mean_pool_forward,
    one_hot,
    pad_batch,
    pca,
    same_class_share,
    sparse_gradient,
    train,
    word_vectors,
)
from reference.losses import bce_from_logits, bce_from_logits_grad

CORRECT = Alternatives()
correct = CORRECT.correct


# --- vocabulary


@correct("vocabulary", "counts by hand, sorts twice")
def build_vocabulary(token_lists, min_count):
    counts = {}
    for tokens in token_lists:
        for token in tokens:
            counts[token] = counts.get(token, 0) + 1
    kept = sorted(token for token in counts if counts[token] >= min_count)
    kept.sort(key=counts.get, reverse=True)  # a stable sort keeps the alphabet among equals
    vocabulary = {"<pad>": 0, "<unk>": 1}
    for token in kept:
        vocabulary[token] = len(vocabulary)
    return vocabulary


@correct("vocabulary", "most_common of a sorted list")
def build_vocabulary(token_lists, min_count):
    everything = sorted(token for tokens in token_lists for token in tokens)
    ranked = [token for token, count in Counter(everything).most_common() if count >= min_count]
    return dict(zip(["<pad>", "<unk>"] + ranked, range(len(ranked) + 2)))


@correct("vocabulary", "word by word")
def encode(token_lists, vocabulary):
    documents = []
    for tokens in token_lists:
        ids = np.zeros(len(tokens), dtype=np.int32)
        for i, token in enumerate(tokens):
            if token in vocabulary:
                ids[i] = vocabulary[token]
            else:
                ids[i] = 1
        documents.append(ids)
    return documents


# --- pad_batch


@correct("pad_batch", "row by row")
def pad_batch(documents):
    T = max([1] + [len(document) for document in documents])
    ids = np.zeros((len(documents), T), dtype=int)
    mask = np.zeros((len(documents), T), dtype=bool)
    for i, document in enumerate(documents):
        n = len(document)
        ids[i, :n] = document
        mask[i, :n] = True
    return ids, mask


@correct("pad_batch", "lists of lists")
def pad_batch(documents):
    T = max(max(map(len, documents)), 1)
    ids = np.array([list(document) + [0] * (T - len(document)) for document in documents], dtype=np.int64)
    mask = np.array([[t < len(document) for t in range(T)] for document in documents])
    return ids, mask


# --- one_hot

correct("one_hot", "rows of the identity",
        one_hot, {"(np.asarray(ids)[..., None] == np.arange(vocab_size)).astype(float)": "np.eye(vocab_size)[ids]"})


@correct("one_hot", "put_along_axis")
def one_hot(ids, vocab_size):
    ids = np.asarray(ids)
    H = np.zeros(ids.shape + (vocab_size,))
    np.put_along_axis(H, ids[..., None], 1.0, axis=-1)
    return H


# --- embedding_forward

correct("embedding_forward", "take", embedding_forward, {"E[ids]": "np.take(E, ids, axis=0)"})


@correct("embedding_forward", "position by position")
def embedding_forward(E, ids):
    ids = np.asarray(ids)
    X = np.empty(ids.shape + (E.shape[1],))
    for position in np.ndindex(ids.shape):
        X[position] = E[ids[position]]
    return X


# --- embedding_backward


@correct("embedding_backward", "position by position")
def embedding_backward(dOut, ids, vocab_size):
    dE = np.zeros((vocab_size, dOut.shape[-1]))
    for position in np.ndindex(ids.shape):
        dE[ids[position]] += dOut[position]
    return dE


@correct("embedding_backward", "product with one-hot vectors")
def embedding_backward(dOut, ids, vocab_size):
    H = one_hot(ids.ravel(), vocab_size)
    return H.T @ dOut.reshape(-1, dOut.shape[-1])


@correct("embedding_backward", "word by word")
def embedding_backward(dOut, ids, vocab_size):
    return np.array([dOut[ids == v].sum(axis=0) for v in range(vocab_size)])


# --- sparse_gradient


@correct("sparse_gradient", "a dict of sums")
def sparse_gradient(dOut, ids, mask):
    sums = {}
    for position in zip(*np.nonzero(mask)):
        row = int(ids[position])
        sums[row] = sums.get(row, 0) + dOut[position]
    rows = np.array(sorted(sums), dtype=int)
    values = np.zeros((len(rows), dOut.shape[-1]))
    for k, row in enumerate(rows):
        values[k] = sums[row]
    return rows, values


@correct("sparse_gradient", "sorted, then summed in pieces")
def sparse_gradient(dOut, ids, mask):
    words, grads = ids[mask], dOut[mask]
    if len(words) == 0:
        return words, grads
    order = np.argsort(words, kind="stable")
    rows, starts = np.unique(words[order], return_index=True)
    return rows, np.add.reduceat(grads[order], starts, axis=0)


@correct("sparse_gradient", "one-hot among the rows that occur")
def sparse_gradient(dOut, ids, mask):
    rows = np.unique(ids[mask])
    H = ids[mask][:, None] == rows
    return rows, H.T.astype(float) @ dOut[mask]


# --- adagrad_rows


@correct("adagrad_rows", "row by row")
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    for row, g in zip(rows, values):
        G[row] = G[row] + g * g
        theta[row] = theta[row] - lr * g / (np.sqrt(G[row]) + eps)


@correct("adagrad_rows", "computed aside, then assigned")
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    new_G = G[rows] + np.square(values)
    step = lr / (np.sqrt(new_G) + eps)
    G[rows] = new_G
    theta[rows] = theta[rows] - step * values


# --- mean_pool


@correct("mean_pool", "text by text")
def mean_pool_forward(X, mask):
    out = np.zeros((X.shape[0], X.shape[2]))
    for i in range(len(X)):
        if mask[i].any():
            out[i] = X[i][mask[i]].mean(axis=0)
    return out


@correct("mean_pool", "a product with weights")
def mean_pool_forward(X, mask):
    weights = mask / np.maximum(mask.sum(axis=1, keepdims=True), 1)
    return np.einsum("it,itj->ij", weights, X)


# --- mean_pool_gradient


@correct("mean_pool_gradient", "text by text")
def mean_pool_backward(dOut, mask):
    m, T = mask.shape
    dX = np.zeros((m, T, dOut.shape[1]))
    for i in range(m):
        n = mask[i].sum()
        for t in range(T):
            if mask[i, t]:
                dX[i, t] = dOut[i] / n
    return dX


@correct("mean_pool_gradient", "a product with weights")
def mean_pool_backward(dOut, mask):
    weights = mask / np.maximum(mask.sum(axis=1, keepdims=True), 1)
    return np.einsum("it,ij->itj", weights, dOut)


# --- max_pool


@correct("max_pool", "text by text")
def max_pool_forward(X, mask):
    m, _, d = X.shape
    out, winners = np.zeros((m, d)), np.full((m, d), -1)
    for i in range(m):
        positions = np.flatnonzero(mask[i])
        if len(positions):
            best = X[i, positions].argmax(axis=0)
            winners[i] = positions[best]
            out[i] = X[i, winners[i], np.arange(d)]
    return out, winners


@correct("max_pool", "keeps the best so far")
def max_pool_forward(X, mask):
    m, T, d = X.shape
    out, winners = np.full((m, d), -np.inf), np.full((m, d), -1)
    for t in range(T):
        better = mask[:, t : t + 1] & (X[:, t] > out)
        out = np.where(better, X[:, t], out)
        winners = np.where(better, t, winners)
    return np.where(winners >= 0, out, 0.0), winners


# --- max_pool_gradient


@correct("max_pool_gradient", "entry by entry")
def max_pool_backward(dOut, winners, T):
    m, d = dOut.shape
    dX = np.zeros((m, T, d))
    for i in range(m):
        for j in range(d):
            if winners[i, j] != -1:
                dX[i, winners[i, j], j] = dOut[i, j]
    return dX


@correct("max_pool_gradient", "compares positions with winners")
def max_pool_backward(dOut, winners, T):
    won = np.arange(T)[None, :, None] == winners[:, None, :]
    return won * dOut[:, None, :]


# --- classifier_forward


@correct("classifier_forward", "step by step, with more in the cache")
def classifier_forward(params, ids, mask, pooling="mean"):
    X = embedding_forward(params["E"], ids)
    cache = dict(ids=ids, mask=mask, X=X)
    if pooling == "max":
        pooled, cache["winners"] = max_pool_forward(X, mask)
    elif pooling == "mean":
        pooled = mean_pool_forward(X, mask)
    else:
        raise ValueError(pooling)
    Z1 = pooled @ params["W1"].T + params["b1"]
    A1 = np.maximum(Z1, 0)
    logits = A1 @ params["W2"].T + params["b2"]
    cache.update(pooled=pooled, Z1=Z1, A1=A1, logits=logits)
    return logits, cache


@correct("classifier_forward", "winners in both cases")
def classifier_forward(params, ids, mask, pooling="mean"):
    X = embedding_forward(params["E"], ids)
    greatest, winners = max_pool_forward(X, mask)
    pooled = {"mean": mean_pool_forward(X, mask), "max": greatest}[pooling]
    Z1 = dense_forward(pooled, params["W1"], params["b1"])
    A1 = relu(Z1)
    cache = {"ids": ids, "mask": mask, "pooled": pooled, "Z1": Z1, "A1": A1, "winners": winners}
    return dense_forward(A1, params["W2"], params["b2"]), cache


# --- classifier_backward


@correct("classifier_backward", "without dense_backward")
def classifier_backward(params, cache, dZ, pooling="mean"):
    dW2 = dZ.T @ cache["A1"]
    dZ1 = (dZ @ params["W2"]) * (cache["Z1"] > 0)
    dW1 = dZ1.T @ cache["pooled"]
    dp = dZ1 @ params["W1"]
    if pooling == "mean":
        dX = mean_pool_backward(dp, cache["mask"])
    else:
        dX = max_pool_backward(dp, cache["winners"], cache["ids"].shape[1])
    return {"E": sparse_gradient(dX, cache["ids"], cache["mask"]), "W1": dW1, "b1": dZ1.sum(axis=0),
            "W2": dW2, "b2": dZ.sum(axis=0)}


# --- train


@correct("train", "E apart from the others, batches filled up beforehand")
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    all_ids, all_mask = pad_batch(documents)
    sums = {name: 0.0 * value for name, value in params.items()}
    losses = []
    for _ in range(epochs):
        for batch in minibatches(len(documents), batch_size, rng):
            logits, cache = classifier_forward(params, all_ids[batch], all_mask[batch], pooling)
            grads = classifier_backward(params, cache, bce_from_logits_grad(logits, y[batch]), pooling)
            rows, values = grads["E"]
            adagrad_rows(params["E"], sums["E"], rows, values, lr)
            for name in ("W1", "b1", "W2", "b2"):
                everything = np.arange(params[name].shape[0])
                adagrad_rows(params[name], sums[name], everything, grads[name], lr)
        losses.append(bce_from_logits(classifier_forward(params, all_ids, all_mask, pooling)[0], y))
    return losses


@correct("train", "shuffles by itself")
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    G = {}
    for name in params:
        G[name] = np.zeros(params[name].shape)
    order, history = np.arange(len(documents)), []
    for _ in range(epochs):
        rng.shuffle(order)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            ids, mask = pad_batch([documents[i] for i in batch])
            logits, cache = classifier_forward(params, ids, mask, pooling)
            grads = classifier_backward(params, cache, (1 / (1 + np.exp(-logits)) - y[batch]) / len(batch), pooling)
            rows, values = grads.pop("E")
            adagrad_rows(params["E"], G["E"], rows, values, lr)
            for name, g in grads.items():
                G[name] += g**2
                params[name] -= lr * g / (np.sqrt(G[name]) + 1e-8)
        ids, mask = pad_batch(documents)
        history.append(float(bce_from_logits(classifier_forward(params, ids, mask, pooling)[0], y)))
    return history


# --- cosine_similarity


@correct("cosine_similarity", "unit vectors first")
def cosine_similarity(A, B):
    def unit(M):
        M = np.asarray(M, dtype=float)
        lengths = np.sqrt(np.sum(M**2, axis=-1, keepdims=True))
        return M / np.where(lengths == 0, 1.0, lengths)

    return unit(A) @ unit(B).T


@correct("cosine_similarity", "pair by pair")
def cosine_similarity(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    S = np.zeros((len(np.atleast_2d(A)), len(np.atleast_2d(B))))
    for i, a in enumerate(np.atleast_2d(A)):
        for j, b in enumerate(np.atleast_2d(B)):
            size = np.linalg.norm(a) * np.linalg.norm(b)
            S[i, j] = a @ b / size if size > 0 else 0.0
    if B.ndim == 1:
        S = S[:, 0]
    return S[0] if A.ndim == 1 else S


# --- nearest_neighbours


@correct("nearest_neighbours", "sorts a list of pairs")
def nearest_neighbours(E, query, k=10, exclude=()):
    similarities = cosine_similarity(E, query)
    left = [row for row in range(len(E)) if row not in set(exclude)]
    left.sort(key=lambda row: (-similarities[row], row))
    rows = np.array(left[:k], dtype=int)
    return rows, similarities[rows]


@correct("nearest_neighbours", "excluded rows at minus infinity")
def nearest_neighbours(E, query, k=10, exclude=()):
    similarities = cosine_similarity(E, query).copy()
    similarities[list(exclude)] = -np.inf
    rows = np.argsort(-similarities, kind="stable")[: min(k, len(E) - len(set(exclude)))]
    return rows, similarities[rows]


# --- word_vectors

correct("word_vectors", "stacked",
        word_vectors, {"E[[vocabulary[word] for word in words]]": "np.stack([E[vocabulary[word]] for word in words])"})


@correct("word_vectors", "row by row")
def word_vectors(E, vocabulary, words):
    vectors = np.zeros((len(words), E.shape[1]))
    for i, word in enumerate(words):
        if word not in vocabulary:
            raise KeyError(word)
        vectors[i] = E[vocabulary[word]]
    return vectors


# --- same_class_share


@correct("same_class_share", "word by word")
def same_class_share(vectors, classes, k):
    same = 0
    for i in range(len(vectors)):
        rows, _ = nearest_neighbours(vectors, vectors[i], k, exclude=[i])
        same += sum(classes[row] == classes[i] for row in rows)
    return same / (len(vectors) * k)


@correct("same_class_share", "leaves the first out")
def same_class_share(vectors, classes, k):
    similarities = cosine_similarity(vectors, vectors) + 10 * np.eye(len(vectors))  # the first is the word itself
    order = np.argsort(-similarities, axis=1)[:, 1 : k + 1]
    labels = np.array(classes)
    return np.mean(labels[order] == labels[:, np.newaxis])


# --- pca


@correct("pca", "eigenvectors of the covariance")
def pca(X, k):
    centred = X - np.mean(X, axis=0)
    variances, axes = np.linalg.eigh(np.cov(centred.T))
    order = np.argsort(variances)[::-1][:k]
    return centred @ axes[:, order], variances[order] / np.sum(variances)


@correct("pca", "U times S")
def pca(X, k):
    U, S, _ = np.linalg.svd(X - X.mean(axis=0), full_matrices=False)
    return (U * S)[:, :k], (S**2 / (S**2).sum())[:k]
