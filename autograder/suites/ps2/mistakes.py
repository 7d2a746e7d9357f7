"""What students get wrong in Exercise 2: each mistake as a change to the reference, and the sentence that helps.

Left out: mistakes that no check can see, such as a loop where an index would do.
"""

import numpy as np

from autograder.testing import Mistakes
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

BANK = Mistakes()
mistake = BANK.mistake


# --- vocabulary

mistake("vocabulary", "more often than min_count", "A word that occurs exactly min_count times occurs *at least* that often.",
        build_vocabulary, {"count >= min_count": "count > min_count"})
mistake("vocabulary", "counts texts instead of occurrences",
        "A word that stands twice in one text has occurred twice; you count the texts that hold it.",
        build_vocabulary, {"for token in tokens)": "for token in set(tokens))"})
mistake("vocabulary", "in the order of appearance",
        "Words are numbered from frequent to rare, not in the order in which they first appear.",
        build_vocabulary, {"*ranked": "*frequent"})
mistake("vocabulary", "ties in the order of appearance",
        "Counter.most_common leaves equally frequent words as they came; here the alphabet decides.",
        build_vocabulary, {"counts.items()": "counts.most_common()", "*ranked": "*frequent"})
mistake("vocabulary", "from rare to frequent",
        "Your numbers begin with the rarest words: look at the sign in what you sort by.",
        build_vocabulary, {"-counts[token]": "counts[token]"})
mistake("vocabulary", "no numbers for <pad> and <unk>", "Numbers 0 and 1 belong to <pad> and <unk>; the first word gets 2.",
        build_vocabulary, {"[PAD, UNK, *ranked]": "ranked"})
mistake("vocabulary", "unknown words are left out",
        "An unknown word still stands in its place in the text: it becomes UNK_ID, and the result is as long as the text.",
        encode, {"vocabulary.get(token, UNK_ID) for token in tokens":
                 "vocabulary[token] for token in tokens if token in vocabulary"})
mistake("vocabulary", "unknown words become padding", "An unknown word is a word: it becomes UNK_ID; PAD_ID is filling.",
        encode, {"UNK_ID": "PAD_ID"})
mistake("vocabulary", "floats for a text without words",
        "np.array([]) is an array of floats, which cannot be an index: say dtype=int.",
        encode, {", dtype=int": ""})


# --- pad_batch

mistake("pad_batch", "filling on the left", "Texts begin at the left of their row; you have put the filling there.",
        pad_batch, {"np.arange(max(1, lengths.max()))": "np.arange(max(1, lengths.max()))[::-1]"})
mistake("pad_batch", "cut to the shortest text", "You cut all texts to the length of the shortest: no word may be lost.",
        pad_batch, {"lengths.max()": "lengths.min()",
                    "np.concatenate(documents)": "np.concatenate([document[: mask.shape[1]] for document in documents])"})
mistake("pad_batch", "mask upside down", "Your mask is True where there is filling, and False where there are words.",
        pad_batch, {"return ids, mask": "return ids, ~mask"})
mistake("pad_batch", "fills up with <unk>", "Filling is PAD_ID, which is no word; you fill up with UNK_ID.",
        pad_batch, {"PAD_ID": "UNK_ID"})
mistake("pad_batch", "no column where there are no words",
        "If no text has a word your arrays have no column: T is at least 1.",
        pad_batch, {"max(1, lengths.max())": "lengths.max()"})


# --- one_hot

mistake("one_hot", "one too far", "Ids start at 0, and so do places: your 1 stands one place too far.",
        one_hot, {"np.arange(vocab_size)": "np.arange(1, vocab_size + 1)"})
mistake("one_hot", "one vector for the whole text", "You have added the vectors up; each id has a vector of its own.",
        one_hot, {"np.asarray(ids)": "np.atleast_1d(ids)", ".astype(float)": ".astype(float).sum(axis=-2)"})
