"""What students get wrong in Exercise 2: each mistake as they write it, and the sentence that helps.

The functions call each other by the notebook's names, here the reference's own: every mistake is wrong by
itself alone. Left out: mistakes that no check can see, such as a loop where an index would do.
"""
# ruff: noqa: F811  (a wrong function has the right one's name; the decorator gives the name back)

from collections import Counter

import numpy as np

from autograder.grading.misconceptions import Bank
from reference.activations import relu, relu_grad
from reference.batches import minibatches
from reference.dense import dense_backward, dense_forward
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
from reference.text import PAD, PAD_ID, UNK, UNK_ID

BANK = Bank()
mistake = BANK.mistake


# --- vocabulary


@mistake(
    "vocabulary", "more often than min_count",
    "A word that occurs exactly min_count times occurs *at least* that often.",
)
def build_vocabulary(token_lists, min_count):
    counts = Counter(token for tokens in token_lists for token in tokens)
    frequent = sorted((t for t in counts if counts[t] > min_count), key=lambda t: (-counts[t], t))
    return {token: i for i, token in enumerate([PAD, UNK, *frequent])}


@mistake(
    "vocabulary", "counts texts instead of occurrences",
    "A word that stands twice in one text has occurred twice; you count the texts that hold it.",
)
def build_vocabulary(token_lists, min_count):
    counts = Counter(token for tokens in token_lists for token in set(tokens))
    frequent = sorted((t for t in counts if counts[t] >= min_count), key=lambda t: (-counts[t], t))
    return {token: i for i, token in enumerate([PAD, UNK, *frequent])}


@mistake(
    "vocabulary", "in the order of appearance",
    "Words are numbered from frequent to rare, not in the order in which they first appear.",
)
def build_vocabulary(token_lists, min_count):
    counts = Counter(token for tokens in token_lists for token in tokens)
    vocabulary = {PAD: 0, UNK: 1}
    for token in counts:
        if counts[token] >= min_count:
            vocabulary[token] = len(vocabulary)
    return vocabulary


@mistake(
    "vocabulary", "ties in the order of appearance",
    "Counter.most_common leaves equally frequent words as they came; here the alphabet decides.",
)
def build_vocabulary(token_lists, min_count):
    counts = Counter(token for tokens in token_lists for token in tokens)
    frequent = [token for token, count in counts.most_common() if count >= min_count]
    return {token: i for i, token in enumerate([PAD, UNK, *frequent])}


@mistake(
    "vocabulary", "from rare to frequent",
    "Your numbers begin with the rarest words: look at the sign in what you sort by.",
)
def build_vocabulary(token_lists, min_count):
    counts = Counter(token for tokens in token_lists for token in tokens)
    frequent = sorted((t for t in counts if counts[t] >= min_count), key=lambda t: (counts[t], t))
    return {token: i for i, token in enumerate([PAD, UNK, *frequent])}


@mistake(
    "vocabulary", "no numbers for <pad> and <unk>",
    "Numbers 0 and 1 belong to <pad> and <unk>; the first word gets 2.",
)
def build_vocabulary(token_lists, min_count):
    counts = Counter(token for tokens in token_lists for token in tokens)
    frequent = sorted((t for t in counts if counts[t] >= min_count), key=lambda t: (-counts[t], t))
    return {token: i for i, token in enumerate(frequent)}


@mistake(
    "vocabulary", "unknown words are left out",
    "An unknown word still stands in its place in the text: it becomes UNK_ID, and the result is as long as the text.",
)
def encode(token_lists, vocabulary):
    return [np.array([vocabulary[token] for token in tokens if token in vocabulary], dtype=int) for tokens in token_lists]


@mistake(
    "vocabulary", "unknown words become padding",
    "An unknown word is a word: it becomes UNK_ID; PAD_ID is filling.",
)
def encode(token_lists, vocabulary):
    return [np.array([vocabulary.get(token, PAD_ID) for token in tokens], dtype=int) for tokens in token_lists]


@mistake(
    "vocabulary", "floats for a text without words",
    "np.array([]) is an array of floats, which cannot be an index: say dtype=int.",
)
def encode(token_lists, vocabulary):
    return [np.array([vocabulary.get(token, UNK_ID) for token in tokens]) for tokens in token_lists]


# --- pad_batch


@mistake("pad_batch", "filling on the left", "Texts begin at the left of their row; you have put the filling there.")
def pad_batch(documents):
    T = max(1, max(len(document) for document in documents))
    ids = np.full((len(documents), T), PAD_ID)
    mask = np.zeros((len(documents), T), dtype=bool)
    for i, document in enumerate(documents):
        if len(document):
            ids[i, -len(document):] = document
            mask[i, -len(document):] = True
    return ids, mask


