"""Model solutions of @NAME@. What stands between the markers is what students write; the rest they are given."""

from collections import Counter


def word_counts(text):
    """How often each word is in a text.

    Parameters
    ----------
    text : str

    Returns
    -------
    dict of str to int
        Word in lower case -> how often.
    """
    ### BEGIN SOLUTION
    return dict(Counter(text.lower().split()))
    ### END SOLUTION


def most_frequent(text, k):
    """The k most frequent words of a text.

    Parameters
    ----------
    text : str
    k : int

    Returns
    -------
    list of str
        The most frequent first; those that are there equally often by the alphabet. All of them if there are fewer.
    """
    ### BEGIN SOLUTION
    counts = word_counts(text)
    return sorted(counts, key=lambda word: (-counts[word], word))[:k]
    ### END SOLUTION
