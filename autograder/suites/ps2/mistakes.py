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
mistake("vocabulary", "only by the alphabet",
        "You sort by the alphabet alone; it decides only among words that are equally frequent.",
        build_vocabulary, {"(-counts[token], token)": "token"})
mistake("vocabulary", "sorted by the number of texts",
        "You sort by how many texts hold a word; its occurrences in all texts together count.",
        build_vocabulary, {"(-counts[token], token)": "(-sum(token in text for text in token_lists), token)"})
mistake("vocabulary", "ties against the alphabet",
        "reverse=True turns the alphabet around, too: sort by (-count, word) instead.",
        build_vocabulary, {"(-counts[token], token))": "(counts[token], token), reverse=True)"})
mistake("vocabulary", "<pad> and <unk> exchanged", "<pad> is 0 and <unk> is 1; you have them the other way round.",
        build_vocabulary, {"[PAD, UNK,": "[UNK, PAD,"})
mistake("vocabulary", "lower case once more",
        "You change the words: they are to be taken as they are, since tokenize has done what is to be done.",
        build_vocabulary, {"Counter(token for": "Counter(token.lower() for"})
mistake("vocabulary", "looks up in lower case",
        "You change the words before you look them up: they are to be taken as they are.",
        encode, {"vocabulary.get(token": "vocabulary.get(token.lower()"})
mistake("vocabulary", "numbers of 16 bits",
        "Your ids have 16 bits, which end at 32,767; a vocabulary can be larger: dtype=int.",
        encode, {", dtype=int)": ", dtype=int).astype(np.int16)"})
mistake("vocabulary", "numbers of 8 bits",
        "Your ids have 8 bits, which end at 127; a vocabulary can be larger: dtype=int.",
        encode, {", dtype=int)": ", dtype=int).astype(np.int8)"})
mistake("vocabulary", "floats for ids",
        "Your ids are floats, which cannot be an index: say dtype=int.", encode, {"dtype=int": "dtype=float"})
mistake("vocabulary", "adds unknown words",
        "setdefault puts unknown words into the vocabulary; encode only looks up, as vocabulary.get does.",
        encode, {"vocabulary.get(": "vocabulary.setdefault("})
mistake("vocabulary", "each word once", "A word that stands twice in a text has two places in the result; you keep the first.",
        encode, {"for token in tokens]": "for token in dict.fromkeys(tokens)]"})


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
mistake("pad_batch", "one column too many", "Your arrays are one column longer than the longest text.",
        pad_batch, {"max(1, lengths.max())": "lengths.max() + 1"})
mistake("pad_batch", "numbers of 16 bits", "Your ids have 16 bits, which end at 32,767; a vocabulary can be larger: dtype=int.",
        pad_batch, {"PAD_ID)": "PAD_ID, dtype=np.int16)"})
mistake("pad_batch", "a mask of numbers",
        "Your mask holds 0 and 1; it should hold False and True, of type bool, to select with it.",
        pad_batch, {"return ids, mask": "return ids, mask.astype(int)"})
mistake("pad_batch", "sorts the documents",
        "You sort the caller's list by length, so that rows no longer belong to their labels.",
        pad_batch, {"lengths = ": "documents.sort(key=len)\n    lengths = "})


@mistake("pad_batch", "lengthens the documents",
         "You put the filled-up texts back into the caller's list, which then has filling for words: make new arrays.")
def pad_batch(documents):
    T = max(1, max(len(document) for document in documents))
    mask = np.array([[t < len(document) for t in range(T)] for document in documents])
    for i in range(len(documents)):
        documents[i] = np.pad(documents[i], (0, T - len(documents[i])), constant_values=0)
    return np.array(documents), mask


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
mistake("one_hot", "whole numbers", "Your vectors hold whole numbers; matrices are multiplied by them, so make them floats.",
        one_hot, {".astype(float)": ".astype(int)"})
mistake("one_hot", "truth values", "Your vectors hold True and False; matrices are multiplied by them, so make them floats.",
        one_hot, {".astype(float)": ""})