@mistake("pad_batch", "cut to the shortest text", "You cut all texts to the length of the shortest: no word may be lost.")
def pad_batch(documents):
    T = max(1, min(len(document) for document in documents))
    ids = np.full((len(documents), T), PAD_ID)
    mask = np.zeros((len(documents), T), dtype=bool)
    for i, document in enumerate(documents):
        ids[i, : len(document)] = document[:T]
        mask[i, : len(document)] = True
    return ids, mask


@mistake("pad_batch", "mask upside down", "Your mask is True where there is filling, and False where there are words.")
def pad_batch(documents):
    lengths = np.array([len(document) for document in documents])
    words = np.arange(max(1, lengths.max())) < lengths[:, None]
    ids = np.full(words.shape, PAD_ID)
    ids[words] = np.concatenate(documents)
    return ids, ~words


@mistake("pad_batch", "fills up with <unk>", "Filling is PAD_ID, which is no word; you fill up with UNK_ID.")
def pad_batch(documents):
    lengths = np.array([len(document) for document in documents])
    mask = np.arange(max(1, lengths.max())) < lengths[:, None]
    ids = np.full(mask.shape, UNK_ID)
    ids[mask] = np.concatenate(documents)
    return ids, mask


@mistake(
    "pad_batch", "no column where there are no words",
    "If no text has a word your arrays have no column: T is at least 1.",
)
def pad_batch(documents):
    lengths = np.array([len(document) for document in documents])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.full(mask.shape, PAD_ID)
    ids[mask] = np.concatenate(documents)
    return ids, mask


# --- one_hot


@mistake("one_hot", "one too far", "Ids start at 0, and so do places: your 1 stands one place too far.")
def one_hot(ids, vocab_size):
    return (np.asarray(ids)[..., None] == np.arange(1, vocab_size + 1)).astype(float)


@mistake("one_hot", "one vector for the whole text", "You have added the vectors up; each id has a vector of its own.")
def one_hot(ids, vocab_size):
    ids = np.asarray(ids)
    return np.eye(vocab_size)[ids].sum(axis=-2) if ids.ndim else np.eye(vocab_size)[ids]


@mistake("one_hot", "length of the greatest id", "The length of the vectors is V, whichever ids happen to occur.")
def one_hot(ids, vocab_size):
    return np.eye(int(np.max(ids)) + 1)[ids]


@mistake("one_hot", "only for one axis", "You walk through the first axis only; ids can have any shape.")
def one_hot(ids, vocab_size):
    H = np.zeros((len(ids), vocab_size))
    for i, v in enumerate(ids):
        H[i, v] = 1.0
    return H


# --- embedding_forward


@mistake("embedding_forward", "columns for rows", "The vector of a word is a row of E; you have looked up columns.")
def embedding_forward(E, ids):
    return np.moveaxis(E[:, np.minimum(ids, E.shape[1] - 1)], 0, -1)


@mistake(
    "embedding_forward", "each word once",
    "A word that occurs twice is looked up twice: the result has a vector for every position.",
)
def embedding_forward(E, ids):
    return E[np.unique(ids)]


@mistake(
    "embedding_forward", "zeros for padding",
    "The lookup does not know about padding: row 0 of E is looked up like any other, the mask comes later.",
)
def embedding_forward(E, ids):
    return np.where(np.asarray(ids)[..., None] == PAD_ID, 0.0, E[ids])


@mistake("embedding_forward", "flattened", "ids of shape (m, T) make a result of shape (m, T, d); yours has lost an axis.")
def embedding_forward(E, ids):
    return E[np.ravel(ids)]


# --- embedding_backward


@mistake(
    "embedding_backward", "repeated words overwrite each other",
    "dE[ids] += dOut keeps only one of several equal ids: let every position add its own term.",
)
def embedding_backward(dOut, ids, vocab_size):
    dE = np.zeros((vocab_size, dOut.shape[-1]))
    dE[ids] += dOut
    return dE


@mistake(
    "embedding_backward", "mean instead of sum",
    "A word that occurs five times gets the sum of five terms, not their mean.",
)
def embedding_backward(dOut, ids, vocab_size):
    dE = np.zeros((vocab_size, dOut.shape[-1]))
    for v in np.unique(ids):
        dE[v] = dOut[ids == v].mean(axis=0)
    return dE


@mistake(
    "embedding_backward", "rows of the words that occur",
    "dE has V rows, one for each word of the vocabulary; yours has fewer.",
)
def embedding_backward(dOut, ids, vocab_size):
    return np.array([dOut[ids == v].sum(axis=0) for v in np.unique(ids)])


@mistake(
    "embedding_backward", "no gradient for row 0",
    "This layer does not know what padding is: row 0 gets the sum of its positions like every other row.",
)
def embedding_backward(dOut, ids, vocab_size):
    dE = np.zeros((vocab_size, dOut.shape[-1]))
    np.add.at(dE, ids, dOut)
    dE[PAD_ID] = 0.0
    return dE


# --- sparse_gradient