mistake("one_hot", "length of the greatest id", "The length of the vectors is V, whichever ids happen to occur.",
        one_hot, {"np.arange(vocab_size)": "np.arange(np.max(ids) + 1)"})


@mistake("one_hot", "only for one axis", "You walk through the first axis only; ids can have any shape.")
def one_hot(ids, vocab_size):
    H = np.zeros((len(ids), vocab_size))
    for i, v in enumerate(ids):
        H[i, v] = 1.0
    return H


# --- embedding_forward

mistake("embedding_forward", "columns for rows", "The vector of a word is a row of E; you have looked up columns.",
        embedding_forward, {"E[ids]": "E.T[np.minimum(ids, E.shape[1] - 1)]"})
mistake("embedding_forward", "each word once",
        "A word that occurs twice is looked up twice: the result has a vector for every position.",
        embedding_forward, {"E[ids]": "E[np.unique(ids)]"})
mistake("embedding_forward", "zeros for padding",
        "The lookup does not know about padding: row 0 of E is looked up like any other, the mask comes later.",
        embedding_forward, {"E[ids]": "np.where(np.asarray(ids)[..., None] == PAD_ID, 0.0, E[ids])"})
mistake("embedding_forward", "flattened", "ids of shape (m, T) make a result of shape (m, T, d); yours has lost an axis.",
        embedding_forward, {"E[ids]": "E[np.ravel(ids)]"})


# --- embedding_backward

mistake("embedding_backward", "repeated words overwrite each other",
        "dE[ids] += dOut keeps only one of several equal ids: let every position add its own term.",
        embedding_backward, {"np.add.at(dE, ids, dOut)": "dE[ids] += dOut"})
mistake("embedding_backward", "mean instead of sum",
        "A word that occurs five times gets the sum of five terms, not their mean.",
        embedding_backward, {"return dE": "return dE / np.maximum(np.bincount(ids.ravel(), minlength=vocab_size), 1)[:, None]"})
mistake("embedding_backward", "rows of the words that occur",
        "dE has V rows, one for each word of the vocabulary; yours has fewer.",
        embedding_backward, {"return dE": "return dE[np.unique(ids)]"})
mistake("embedding_backward", "no gradient for row 0",
        "This layer does not know what padding is: row 0 gets the sum of its positions like every other row.",
        embedding_backward, {"return dE": "dE[PAD_ID] = 0.0\n    return dE"})


# --- sparse_gradient

mistake("sparse_gradient", "filling counts", "Filling is no word, but your rows hold the id that it has: use the mask.",
        sparse_gradient, {"np.unique(ids[mask]": "np.unique(ids.ravel()", "dOut[mask]": "dOut.reshape(-1, dOut.shape[-1])"})
mistake("sparse_gradient", "repeated words overwrite each other",
        "values[place] += keeps only one of several positions of a word: add them all up.",
        sparse_gradient, {"np.add.at(values, place, dOut[mask])": "values[place] += dOut[mask]"})
mistake("sparse_gradient", "rows not made unique",
        "A word that occurs twice has two rows in your result; each row may be there once.",
        sparse_gradient, {"return rows, values": "return ids[mask], dOut[mask]"})
mistake("sparse_gradient", "rows in the order of appearance", "rows should be sorted, from the smallest id to the greatest.",
        sparse_gradient, {"return rows, values": "order = list(dict.fromkeys(place))\n    return rows[order], values[order]"})
mistake("sparse_gradient", "by way of the full gradient",
        "You build an array with a row for every id up to the greatest: that is the waste that this function avoids.",
        sparse_gradient, {"len(rows)": "int(ids.max()) + 1", "values, place": "values, ids[mask]",
                          "return rows, values": "return rows, values[rows]"})


# --- adagrad_rows

mistake("adagrad_rows", "uphill", "The step should go against the gradient: look at the sign.",
        adagrad_rows, {"theta[rows] -=": "theta[rows] +="})