mistake("one_hot", "nothing for padding",
        "The vector of id 0 has its 1 in place 0, like any other: one_hot does not know about padding.",
        one_hot, {".astype(float)": ".astype(float) * (np.asarray(ids)[..., None] != 0)"})


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
mistake("embedding_forward", "zeros for unknown words",
        "The vector of <unk> is row 1 of E, and is learned like any other; you have put zeros there.",
        embedding_forward, {"E[ids]": "np.where(np.asarray(ids)[..., None] == UNK_ID, 0.0, E[ids])"})
mistake("embedding_forward", "unit vectors", "You divide the vectors by their lengths; they should be the rows of E as they are.",
        embedding_forward, {"E[ids]": "E[ids] / np.linalg.norm(E[ids], axis=-1, keepdims=True)"})
mistake("embedding_forward", "clears the row of padding",
        "You set row 0 of the caller's E to zero; the lookup only reads.",
        embedding_forward, {"    return": "    E[PAD_ID] = 0.0\n    return"})
mistake("embedding_forward", "single precision", "Your vectors pass through float32, which keeps only about seven digits.",
        embedding_forward, {"E[ids]": "E[ids].astype(np.float32)"})


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
mistake("embedding_backward", "as many rows as the greatest id needs",
        "dE has vocab_size rows, whichever ids happen to occur; you make ids.max() + 1.",
        embedding_backward, {"(vocab_size, ": "(ids.max() + 1, "})
mistake("embedding_backward", "no gradient for unknown words",
        "Row 1, that of <unk>, gets the sum of its positions like every other row.",
        embedding_backward, {"return dE": "dE[UNK_ID] = 0.0\n    return dE"})
mistake("embedding_backward", "keeps the last of a word",
        "dE[ids] = dOut keeps the last position of each word; the sum of all is asked for.",
        embedding_backward, {"np.add.at(dE, ids, dOut)": "dE[ids] = dOut"})
mistake("embedding_backward", "single precision", "Your sums are made in float32, which keeps only about seven digits.",
        embedding_backward, {"dOut.shape[-1]))": "dOut.shape[-1]), dtype=np.float32)"})


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
mistake("sparse_gradient", "leaves out unknown words",
        "<unk> is a word: its row 1 is learned like any other, and only filling is left out.",
        sparse_gradient, {"    rows, place": "    mask = mask & (ids != UNK_ID)\n    rows, place"})
mistake("sparse_gradient", "asks the ids for filling",
        "You take every id but PAD_ID for a word; it is the mask that says which positions hold words.",
        sparse_gradient, {"    rows, place": "    mask = ids != PAD_ID\n    rows, place"})
mistake("sparse_gradient", "leaves out rows without a gradient",
        "A word of the batch whose gradient happens to be 0 has a row all the same; you leave it out.",
        sparse_gradient, {"return rows, values": "some = np.any(values != 0, axis=1)\n    return rows[some], values[some]"})
mistake("sparse_gradient", "mean instead of sum", "A word that occurs twice gets the sum of its gradients, not their mean.",
        sparse_gradient, {"return rows, values": "return rows, values / np.bincount(place, minlength=len(rows))[:, None]"})
mistake("sparse_gradient", "from the greatest on",
        "rows should come from the smallest id to the greatest; yours come the other way round.",
        sparse_gradient, {"return rows, values": "return rows[::-1], values[::-1]"})
mistake("sparse_gradient", "floats for rows", "rows will be an index, so it must hold integers; yours are floats.",
        sparse_gradient, {"return rows, values": "return rows.astype(float), values"})
mistake("sparse_gradient", "floats where there are no rows",
        "np.array([]) is an array of floats, which cannot be an index: say dtype=int.",
        sparse_gradient, {"    rows, place":
                          "    if not mask.any():\n        return np.array([]), np.zeros((0, dOut.shape[-1]))\n    rows, place"})


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
        "Your step also changes rows that are not in the argument rows: theta *= touches every one of them.",
        adagrad_rows, {"theta[rows] -=": "theta *= 1.0 - 1e-4 * lr\n    theta[rows] -="})