@mistake("sparse_gradient", "filling counts", "Filling is no word, but your rows hold the id that it has: use the mask.")
def sparse_gradient(dOut, ids, mask):
    rows, place = np.unique(ids.ravel(), return_inverse=True)
    values = np.zeros((len(rows), dOut.shape[-1]))
    np.add.at(values, place, dOut.reshape(-1, dOut.shape[-1]))
    return rows, values


@mistake(
    "sparse_gradient", "repeated words overwrite each other",
    "values[place] += ... keeps only one of several positions of a word: add them all up.",
)
def sparse_gradient(dOut, ids, mask):
    rows, place = np.unique(ids[mask], return_inverse=True)
    values = np.zeros((len(rows), dOut.shape[-1]))
    values[place] += dOut[mask]
    return rows, values


@mistake(
    "sparse_gradient", "rows not made unique",
    "A word that occurs twice has two rows in your result; each row may be there once.",
)
def sparse_gradient(dOut, ids, mask):
    return ids[mask], dOut[mask]


@mistake("sparse_gradient", "rows in the order of appearance", "rows should be sorted, from the smallest id to the greatest.")
def sparse_gradient(dOut, ids, mask):
    rows = np.array(list(dict.fromkeys(ids[mask].tolist())), dtype=int)
    values = np.zeros((len(rows), dOut.shape[-1]))
    for k, row in enumerate(rows):
        values[k] = dOut[mask & (ids == row)].sum(axis=0)
    return rows, values


@mistake(
    "sparse_gradient", "by way of the full gradient",
    "You build an array with a row for every id up to the greatest: that is the waste that this function avoids.",
)
def sparse_gradient(dOut, ids, mask):
    dE = np.zeros((int(ids.max()) + 1, dOut.shape[-1]))
    np.add.at(dE, ids[mask], dOut[mask])
    rows = np.unique(ids[mask])
    return rows, dE[rows]


# --- adagrad_rows


@mistake("adagrad_rows", "uphill", "The step should go against the gradient: look at the sign.")
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    G[rows] += values**2
    theta[rows] += lr * values / (np.sqrt(G[rows]) + eps)


@mistake("adagrad_rows", "no root", "You divide by the sum of squares itself; the rule divides by its root.")
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    G[rows] += values**2
    theta[rows] -= lr * values / (G[rows] + eps)


@mistake(
    "adagrad_rows", "divides before adding",
    "You divide by the old G: the square of the present gradient goes in first, or the first step divides by 0.",
)
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    theta[rows] -= lr * values / (np.sqrt(G[rows]) + eps)
    G[rows] += values**2


@mistake("adagrad_rows", "forgets earlier gradients", "G should add up the squares of all gradients; yours keeps only the last.")
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    G[rows] = values**2
    theta[rows] -= lr * values / (np.sqrt(G[rows]) + eps)


@mistake("adagrad_rows", "plain gradient descent", "This is a step of plain gradient descent: AdaGrad divides by the root of G.")
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    theta[rows] -= lr * values


@mistake("adagrad_rows", "not in place", "You have made new arrays under the old names; the caller's theta and G are as before.")
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    G = G.copy()
    G[rows] += values**2
    theta = theta.copy()
    theta[rows] -= lr * values / (np.sqrt(G[rows]) + eps)


@mistake(
    "adagrad_rows", "shrinks all rows",
    "Your step also changes rows that are not in `rows`: theta *= ... touches every one of them.",
)
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    G[rows] += values**2
    theta *= 1.0 - 1e-4 * lr
    theta[rows] -= lr * values / (np.sqrt(G[rows]) + eps)


@mistake("adagrad_rows", "no epsilon", "Where all gradients were 0 you divide 0 by 0: that is what eps is for.")
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    G[rows] += values**2
    theta[rows] -= lr * values / np.sqrt(G[rows])


@mistake("adagrad_rows", "one G for a whole row", "Every single number has its own G; you add the squares of a row up.")
def adagrad_rows(theta, G, rows, values, lr, eps=1e-8):
    axes = tuple(range(1, values.ndim))
    G[rows] += np.sum(values**2, axis=axes, keepdims=True)
    theta[rows] -= lr * values / (np.sqrt(G[rows]) + eps)


# --- mean_pool


@mistake("mean_pool", "divides by T", "You divide by the length of the rectangle, filling included, not by the number of words.")
def mean_pool_forward(X, mask):
    return np.where(mask[:, :, None], X, 0.0).sum(axis=1) / mask.shape[1]


@mistake("mean_pool", "ignores the mask", "Your mean includes the filling: the mask says which positions hold words.")
def mean_pool_forward(X, mask):
    return X.mean(axis=1)


@mistake("mean_pool", "filling in the sum", "You divide by the right number, but what stands under filling is in your sum.")
def mean_pool_forward(X, mask):
    return X.sum(axis=1) / np.maximum(mask.sum(axis=1), 1)[:, None]


