"""The bar to clear: Lecture 1's logistic regression on word counts, with the same words as the network.

It sees how often each word (or n-gram) occurs and knows one weight for each, learned with an L2 penalty. A
neural network that does not beat it has not earned its hidden layer.
"""

from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from reference.text import tokenize


def train_baseline(texts, labels, C=0.05, max_ngram=1, tfidf=False, min_count=2, max_features=None):
    """Fit logistic regression on bags of words.

    Parameters
    ----------
    texts : sequence of str
    labels : sequence of int
        Two classes or more.
    C : float
        Inverse strength of the L2 penalty; for counts small values do well, for TF-IDF try 10.
    max_ngram : int
        Longest run of words that is counted: 1 for words only.
    tfidf : bool
        Weigh each count by how rare the word is.
    min_count : int
        A word must occur in this many documents.
    max_features : int or None
        Keep only the most frequent ones.

    Returns
    -------
    sklearn.pipeline.Pipeline
        With `predict(texts)`, `predict_proba(texts)` and `score(texts, labels)`, the last being the accuracy.
    """
    vectorizer = (TfidfVectorizer if tfidf else CountVectorizer)(
        tokenizer=tokenize, token_pattern=None, lowercase=False,  # tokenize does that
        ngram_range=(1, max_ngram), min_df=min_count, max_features=max_features,
    )
    return make_pipeline(vectorizer, LogisticRegression(C=C, max_iter=1000)).fit(texts, labels)