mistake("adagrad_rows", "no epsilon", "Where all gradients were 0 you divide 0 by 0: that is what eps is for.",
        adagrad_rows, {"(np.sqrt(G[rows]) + eps)": "np.sqrt(G[rows])"})
mistake("adagrad_rows", "one G for a whole row", "Every single number has its own G; you add the squares of a row up.",
        adagrad_rows, {"values**2": "np.sum(values**2, axis=tuple(range(1, values.ndim)), keepdims=True)"})
mistake("adagrad_rows", "epsilon under the root", "eps is added to the root of G, not to G under the root.",
        adagrad_rows, {"(np.sqrt(G[rows]) + eps)": "np.sqrt(G[rows] + eps)"})
mistake("adagrad_rows", "epsilon written in", "Your epsilon is 1e-8 whatever eps says: use the argument.",
        adagrad_rows, {"+ eps)": "+ 1e-8)"})
mistake("adagrad_rows", "another default for epsilon", "Where no eps is given it is 1e-8; yours is another number.",
        adagrad_rows, {"eps=1e-8": "eps=1e-6"})
mistake("adagrad_rows", "learning rate written in", "Your step has 0.1 written into it, whatever lr says: use the argument.",
        adagrad_rows, {"lr * values": "0.1 * values"})
mistake("adagrad_rows", "learning rate inside G", "You square lr times the gradient; G adds up the squares of the gradients alone.",
        adagrad_rows, {"values**2": "(lr * values) ** 2"})
mistake("adagrad_rows", "moving average", "G is the sum of all squares, which never shrinks; a moving average is RMSprop.",
        adagrad_rows, {"G[rows] += values**2": "G[rows] = 0.9 * G[rows] + 0.1 * values**2"})
mistake("adagrad_rows", "sizes for squares", "G adds up the gradients' sizes; their squares are asked for.",
        adagrad_rows, {"values**2": "np.abs(values)"})
mistake("adagrad_rows", "returns the new rows", "You return the new rows; theta itself should change, in place.",
        adagrad_rows, {"theta[rows] -= lr": "return theta[rows] - lr"})
mistake("adagrad_rows", "scales the gradients in place",
        "You multiply the caller's values by the learning rate in place; they should be left as they are.",
        adagrad_rows, {"theta[rows] -= lr * values": "values *= lr\n    theta[rows] -= values"})


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
mistake("mean_pool", "small number added to the length",
        "You add a small number to n_i, which makes every mean a little too small; only where n_i is 0 is 1 to take its place.",
        mean_pool_forward, {"np.maximum(mask.sum(axis=1), 1)": "(mask.sum(axis=1) + 1e-6)"})
mistake("mean_pool", "smaller number added to the length",
        "You add a small number to n_i, which makes every mean a little too small; only where n_i is 0 is 1 to take its place.",
        mean_pool_forward, {"np.maximum(mask.sum(axis=1), 1)": "(mask.sum(axis=1) + 1e-8)"})
mistake("mean_pool", "clears filling in place",
        "You set filling to 0 in the caller's X; np.where makes a new array, or a product with the mask does.",
        mean_pool_forward, {"    lengths = ": "    X[~mask] = 0.0\n    lengths = "})
mistake("mean_pool", "divides by the root", "You divide by the root of the number of words; the mean divides by the number itself.",
        mean_pool_forward, {"/ lengths": "/ np.sqrt(lengths)"})
mistake("mean_pool", "zero vectors for filling",
        "You take every vector of zeros for filling; the mask says which positions hold words.",
        mean_pool_forward, {"mask.sum(axis=1)": "(X != 0).any(axis=2).sum(axis=1)"})


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
mistake("mean_pool_gradient", "small number added to the length",
        "You add a small number to n_i, which makes every share a little too small; only where n_i is 0 is 1 to take its place.",
        mean_pool_backward, {"np.maximum(mask.sum(axis=1), 1)": "(mask.sum(axis=1) + 1e-6)"})