@mistake("mean_pool", "NaN without words", "A text without words makes 0 / 0; it should pool to zeros.")
def mean_pool_forward(X, mask):
    return np.where(mask[:, :, None], X, 0.0).sum(axis=1) / mask.sum(axis=1)[:, None]


@mistake("mean_pool", "sum instead of mean", "You add the words up, but do not divide by their number.")
def mean_pool_forward(X, mask):
    return np.where(mask[:, :, None], X, 0.0).sum(axis=1)


# --- mean_pool_gradient


@mistake(
    "mean_pool_gradient", "does not divide",
    "Each word moves the mean by only 1 / n_i; you give every word the whole gradient.",
)
def mean_pool_backward(dOut, mask):
    return mask[:, :, None] * dOut[:, None, :]


@mistake(
    "mean_pool_gradient", "divides by T",
    "The share of a word is 1 / n_i, with the text's own number of words; you divide by T.",
)
def mean_pool_backward(dOut, mask):
    return mask[:, :, None] * dOut[:, None, :] / mask.shape[1]


@mistake("mean_pool_gradient", "gradient for filling", "Filling did not take part in the mean, but gets a gradient from you.")
def mean_pool_backward(dOut, mask):
    lengths = np.maximum(mask.sum(axis=1), 1)[:, None]
    return np.repeat((dOut / lengths)[:, None, :], mask.shape[1], axis=1)


@mistake("mean_pool_gradient", "NaN without words", "A text without words makes 0 / 0; its gradient should be 0.")
def mean_pool_backward(dOut, mask):
    return mask[:, :, None] * (dOut / mask.sum(axis=1)[:, None])[:, None, :]


# --- max_pool


@mistake("max_pool", "zero filling wins", "You have set filling to 0, which is greater than every negative number.")
def max_pool_forward(X, mask):
    filled = np.where(mask[:, :, None], X, 0.0)
    words = mask.any(axis=1)[:, None]
    winners = filled.argmax(axis=1)
    return np.where(words, filled.max(axis=1), 0.0), np.where(words, winners, -1)


@mistake("max_pool", "ignores the mask", "Filling takes part in your maximum: the mask says which positions hold words.")
def max_pool_forward(X, mask):
    words = mask.any(axis=1)[:, None]
    return np.where(words, X.max(axis=1), 0.0), np.where(words, X.argmax(axis=1), -1)


@mistake(
    "max_pool", "one winner for all coordinates",
    "Different coordinates can have different winners; you pick one word for the whole text.",
)
def max_pool_forward(X, mask):
    sizes = np.where(mask, X.sum(axis=2), -np.inf)
    best = sizes.argmax(axis=1)
    words = mask.any(axis=1)[:, None]
    out = X[np.arange(len(X)), best]
    winners = np.repeat(best[:, None], X.shape[2], axis=1)
    return np.where(words, out, 0.0), np.where(words, winners, -1)


@mistake("max_pool", "greatest magnitude", "You look for the greatest magnitude; the maximum of -3 and 1 is 1.")
def max_pool_forward(X, mask):
    winners = np.where(mask[:, :, None], np.abs(X), -1.0).argmax(axis=1)
    out = np.take_along_axis(X, winners[:, None, :], axis=1)[:, 0, :]
    words = mask.any(axis=1)[:, None]
    return np.where(words, out, 0.0), np.where(words, winners, -1)


@mistake("max_pool", "the last of equal ones", "Of several equal maxima the first wins; yours is the last.")
def max_pool_forward(X, mask):
    masked = np.where(mask[:, :, None], X, -np.inf)
    winners = X.shape[1] - 1 - masked[:, ::-1].argmax(axis=1)
    out = np.take_along_axis(X, winners[:, None, :], axis=1)[:, 0, :]
    words = mask.any(axis=1)[:, None]
    return np.where(words, out, 0.0), np.where(words, winners, -1)


@mistake(
    "max_pool", "minus infinity without words",
    "The maximum of no words comes out as -inf; it should be 0, with -1 for the winners.",
)
def max_pool_forward(X, mask):
    masked = np.where(mask[:, :, None], X, -np.inf)
    return masked.max(axis=1), masked.argmax(axis=1)


# --- max_pool_gradient


@mistake(
    "max_pool_gradient", "shares as the mean does",
    "Only the winner moves the maximum; you share the gradient among all positions.",
)
def max_pool_backward(dOut, winners, T):
    return np.repeat(dOut[:, None, :] / T, T, axis=1) * (winners >= 0)[:, None, :]


@mistake(
    "max_pool_gradient", "-1 is taken for the last word",
    "-1 in winners means that there is no word; as an index it is the last position.",
)
def max_pool_backward(dOut, winners, T):
    dX = np.zeros((len(dOut), T, dOut.shape[1]))
    i, j = np.indices(winners.shape)
    dX[i, winners, j] = dOut
    return dX