mistake("adagrad_rows", "no root", "You divide by the sum of squares itself; the rule divides by its root.",
        adagrad_rows, {"np.sqrt(G[rows])": "G[rows]"})
mistake("adagrad_rows", "divides before adding",
        "You divide by the old G: the square of the present gradient goes in first, or the first step divides by 0.",
        adagrad_rows, {"    G[rows] += values**2\n": "", " + eps)": " + eps)\n    G[rows] += values**2"})
mistake("adagrad_rows", "forgets earlier gradients",
        "G should add up the squares of all gradients; yours keeps only the last.",
        adagrad_rows, {"G[rows] +=": "G[rows] ="})
mistake("adagrad_rows", "plain gradient descent",
        "This is a step of plain gradient descent: AdaGrad divides by the root of G.",
        adagrad_rows, {"    G[rows] += values**2\n": "", " / (np.sqrt(G[rows]) + eps)": ""})
mistake("adagrad_rows", "not in place",
        "You have made new arrays under the old names; the caller's theta and G are as before.",
        adagrad_rows, {"G[rows] +=": "theta, G = theta.copy(), G.copy()\n    G[rows] +="})
mistake("adagrad_rows", "shrinks all rows",
        "Your step also changes rows that are not in `rows`: theta *= touches every one of them.",
        adagrad_rows, {"theta[rows] -=": "theta *= 1.0 - 1e-4 * lr\n    theta[rows] -="})
mistake("adagrad_rows", "no epsilon", "Where all gradients were 0 you divide 0 by 0: that is what eps is for.",
        adagrad_rows, {"(np.sqrt(G[rows]) + eps)": "np.sqrt(G[rows])"})
mistake("adagrad_rows", "one G for a whole row", "Every single number has its own G; you add the squares of a row up.",
        adagrad_rows, {"values**2": "np.sum(values**2, axis=tuple(range(1, values.ndim)), keepdims=True)"})


# --- mean_pool

mistake("mean_pool", "divides by T",
        "You divide by the length of the rectangle, filling included, not by the number of words.",
        mean_pool_forward, {"/ lengths": "/ mask.shape[1]"})
mistake("mean_pool", "ignores the mask", "Your mean includes the filling: the mask says which positions hold words.",
        mean_pool_forward, {"np.where(mask[:, :, None], X, 0.0).sum(axis=1) / lengths": "X.mean(axis=1)"})
mistake("mean_pool", "filling in the sum", "You divide by the right number, but what stands under filling is in your sum.",
        mean_pool_forward, {"np.where(mask[:, :, None], X, 0.0)": "X"})
mistake("mean_pool", "NaN without words", "A text without words makes 0 / 0; it should pool to zeros.",
        mean_pool_forward, {"np.maximum(mask.sum(axis=1), 1)": "mask.sum(axis=1)"})
mistake("mean_pool", "sum instead of mean", "You add the words up, but do not divide by their number.",
        mean_pool_forward, {" / lengths": ""})


# --- mean_pool_gradient

mistake("mean_pool_gradient", "does not divide",
        "Each word moves the mean by only 1 / n_i; you give every word the whole gradient.",
        mean_pool_backward, {"(dOut / lengths)": "dOut"})
mistake("mean_pool_gradient", "divides by T",
        "The share of a word is 1 / n_i, with the text's own number of words; you divide by T.",
        mean_pool_backward, {"dOut / lengths": "dOut / mask.shape[1]"})
mistake("mean_pool_gradient", "gradient for filling", "Filling did not take part in the mean, but gets a gradient from you.",
        mean_pool_backward, {"return mask[:, :, None]": "return np.ones_like(mask)[:, :, None]"})
mistake("mean_pool_gradient", "NaN without words", "A text without words makes 0 / 0; its gradient should be 0.",
        mean_pool_backward, {"np.maximum(mask.sum(axis=1), 1)": "mask.sum(axis=1)"})


# --- max_pool