mistake("mean_pool_gradient", "smaller number added to the length",
        "You add a small number to n_i, which makes every share a little too small; only where n_i is 0 is 1 to take its place.",
        mean_pool_backward, {"np.maximum(mask.sum(axis=1), 1)": "(mask.sum(axis=1) + 1e-8)"})


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
mistake("max_pool", "-10 under filling", "You put -10 under filling, and a word can be below that; nothing is below -np.inf.",
        max_pool_forward, {"    winners = np.where(mask[:, :, None], X, -np.inf)":
                           "    X = np.where(mask[:, :, None], X, -10.0)\n    winners = X"})
mistake("max_pool", "-1000 under filling", "You put -1000 under filling, and a word can be below that; nothing is below -np.inf.",
        max_pool_forward, {"    winners = np.where(mask[:, :, None], X, -np.inf)":
                           "    X = np.where(mask[:, :, None], X, -1000.0)\n    winners = X"})
mistake("max_pool", "winners of 8 bits", "Your winners have 8 bits, which end at 127; texts can be longer: dtype=int.",
        max_pool_forward, {"np.where(words, winners, -1)": "np.where(words, winners, -1).astype(np.int8)"})
mistake("max_pool", "floats for winners", "winners will be an index, so they must be integers; yours are floats.",
        max_pool_forward, {"np.where(words, winners, -1)": "np.where(words, winners, -1.0)"})
mistake("max_pool", "0 for the winners without words",
        "Without words there is no winner, which -1 says; yours is 0, the first position.",
        max_pool_forward, {"np.where(words, winners, -1)": "winners"})
mistake("max_pool", "changes filling in place", "You set filling to -inf in the caller's X; np.where makes a new array.",
        max_pool_forward, {"    winners = ": "    X[~mask] = -np.inf\n    winners = "})


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
mistake("max_pool_gradient", "leaves out the first word", "A winner at position 0 is a winner, too: -1 alone stands for none.",
        max_pool_backward, {"winners >= 0": "winners > 0"})
mistake("max_pool_gradient", "as long as the last winner",
        "dX has T positions, whether or not the last ones have won; yours has fewer.",
        max_pool_backward, {"len(dOut), T": "len(dOut), winners.max() + 1"})


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
mistake("classifier_forward", "ReLU after the last layer", "Your logits are never negative: no ReLU comes after the last layer.",
        classifier_forward, {'return dense_forward(cache["A1"], params["W2"], params["b2"]), cache':
                             'return relu(dense_forward(cache["A1"], params["W2"], params["b2"])), cache'})
mistake("classifier_forward", "last bias forgotten", "Your logits lack b2, the bias of the last layer.",
        classifier_forward, {'params["b2"])': '0 * params["b2"])'})
mistake("classifier_forward", "first bias forgotten", "Your Z1 lacks b1, the bias of the hidden layer.",
        classifier_forward, {'params["b1"])': '0 * params["b1"])'})
mistake("classifier_forward", "another default", "Where no pooling is named it is the mean; yours is the maximum.",
        classifier_forward, {'pooling="mean"': 'pooling="max"'})
mistake("classifier_forward", "unknown words left out", "<unk> is a word and counts in the pooling; only filling does not.",
        classifier_forward, {"    X = ": "    mask = mask & (ids != UNK_ID)\n    X = "})
mistake("classifier_forward", "changes its arguments",
        "You change the caller's ids; what stands under filling is left to the mask.",
        classifier_forward, {"    X = ": "    ids[~mask] = UNK_ID\n    X = "})


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
mistake("classifier_backward", "takes things out of the cache",
        "cache.pop takes an array out of the caller's cache, which can then not be used again; only read it.",
        classifier_backward, {'cache["Z1"]': 'cache.pop("Z1")'})
mistake("classifier_backward", "another default", "Where no pooling is named it is the mean; yours is the maximum.",
        classifier_backward, {'pooling="mean"': 'pooling="max"'})
mistake("classifier_backward", "no row for unknown words", "<unk> is a word: row 1 of E gets its gradient like any other.",
        classifier_backward, {'cache["mask"])\n    return': 'cache["mask"] & (cache["ids"] != UNK_ID))\n    return'})
