"""The classifier that several demonstrations look at: trained on the reviews, once for each setting."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from reference.classifier import TextClassifier
from reference.datasets.corpus import Corpus
from reference.datasets.text import load_imdb
from reference.optimizers import Adam
from reference.text import Vocabulary, tokenize_all
from reference.training import train


@dataclass(frozen=True, eq=False)
class TrainedClassifier:
    """A classifier with all that it takes to apply it to a text.

    Attributes
    ----------
    corpus : Corpus
    vocabulary : Vocabulary
    model : TextClassifier
    max_ngram : int
        1 if it sees words only.
    """

    corpus: Corpus
    vocabulary: Vocabulary
    model: TextClassifier
    max_ngram: int

    def encode(self, texts):
        """Texts to lists of token ids."""
        return self.vocabulary.encode_all(tokenize_all(texts, self.max_ngram))

    def logits(self, texts):
        """The logit of each text, shape (m,); above 0 means positive."""
        return self.model.logits(self.encode(texts))[:, 0]

    def errors(self, texts, labels):
        """Which texts are classified wrongly, bool of shape (m,)."""
        return self.model.predict(self.encode(texts)) != np.asarray(labels)


@lru_cache(maxsize=8)
def reviews_corpus(train_size, test_size, seed):
    """The embedded reviews, written once for each size and seed."""
    return load_imdb(train_size=train_size, test_size=test_size, seed=seed)


@lru_cache(maxsize=16)
def train_on_reviews(train_size=4000, test_size=4000, seed=0, pooling="mean", max_ngram=1, max_vocab=None,
                     embed_dim=32, epochs=4):
    """Train the lecture's classifier, a little smaller and faster.

    Parameters
    ----------
    train_size, test_size, seed : int
        Of the embedded reviews; the seed also draws the initial weights and the batches.
    pooling : {"mean", "max"}
    max_ngram : int
        2 adds pairs of words to the vocabulary.
    max_vocab : int or None
        Rows of E at most; words that occur once in the training texts are left out in any case.
    embed_dim, epochs : int

    Returns
    -------
    TrainedClassifier
    """
    corpus = reviews_corpus(train_size, test_size, seed)
    token_lists = tokenize_all(corpus.train_texts, max_ngram)
    vocabulary = Vocabulary.build(token_lists, min_count=2, max_size=max_vocab)
    rng = np.random.default_rng(seed)
    model = TextClassifier.with_random_embeddings(len(vocabulary), 2, rng, embed_dim, hidden=32,
                                                  pooling=pooling)
    train(model, Adam(0.01), vocabulary.encode_all(token_lists), corpus.train_labels, epochs, 32, rng)
    return TrainedClassifier(corpus, vocabulary, model, max_ngram)