mistake("max_pool", "zero filling wins", "You have set filling to 0, which is greater than every negative number.",
        max_pool_forward, {"winners = np.where(mask[:, :, None], X, -np.inf).argmax(axis=1)":
                           "X = np.where(mask[:, :, None], X, 0.0)\n    winners = X.argmax(axis=1)"})
mistake("max_pool", "ignores the mask", "Filling takes part in your maximum: the mask says which positions hold words.",
        max_pool_forward, {"np.where(mask[:, :, None], X, -np.inf)": "X"})
mistake("max_pool", "one winner for all coordinates",
        "Different coordinates can have different winners; you pick one word for the whole text.",
        max_pool_forward, {"X, -np.inf": "X.sum(axis=2, keepdims=True), np.full(X.shape, -np.inf)"})
mistake("max_pool", "greatest magnitude", "You look for the greatest magnitude; the maximum of -3 and 1 is 1.",
        max_pool_forward, {"X, -np.inf": "np.abs(X), -np.inf"})
mistake("max_pool", "the last of equal ones", "Of several equal maxima the first wins; yours is the last.",
        max_pool_forward, {"winners = np.where": "winners = X.shape[1] - 1 - np.where",
                           ".argmax(axis=1)": "[:, ::-1].argmax(axis=1)"})
mistake("max_pool", "minus infinity without words",
        "The maximum of no words comes out as -inf; it should be 0, with -1 for the winners.",
        max_pool_forward, {"np.where(words, out, 0.0), np.where(words, winners, -1)": "np.where(words, out, -np.inf), winners"})


# --- max_pool_gradient

mistake("max_pool_gradient", "shares as the mean does",
        "Only the winner moves the maximum; you share the gradient among all positions.",
        max_pool_backward, {"dX[i, winners[i, j], j] = dOut[i, j]": "dX[i, :, j] = dOut[i, j][:, None] / T"})
mistake("max_pool_gradient", "-1 is taken for the last word",
        "-1 in winners means that there is no word; as an index it is the last position.",
        max_pool_backward, {"np.nonzero(winners >= 0)": "np.indices(winners.shape)"})
mistake("max_pool_gradient", "whole vectors to the winner",
        "A winner of one coordinate gets the gradient of that coordinate, not the whole vector's.",
        max_pool_backward, {"dX[i, winners[i, j], j] = dOut[i, j]": "dX[i, winners[i, j]] = dOut[i]"})
mistake("max_pool_gradient", "ones for the gradient",
        "The slope of the winner is 1, but it is to be multiplied by the gradient that comes in.",
        max_pool_backward, {"= dOut[i, j]": "= 1.0"})


# --- classifier_forward

mistake("classifier_forward", "always the mean", "Your network takes the mean whatever pooling it is asked for.",
        classifier_forward, {'cache["pooled"], cache["winners"] = max_pool_forward(X, mask)':
                             'cache["pooled"], cache["winners"] = mean_pool_forward(X, mask), max_pool_forward(X, mask)[1]'})
mistake("classifier_forward", "no ReLU",
        "Without ReLU the two layers are one linear layer: something is missing between them.",
        classifier_forward, {'relu(cache["Z1"])': 'cache["Z1"]'})
mistake("classifier_forward", "pools before the mask is known",
        "Your pooling is told that every position holds a word: pass the mask on.",
        classifier_forward, {"mean_pool_forward(X, mask)": "mean_pool_forward(X, np.ones_like(mask))",
                             "max_pool_forward(X, mask)": "max_pool_forward(X, np.ones_like(mask))"})
mistake("classifier_forward", "probabilities for logits",
        "You return probabilities; the sigmoid is inside the loss, which wants the logits.",
        classifier_forward, {'return dense_forward(cache["A1"], params["W2"], params["b2"]), cache':
                             'logits = dense_forward(cache["A1"], params["W2"], params["b2"])\n'
                             "    return 1.0 / (1.0 + np.exp(-logits)), cache"})


# --- classifier_backward