mistake("classifier_backward", "a row for every position",
        "A word that occurs twice has two rows in your gradient of E; sparse_gradient adds them up.",
        classifier_backward, {'sparse_gradient(dX, cache["ids"], cache["mask"])':
                              '(cache["ids"][cache["mask"]], dX[cache["mask"]])'})
mistake("classifier_backward", "activation for its derivative",
        "You multiply by A1; ReLU's derivative, taken at Z1, belongs there.",
        classifier_backward, {'relu_grad(cache["Z1"])': 'cache["A1"]'})
mistake("classifier_backward", "more than the gradients",
        "Your dict holds more than the gradients of the parameters; nothing else belongs into it.",
        classifier_backward, {"return grads": 'return grads | {"pooled": dPooled}'})


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
mistake("train", "learning rate written in", "Your steps have a learning rate of their own, whatever lr says: use the argument.",
        train, {"rows, values, lr)": "rows, values, 0.1)"})
mistake("train", "history without the pooling",
        "You measure the loss with mean pooling, whatever the training was made with: pass pooling on there, too.",
        train, {"*everything, pooling)": "*everything)"})
mistake("train", "pooling not passed to backward", "You pass the pooling on to classifier_forward but not to classifier_backward.",
        train, {"y[batch]), pooling)": "y[batch]))"})
mistake("train", "leaves out the smaller last batch",
        "You leave out a last batch that is smaller than the others; its texts count too.",
        train, {"in minibatches(len(documents), batch_size, rng)":
                "in [b for b in minibatches(len(documents), batch_size, rng) if len(b) == min(batch_size, len(documents))]"})
mistake("train", "a generator of its own",
        "You make a generator of your own with a fixed seed: the rng that the caller passes in changes nothing.",
        train, {"    G = {": "    rng = np.random.default_rng(0)\n    G = {"})
mistake("train", "mean of the batches' losses",
        "You average the losses seen on the way, while the network was still changing; measure all documents after each epoch.",
        train, {"        for batch in": "        losses = []\n        for batch in",
                "            grads = ": "            losses.append(bce_from_logits(logits, y[batch]))\n            grads = ",
                "bce_from_logits(classifier_forward(params, *everything, pooling)[0], y)": "float(np.mean(losses))"})
_HISTORY = "        history.append(bce_from_logits(classifier_forward(params, *everything, pooling)[0], y))\n"
mistake("train", "loss before the epoch", "You note the loss before each epoch's steps; it is asked for after them.",
        train, {_HISTORY: "", "        for batch in": f"{_HISTORY}        for batch in"})
mistake("train", "G does not start at zero",
        "G starts at 0 for every number; yours starts at 0.1, which makes the first steps too short.",
        train, {"np.zeros_like(value)": "np.full_like(value, 0.1)"})
mistake("train", "empties the documents", "You change the caller's list of documents; it is needed after the training.",
        train, {"    return history": "    documents.clear()\n    return history"})
mistake("train", "one draw for all epochs",
        "You draw the batches once and use them in every epoch; every epoch should have a new order.",
        train, {"    for _ in range(epochs)":
                "    batches = minibatches(len(documents), batch_size, rng)\n    for _ in range(epochs)",
                "in minibatches(len(documents), batch_size, rng)": "in batches"})


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
for _size in ("1e-8", "1e-12"):
    mistake("cosine_similarity", f"{_size} added to the lengths",
            "You add a small number to the lengths against 0 / 0; short vectors then seem less similar; ask whether a length is 0.",
            cosine_similarity, {"np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)":
                                f"dots / (lengths + {_size})"})
    mistake("cosine_similarity", f"lengths of at least {_size}",
            "You take short vectors to be longer than they are, against 0 / 0; ask whether a length is exactly 0.",
            cosine_similarity, {"np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)":
                                f"dots / np.maximum(lengths, {_size})"})