@mistake(
    "max_pool_gradient", "whole vectors to the winner",
    "A winner of one coordinate gets the gradient of that coordinate, not the whole vector's.",
)
def max_pool_backward(dOut, winners, T):
    dX = np.zeros((len(dOut), T, dOut.shape[1]))
    for i in range(len(dOut)):
        for t in set(winners[i][winners[i] >= 0].tolist()):
            dX[i, t] = dOut[i]
    return dX


@mistake(
    "max_pool_gradient", "ones for the gradient",
    "The slope of the winner is 1, but it is to be multiplied by the gradient that comes in.",
)
def max_pool_backward(dOut, winners, T):
    dX = np.zeros((len(dOut), T, dOut.shape[1]))
    i, j = np.nonzero(winners >= 0)
    dX[i, winners[i, j], j] = 1.0
    return dX


# --- classifier_forward


@mistake("classifier_forward", "always the mean", "Your network takes the mean whatever pooling it is asked for.")
def classifier_forward(params, ids, mask, pooling="mean"):
    X = embedding_forward(params["E"], ids)
    pooled = mean_pool_forward(X, mask)
    Z1 = dense_forward(pooled, params["W1"], params["b1"])
    A1 = relu(Z1)
    cache = {"ids": ids, "mask": mask, "pooled": pooled, "Z1": Z1, "A1": A1}
    if pooling == "max":
        cache["winners"] = max_pool_forward(X, mask)[1]
    return dense_forward(A1, params["W2"], params["b2"]), cache


@mistake("classifier_forward", "no ReLU", "Without ReLU the two layers are one linear layer: something is missing between them.")
def classifier_forward(params, ids, mask, pooling="mean"):
    X = embedding_forward(params["E"], ids)
    cache = {"ids": ids, "mask": mask}
    if pooling == "mean":
        cache["pooled"] = mean_pool_forward(X, mask)
    else:
        cache["pooled"], cache["winners"] = max_pool_forward(X, mask)
    cache["Z1"] = cache["A1"] = dense_forward(cache["pooled"], params["W1"], params["b1"])
    return dense_forward(cache["A1"], params["W2"], params["b2"]), cache


@mistake(
    "classifier_forward", "pools before the mask is known",
    "Your pooling is told that every position holds a word: pass the mask on.",
)
def classifier_forward(params, ids, mask, pooling="mean"):
    X = embedding_forward(params["E"], ids)
    cache = {"ids": ids, "mask": mask}
    everything = np.ones_like(mask)
    if pooling == "mean":
        cache["pooled"] = mean_pool_forward(X, everything)
    else:
        cache["pooled"], cache["winners"] = max_pool_forward(X, everything)
    cache["Z1"] = dense_forward(cache["pooled"], params["W1"], params["b1"])
    cache["A1"] = relu(cache["Z1"])
    return dense_forward(cache["A1"], params["W2"], params["b2"]), cache


@mistake(
    "classifier_forward", "probabilities for logits",
    "You return probabilities; the sigmoid is inside the loss, which wants the logits.",
)
def classifier_forward(params, ids, mask, pooling="mean"):
    X = embedding_forward(params["E"], ids)
    cache = {"ids": ids, "mask": mask}
    if pooling == "mean":
        cache["pooled"] = mean_pool_forward(X, mask)
    else:
        cache["pooled"], cache["winners"] = max_pool_forward(X, mask)
    cache["Z1"] = dense_forward(cache["pooled"], params["W1"], params["b1"])
    cache["A1"] = relu(cache["Z1"])
    logits = dense_forward(cache["A1"], params["W2"], params["b2"])
    return 1.0 / (1.0 + np.exp(-logits)), cache


# --- classifier_backward


@mistake(
    "classifier_backward", "forgets ReLU's derivative",
    "On the way back through the hidden layer you do not multiply by ReLU's derivative.",
)
def classifier_backward(params, cache, dZ, pooling="mean"):
    grads = {}
    grads["W2"], grads["b2"], dA1 = dense_backward(dZ, cache["A1"], params["W2"])
    grads["W1"], grads["b1"], dPooled = dense_backward(dA1, cache["pooled"], params["W1"])
    if pooling == "mean":
        dX = mean_pool_backward(dPooled, cache["mask"])
    else:
        dX = max_pool_backward(dPooled, cache["winners"], cache["mask"].shape[1])
    grads["E"] = sparse_gradient(dX, cache["ids"], cache["mask"])
    return grads


@mistake("classifier_backward", "always the mean", "You go back through the mean whatever the pooling was.")
def classifier_backward(params, cache, dZ, pooling="mean"):
    grads = {}
    grads["W2"], grads["b2"], dA1 = dense_backward(dZ, cache["A1"], params["W2"])
    dZ1 = dA1 * relu_grad(cache["Z1"])
    grads["W1"], grads["b1"], dPooled = dense_backward(dZ1, cache["pooled"], params["W1"])
    dX = mean_pool_backward(dPooled, cache["mask"])
    grads["E"] = sparse_gradient(dX, cache["ids"], cache["mask"])
    return grads