mistake("classifier_backward", "forgets ReLU's derivative",
        "On the way back through the hidden layer you do not multiply by ReLU's derivative.",
        classifier_backward, {' * relu_grad(cache["Z1"])': ""})
mistake("classifier_backward", "always the mean", "You go back through the mean whatever the pooling was.",
        classifier_backward, {'max_pool_backward(dPooled, cache["winners"], cache["mask"].shape[1])':
                              'mean_pool_backward(dPooled, cache["mask"])'})
mistake("classifier_backward", "no gradient for E",
        "The word vectors are learned too, but your gradients have nothing for E.",
        classifier_backward, {'    grads["E"] = sparse_gradient(dX, cache["ids"], cache["mask"])\n': ""})
mistake("classifier_backward", "filling gets a row",
        "You tell sparse_gradient that every position is a word: filling gets a row, too.",
        classifier_backward, {'cache["ids"], cache["mask"]': 'cache["ids"], np.ones_like(cache["mask"])'})
mistake("classifier_backward", "divides by m again", "dZ holds the 1/m of the mean already; you divide by m once more.",
        classifier_backward, {"grads = {}": "grads, dZ = {}, dZ / len(dZ)"})


# --- train

mistake("train", "works on a copy", "You train a copy of params; the caller's parameters are as before.",
        train, {"G = {": "params = {name: value.copy() for name, value in params.items()}\n    G = {"})
mistake("train", "G starts anew at every epoch",
        "You set G to zero at the start of every epoch; it should last through the whole training.",
        train, {"for batch in": "G = {name: np.zeros_like(value) for name, value in params.items()}\n        for batch in"})
mistake("train", "the word vectors stay as they are",
        "You step with W1, b1, W2 and b2, but never with E: the word vectors stay random.",
        train, {"for name, grad in": 'del grads["E"]\n            for name, grad in'})
mistake("train", "weight decay on all of E",
        "Something in your loop changes all of E at every step: rows of words that are not in the batch must stay.",
        train, {"for name, grad in": 'params["E"] *= 1.0 - 1e-3 * lr\n            for name, grad in'})
mistake("train", "loss of the last batch",
        "Your history holds the loss of the last mini-batch; it should be the loss on all documents.",
        train, {"classifier_forward(params, *everything, pooling)[0], y": "logits, y[batch]"})
mistake("train", "never shuffles",
        "You take the documents in their order; minibatches(len(documents), batch_size, rng) shuffles them.",
        train, {"minibatches(len(documents), batch_size, rng)":
                "np.split(np.arange(len(documents)), range(batch_size, len(documents), batch_size))"})


# --- cosine_similarity

mistake("cosine_similarity", "dot products", "These are dot products: divide by the lengths of both vectors.",
        cosine_similarity, {"np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)": "dots"})
mistake("cosine_similarity", "divides by squared lengths", "You divide by the squares of the lengths: a root is missing.",
        cosine_similarity, {"np.linalg.norm(A, axis=-1)": "np.sum(A**2, axis=-1)",
                            "np.linalg.norm(B, axis=-1)": "np.sum(B**2, axis=-1)"})
mistake("cosine_similarity", "one length for the whole matrix",
        "np.linalg.norm without an axis is one number for the whole matrix; every row has its own length.",
        cosine_similarity, {"np.linalg.norm(A, axis=-1)": "np.linalg.norm(A)", "np.linalg.norm(B, axis=-1)": "np.linalg.norm(B)",
                            "np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)": "dots / lengths"})
mistake("cosine_similarity", "NaN for the zero vector",
        "A vector of length 0 makes 0 / 0; its similarity to anything should be 0.",
        cosine_similarity, {"np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)": "dots / lengths"})
mistake("cosine_similarity", "magnitude", "The sign says whether two vectors point the same way or opposite ways: keep it.",
        cosine_similarity, {"A @ B.T": "np.abs(A @ B.T)"})


# --- nearest_neighbours