mistake("cosine_similarity", "negative ones are 0", "Vectors that point opposite ways have a cosine of -1; you cut off at 0.",
        cosine_similarity, {"dots = A @ B.T": "dots = np.maximum(A @ B.T, 0.0)"})
mistake("cosine_similarity", "lengths of one side only", "You divide by the lengths of A alone; those of B count as well.",
        cosine_similarity, {"np.linalg.norm(B, axis=-1)": "np.ones(B.shape[:-1])"})
mistake("cosine_similarity", "centred", "You subtract the mean of each vector, which makes correlations of them, not cosines.",
        cosine_similarity, {"    dots":
                            "    A = A - A.mean(axis=-1, keepdims=True)\n    B = B - B.mean(axis=-1, keepdims=True)\n    dots"})


@mistake("cosine_similarity", "divides in place",
         "You divide the caller's A and B by their lengths in place: np.asarray does not copy, so write M = M / lengths.")
def cosine_similarity(A, B):
    A, B = np.asarray(A, dtype=float), np.asarray(B, dtype=float)
    for M in (A, B):
        lengths = np.linalg.norm(M, axis=-1, keepdims=True)
        M /= np.where(lengths == 0, 1.0, lengths)
    return A @ B.T


# --- nearest_neighbours

mistake("nearest_neighbours", "the farthest",
        "argsort goes from the smallest to the greatest: your neighbours are the least similar rows.",
        nearest_neighbours, {"np.argsort(-similarities": "np.argsort(similarities"})
mistake("nearest_neighbours", "by distance",
        "You look for the smallest distance; what counts is the angle, whatever the lengths.",
        nearest_neighbours, {"-similarities": "np.linalg.norm(E - query, axis=1)"})
mistake("nearest_neighbours", "excluded rows count", "Rows in exclude should not come back.",
        nearest_neighbours, {"order[~np.isin(order, list(exclude))]": "order"})
mistake("nearest_neighbours", "excludes after taking k",
        "You take k rows and then throw the excluded ones away: fewer than k are left, though there are more.",
        nearest_neighbours, {"[: max(0, k)]": "", 'kind="stable")': 'kind="stable")[:k]'})
mistake("nearest_neighbours", "drops the first", "Without exclude the first row counts as well; you always leave it out.",
        nearest_neighbours, {'kind="stable")': 'kind="stable")[1:]'})
mistake("nearest_neighbours", "ties in any order",
        "np.argsort leaves equally similar rows in any order unless you say kind='stable'.",
        nearest_neighbours, {', kind="stable")': ")"})
mistake("nearest_neighbours", "ties from the last on",
        "Turning a sorted array around turns equally similar rows around, too: sort -similarities, with kind='stable'.",
        nearest_neighbours, {'np.argsort(-similarities, kind="stable")': 'np.argsort(similarities, kind="stable")[::-1]'})
mistake("nearest_neighbours", "another default for k",
        "Where no k is given it is 10; yours is another number.", nearest_neighbours, {"k=10": "k=5"})
mistake("nearest_neighbours", "dot products",
        "You rank by dot products, which grow with the lengths; the cosine looks at directions alone.",
        nearest_neighbours, {"cosine_similarity(E, query)": "E @ query"})
mistake("nearest_neighbours", "always leaves out row 0", "You leave row 0 out although it is not in exclude.",
        nearest_neighbours, {"list(exclude)": "[0, *exclude]"})
mistake("nearest_neighbours", "distances for similarities",
        "You return 1 minus the similarity; the similarities themselves are asked for.",
        nearest_neighbours, {"similarities[rows]": "1 - similarities[rows]"})
mistake("nearest_neighbours", "divides E in place",
        "You divide the caller's E by its rows' lengths in place; it is needed as it was.",
        nearest_neighbours, {"    similarities =": "    E /= np.linalg.norm(E, axis=1, keepdims=True)\n    similarities ="})
mistake("nearest_neighbours", "floats for rows", "rows will be an index, so it must hold integers; yours are floats.",
        nearest_neighbours, {"return rows,": "return rows.astype(float),"})


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
mistake("word_vectors", "looks up in lower case", "You change the words before you look them up: they are to be taken as they are.",
        word_vectors, {"vocabulary[word]": "vocabulary[word.lower()]"})