@mistake("classifier_backward", "no gradient for E", "The word vectors are learned too, but your gradients have nothing for E.")
def classifier_backward(params, cache, dZ, pooling="mean"):
    grads = {}
    grads["W2"], grads["b2"], dA1 = dense_backward(dZ, cache["A1"], params["W2"])
    dZ1 = dA1 * relu_grad(cache["Z1"])
    grads["W1"], grads["b1"], _ = dense_backward(dZ1, cache["pooled"], params["W1"])
    return grads


@mistake(
    "classifier_backward", "filling gets a row",
    "You tell sparse_gradient that every position is a word: filling gets a row, too.",
)
def classifier_backward(params, cache, dZ, pooling="mean"):
    grads = {}
    grads["W2"], grads["b2"], dA1 = dense_backward(dZ, cache["A1"], params["W2"])
    dZ1 = dA1 * relu_grad(cache["Z1"])
    grads["W1"], grads["b1"], dPooled = dense_backward(dZ1, cache["pooled"], params["W1"])
    if pooling == "mean":
        dX = mean_pool_backward(dPooled, cache["mask"])
    else:
        dX = max_pool_backward(dPooled, cache["winners"], cache["mask"].shape[1])
    grads["E"] = sparse_gradient(dX, cache["ids"], np.ones_like(cache["mask"]))
    return grads


@mistake("classifier_backward", "divides by m again", "dZ holds the 1/m of the mean already; you divide by m once more.")
def classifier_backward(params, cache, dZ, pooling="mean"):
    grads, dZ = {}, dZ / len(dZ)
    grads["W2"], grads["b2"], dA1 = dense_backward(dZ, cache["A1"], params["W2"])
    dZ1 = dA1 * relu_grad(cache["Z1"])
    grads["W1"], grads["b1"], dPooled = dense_backward(dZ1, cache["pooled"], params["W1"])
    if pooling == "mean":
        dX = mean_pool_backward(dPooled, cache["mask"])
    else:
        dX = max_pool_backward(dPooled, cache["winners"], cache["mask"].shape[1])
    grads["E"] = sparse_gradient(dX, cache["ids"], cache["mask"])
    return grads


# --- train


@mistake("train", "works on a copy", "You train a copy of params; the caller's parameters are as before.")
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    params = {name: value.copy() for name, value in params.items()}
    G = {name: np.zeros_like(value) for name, value in params.items()}
    history = []
    for _ in range(epochs):
        for batch in minibatches(len(documents), batch_size, rng):
            ids, mask = pad_batch([documents[i] for i in batch])
            logits, cache = classifier_forward(params, ids, mask, pooling)
            grads = classifier_backward(params, cache, bce_from_logits_grad(logits, y[batch]), pooling)
            for name, grad in grads.items():
                rows, values = grad if name == "E" else (np.arange(len(grad)), grad)
                adagrad_rows(params[name], G[name], rows, values, lr)
        history.append(bce_from_logits(classifier_forward(params, *pad_batch(documents), pooling)[0], y))
    return history


@mistake(
    "train", "G starts anew at every epoch",
    "You set G to zero at the start of every epoch; it should last through the whole training.",
)
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    history = []
    for _ in range(epochs):
        G = {name: np.zeros_like(value) for name, value in params.items()}
        for batch in minibatches(len(documents), batch_size, rng):
            ids, mask = pad_batch([documents[i] for i in batch])
            logits, cache = classifier_forward(params, ids, mask, pooling)
            grads = classifier_backward(params, cache, bce_from_logits_grad(logits, y[batch]), pooling)
            for name, grad in grads.items():
                rows, values = grad if name == "E" else (np.arange(len(grad)), grad)
                adagrad_rows(params[name], G[name], rows, values, lr)
        history.append(bce_from_logits(classifier_forward(params, *pad_batch(documents), pooling)[0], y))
    return history


@mistake(
    "train", "the word vectors stay as they are",
    "You step with W1, b1, W2 and b2, but never with E: the word vectors stay random.",
)
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    G = {name: np.zeros_like(value) for name, value in params.items()}
    history = []
    for _ in range(epochs):
        for batch in minibatches(len(documents), batch_size, rng):
            ids, mask = pad_batch([documents[i] for i in batch])
            logits, cache = classifier_forward(params, ids, mask, pooling)
            grads = classifier_backward(params, cache, bce_from_logits_grad(logits, y[batch]), pooling)
            for name in ("W1", "b1", "W2", "b2"):
                adagrad_rows(params[name], G[name], np.arange(len(params[name])), grads[name], lr)
        history.append(bce_from_logits(classifier_forward(params, *pad_batch(documents), pooling)[0], y))
    return history