mistake("nearest_neighbours", "the farthest",
        "argsort goes from the smallest to the greatest: your neighbours are the least similar rows.",
        nearest_neighbours, {"np.argsort(-similarities": "np.argsort(similarities"})
mistake("nearest_neighbours", "by distance",
        "You look for the smallest distance; what counts is the angle, whatever the lengths.",
        nearest_neighbours, {"-similarities": "np.linalg.norm(E - query, axis=1)"})
mistake("nearest_neighbours", "excluded rows count", "Rows in `exclude` should not come back.",
        nearest_neighbours, {"order[~np.isin(order, list(exclude))]": "order"})
mistake("nearest_neighbours", "excludes after taking k",
        "You take k rows and then throw the excluded ones away: fewer than k are left, though there are more.",
        nearest_neighbours, {"[: max(0, k)]": "", 'kind="stable")': 'kind="stable")[:k]'})
mistake("nearest_neighbours", "drops the first", "Without exclude the first row counts as well; you always leave it out.",
        nearest_neighbours, {'kind="stable")': 'kind="stable")[1:]'})


# --- word_vectors

mistake("word_vectors", "in the order of the vocabulary",
        "The rows come in the order of the vocabulary; they should come in the order of the words that are asked for.",
        word_vectors, {"[vocabulary[word] for word in words]": "sorted(vocabulary[word] for word in words)"})
mistake("word_vectors", "<unk> for unknown words",
        "An unknown word gets the vector of <unk> from you; here it should be a KeyError.",
        word_vectors, {"vocabulary[word]": "vocabulary.get(word, UNK_ID)"})
mistake("word_vectors", "unit vectors",
        "You have divided the vectors by their lengths; they should be the rows of E as they are.",
        word_vectors, {"return E": "return (E / np.linalg.norm(E, axis=1, keepdims=True))"})


# --- same_class_share

mistake("same_class_share", "a word is its own neighbour",
        "The most similar vector to any word is its own: it should not count as a neighbour.",
        same_class_share, {"    np.fill_diagonal(similarities, -np.inf)  # nobody is their own neighbour\n": ""})
mistake("same_class_share", "by distance", "You take the nearest by distance; what counts is the cosine.",
        same_class_share, {"cosine_similarity(vectors, vectors)": "-np.linalg.norm(vectors[:, None] - vectors, axis=-1)"})
mistake("same_class_share", "only the nearest", "You look at the nearest neighbour alone; k of them count.",
        same_class_share, {"[:, :k]": "[:, :1]"})
mistake("same_class_share", "majority vote",
        "You count words whose neighbours are mostly of their class; what is asked is the share among all neighbours.",
        same_class_share, {"np.mean(classes[neighbours] == classes[:, None])":
                           "np.mean(np.mean(classes[neighbours] == classes[:, None], axis=1) > 0.5)"})


# --- pca

mistake("pca", "not centred", "Subtract the mean of the rows first; without that the first axis points at the mean.",
        pca, {"X - X.mean(axis=0)": "X"})
mistake("pca", "shares without squares", "A share of the variance is made of the squares of the singular values.",
        pca, {"sizes[:k] ** 2 / np.sum(sizes**2)": "sizes[:k] / np.sum(sizes)"})
mistake("pca", "shares of the k axes only",
        "The shares are of the total variance, that of all axes, not only of the k that you keep.",
        pca, {"np.sum(sizes**2)": "np.sum(sizes[:k] ** 2)"})
mistake("pca", "columns of the third result", "svd returns the axes as rows of its third result; you take columns.",
        pca, {"axes[:k].T": "axes[:, :k]"})
mistake("pca", "the least important axes",
        "eigh sorts from the smallest to the greatest: you have kept the axes that matter least.",
        pca, {"_, sizes, axes = np.linalg.svd(centred, full_matrices=False)":
              "variances, axes = np.linalg.eigh(centred.T @ centred)",
              "axes[:k].T, sizes[:k] ** 2 / np.sum(sizes**2)": "axes[:, :k], variances[:k] / np.sum(variances)"})