mistake("word_vectors", "each word once", "A word that is asked for twice has two rows in the result; you keep the first.",
        word_vectors, {"for word in words": "for word in dict.fromkeys(words)"})
mistake("word_vectors", "unknown words left out", "An unknown word is left out by you; here it should be a KeyError.",
        word_vectors, {"for word in words": "for word in words if word in vocabulary"})


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
mistake("same_class_share", "one neighbour too many",
        "You look at k + 1 neighbours of each word.", same_class_share, {":k]": ": k + 1]"})
mistake("same_class_share", "always five neighbours", "You look at 5 neighbours whatever k says.", same_class_share, {":k]": ":5]"})
mistake("same_class_share", "any of them",
        "You count words that have at least one neighbour of their class; what is asked is the share among all neighbours.",
        same_class_share, {"np.mean(classes[neighbours] == classes[:, None])":
                           "np.mean(np.any(classes[neighbours] == classes[:, None], axis=1))"})
mistake("same_class_share", "the least similar",
        "argsort goes from the smallest to the greatest: you count the least similar words.",
        same_class_share, {"-np.inf": "np.inf", "np.argsort(-similarities": "np.argsort(similarities"})
mistake("same_class_share", "dot products",
        "You rank by dot products, which grow with the lengths; the cosine looks at directions alone.",
        same_class_share, {"cosine_similarity(vectors, vectors)": "vectors @ vectors.T"})
mistake("same_class_share", "classes weigh alike",
        "You average over the classes; the share is among all pairs of a word and a neighbour.",
        same_class_share, {"np.mean(classes[neighbours] == classes[:, None])":
                           "np.mean([np.mean(classes[neighbours[classes == one]] == one) for one in np.unique(classes)])"})
mistake("same_class_share", "a number of pairs", "You return how many pairs are of one class; divide by the number of all pairs.",
        same_class_share, {"np.mean(classes": "np.sum(classes"})
mistake("same_class_share", "divides vectors in place",
        "You divide the caller's vectors by their lengths in place; they are needed as they were.",
        same_class_share, {"    similarities, ":
                           "    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)\n    similarities, "})


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
mistake("pca", "projects what is not centred",
        "The axes are right, but you project X itself: its mean has to be subtracted there, too.",
        pca, {"centred @ axes[:k].T": "X @ axes[:k].T"})
mistake("pca", "one mean for all columns",
        "X.mean() is one number; every column has a mean of its own.", pca, {"X.mean(axis=0)": "X.mean()"})
mistake("pca", "scales the columns",
        "You divide by the standard deviations; PCA looks for the directions along which the points, as they are, differ most.",
        pca, {"X - X.mean(axis=0)": "(X - X.mean(axis=0)) / X.std(axis=0)"})
mistake("pca", "columns of U", "The columns of U all have the length 1; the coordinates are U times the singular values.",
        pca, {"_, sizes, axes": "U, sizes, axes", "centred @ axes[:k].T": "U[:, :k]"})
mistake("pca", "centres in place", "You subtract the mean from the caller's X in place; subtract into a new array.",
        pca, {"centred = X - X.mean(axis=0)": "X -= X.mean(axis=0)\n    centred = X"})
mistake("pca", "shares of all axes",
        "You return the shares of all axes; those of the first k are asked for.", pca, {"sizes[:k] ** 2 /": "sizes**2 /"})
mistake("pca", "running sums", "You return the shares added up; each axis has its own share.",
        pca, {"sizes[:k] ** 2 /": "np.cumsum(sizes[:k] ** 2) /"})
mistake("pca", "always two axes", "You keep two axes whatever k says.", pca, {"centred @ axes[:k].T": "centred @ axes[:2].T"})
mistake("pca", "variances for shares", "You return variances; a share is a variance divided by that of all axes together.",
        pca, {"sizes[:k] ** 2 / np.sum(sizes**2)": "sizes[:k] ** 2 / len(X)"})