@mistake(
    "train", "weight decay on all of E",
    "Something in your loop changes all of E at every step: rows of words that are not in the batch must stay.",
)
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    G = {name: np.zeros_like(value) for name, value in params.items()}
    history = []
    for _ in range(epochs):
        for batch in minibatches(len(documents), batch_size, rng):
            ids, mask = pad_batch([documents[i] for i in batch])
            logits, cache = classifier_forward(params, ids, mask, pooling)
            grads = classifier_backward(params, cache, bce_from_logits_grad(logits, y[batch]), pooling)
            params["E"] *= 1.0 - 1e-3 * lr
            for name, grad in grads.items():
                rows, values = grad if name == "E" else (np.arange(len(grad)), grad)
                adagrad_rows(params[name], G[name], rows, values, lr)
        history.append(bce_from_logits(classifier_forward(params, *pad_batch(documents), pooling)[0], y))
    return history


@mistake(
    "train", "loss of the last batch",
    "Your history holds the loss of the last mini-batch; it should be the loss on all documents.",
)
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    G = {name: np.zeros_like(value) for name, value in params.items()}
    history = []
    for _ in range(epochs):
        for batch in minibatches(len(documents), batch_size, rng):
            ids, mask = pad_batch([documents[i] for i in batch])
            logits, cache = classifier_forward(params, ids, mask, pooling)
            loss = bce_from_logits(logits, y[batch])
            grads = classifier_backward(params, cache, bce_from_logits_grad(logits, y[batch]), pooling)
            for name, grad in grads.items():
                rows, values = grad if name == "E" else (np.arange(len(grad)), grad)
                adagrad_rows(params[name], G[name], rows, values, lr)
        history.append(loss)
    return history


@mistake(
    "train", "never shuffles",
    "You take the documents in their order; minibatches(len(documents), batch_size, rng) shuffles them.",
)
def train(params, documents, y, lr, epochs, batch_size, rng, pooling="mean"):
    G = {name: np.zeros_like(value) for name, value in params.items()}
    history = []
    for _ in range(epochs):
        for start in range(0, len(documents), batch_size):
            ids, mask = pad_batch(documents[start : start + batch_size])
            logits, cache = classifier_forward(params, ids, mask, pooling)
            dZ = bce_from_logits_grad(logits, y[start : start + batch_size])
            grads = classifier_backward(params, cache, dZ, pooling)
            for name, grad in grads.items():
                rows, values = grad if name == "E" else (np.arange(len(grad)), grad)
                adagrad_rows(params[name], G[name], rows, values, lr)
        history.append(bce_from_logits(classifier_forward(params, *pad_batch(documents), pooling)[0], y))
    return history


# --- cosine_similarity


@mistake("cosine_similarity", "dot products", "These are dot products: divide by the lengths of both vectors.")
def cosine_similarity(A, B):
    return np.asarray(A, dtype=float) @ np.asarray(B, dtype=float).T


@mistake("cosine_similarity", "divides by squared lengths", "You divide by the squares of the lengths: a root is missing.")
def cosine_similarity(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    lengths = np.multiply.outer(np.sum(A**2, axis=-1), np.sum(B**2, axis=-1))
    dots = A @ B.T
    return np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)


@mistake(
    "cosine_similarity", "one length for the whole matrix",
    "np.linalg.norm without an axis is one number for the whole matrix; every row has its own length.",
)
def cosine_similarity(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    return A @ B.T / (np.linalg.norm(A) * np.linalg.norm(B))


@mistake(
    "cosine_similarity", "NaN for the zero vector",
    "A vector of length 0 makes 0 / 0; its similarity to anything should be 0.",
)
def cosine_similarity(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    return A @ B.T / np.multiply.outer(np.linalg.norm(A, axis=-1), np.linalg.norm(B, axis=-1))


@mistake("cosine_similarity", "magnitude", "The sign says whether two vectors point the same way or opposite ways: keep it.")
def cosine_similarity(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    lengths = np.multiply.outer(np.linalg.norm(A, axis=-1), np.linalg.norm(B, axis=-1))
    dots = np.abs(A @ B.T)
    return np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)


# --- nearest_neighbours


@mistake(
    "nearest_neighbours", "the farthest",
    "argsort goes from the smallest to the greatest: your neighbours are the least similar rows.",
)
def nearest_neighbours(E, query, k=10, exclude=()):
    similarities = cosine_similarity(E, query)
    order = np.argsort(similarities, kind="stable")
    rows = order[~np.isin(order, list(exclude))][:k]
    return rows, similarities[rows]


@mistake("nearest_neighbours", "by distance", "You look for the smallest distance; what counts is the angle, whatever the lengths.")
def nearest_neighbours(E, query, k=10, exclude=()):
    order = np.argsort(np.linalg.norm(E - query, axis=1), kind="stable")
    rows = order[~np.isin(order, list(exclude))][:k]
    return rows, cosine_similarity(E, query)[rows]


@mistake("nearest_neighbours", "excluded rows count", "Rows in `exclude` should not come back.")
def nearest_neighbours(E, query, k=10, exclude=()):
    similarities = cosine_similarity(E, query)
    rows = np.argsort(-similarities, kind="stable")[:k]
    return rows, similarities[rows]


@mistake(
    "nearest_neighbours", "excludes after taking k",
    "You take k rows and then throw the excluded ones away: fewer than k are left, though there are more.",
)
def nearest_neighbours(E, query, k=10, exclude=()):
    similarities = cosine_similarity(E, query)
    rows = np.argsort(-similarities, kind="stable")[:k]
    rows = rows[~np.isin(rows, list(exclude))]
    return rows, similarities[rows]


@mistake("nearest_neighbours", "drops the first", "Without exclude the first row counts as well; you always leave it out.")
def nearest_neighbours(E, query, k=10, exclude=()):
    similarities = cosine_similarity(E, query)
    order = np.argsort(-similarities, kind="stable")[1:]
    rows = order[~np.isin(order, list(exclude))][:k]
    return rows, similarities[rows]


# --- word_vectors


@mistake(
    "word_vectors", "in the order of the vocabulary",
    "The rows come in the order of the vocabulary; they should come in the order of the words that are asked for.",
)
def word_vectors(E, vocabulary, words):
    for word in words:
        vocabulary[word]
    return E[sorted(vocabulary[word] for word in words)]


@mistake(
    "word_vectors", "<unk> for unknown words",
    "An unknown word gets the vector of <unk> from you; here it should be a KeyError.",
)
def word_vectors(E, vocabulary, words):
    return E[[vocabulary.get(word, UNK_ID) for word in words]]


@mistake("word_vectors", "unit vectors", "You have divided the vectors by their lengths; they should be the rows of E as they are.")
def word_vectors(E, vocabulary, words):
    vectors = E[[vocabulary[word] for word in words]]
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


# --- same_class_share


@mistake(
    "same_class_share", "a word is its own neighbour",
    "The most similar vector to any word is its own: it should not count as a neighbour.",
)
def same_class_share(vectors, classes, k):
    classes = np.asarray(classes)
    neighbours = np.argsort(-cosine_similarity(vectors, vectors), axis=1)[:, :k]
    return float(np.mean(classes[neighbours] == classes[:, None]))


@mistake("same_class_share", "by distance", "You take the nearest by distance; what counts is the cosine.")
def same_class_share(vectors, classes, k):
    classes = np.asarray(classes)
    distances = np.linalg.norm(vectors[:, None] - vectors[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    neighbours = np.argsort(distances, axis=1)[:, :k]
    return float(np.mean(classes[neighbours] == classes[:, None]))


@mistake("same_class_share", "only the nearest", "You look at the nearest neighbour alone; k of them count.")
def same_class_share(vectors, classes, k):
    similarities, classes = cosine_similarity(vectors, vectors), np.asarray(classes)
    np.fill_diagonal(similarities, -np.inf)
    nearest = np.argmax(similarities, axis=1)
    return float(np.mean(classes[nearest] == classes))


@mistake(
    "same_class_share", "majority vote",
    "You count words whose neighbours are mostly of their class; what is asked is the share among all neighbours.",
)
def same_class_share(vectors, classes, k):
    similarities, classes = cosine_similarity(vectors, vectors), np.asarray(classes)
    np.fill_diagonal(similarities, -np.inf)
    neighbours = np.argsort(-similarities, axis=1)[:, :k]
    return float(np.mean(np.mean(classes[neighbours] == classes[:, None], axis=1) > 0.5))


# --- pca


@mistake("pca", "not centred", "Subtract the mean of the rows first; without that the first axis points at the mean.")
def pca(X, k):
    _, sizes, axes = np.linalg.svd(X, full_matrices=False)
    return X @ axes[:k].T, sizes[:k] ** 2 / np.sum(sizes**2)


@mistake("pca", "shares without squares", "A share of the variance is made of the squares of the singular values.")
def pca(X, k):
    centred = X - X.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    return centred @ axes[:k].T, sizes[:k] / np.sum(sizes)


@mistake(
    "pca", "shares of the k axes only",
    "The shares are of the total variance, that of all axes, not only of the k that you keep.",
)
def pca(X, k):
    centred = X - X.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    return centred @ axes[:k].T, sizes[:k] ** 2 / np.sum(sizes[:k] ** 2)


@mistake("pca", "columns of the third result", "svd returns the axes as rows of its third result; you take columns.")
def pca(X, k):
    centred = X - X.mean(axis=0)
    _, sizes, axes = np.linalg.svd(centred, full_matrices=False)
    return centred @ axes[:, :k], sizes[:k] ** 2 / np.sum(sizes**2)


@mistake(
    "pca", "the least important axes",
    "eigh sorts from the smallest to the greatest: you have kept the axes that matter least.",
)
def pca(X, k):
    centred = X - X.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred)
    return centred @ axes[:, :k], variances[:k] / np.sum(variances)
