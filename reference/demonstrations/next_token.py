"""A preview of language models: predict the next word, with the classifier's own loss.

Every position of a text is an example, the words before it are the input, the word itself is the class. Four
kinds of model are compared by perplexity on new texts: all words equally likely, words by their frequency,
counted n-grams (with a sensible fallback, `CountedLanguageModel`), and a small neural network.

All of them share one vocabulary, in which rare words are <unk>, itself a word to be predicted. Perplexities
can be compared only where that is so.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from reference.demonstrations.trained import reviews_corpus
from reference.language_model import (
    CountedLanguageModel,
    NeuralLanguageModel,
    contexts_and_targets,
    perplexity,
)
from reference.optimizers import Adam
from reference.table import format_table
from reference.text import Vocabulary, tokenize_all
from reference.training import train

ORDERS = (2, 3)


@dataclass(frozen=True)
class NextToken:
    """What `measure` returns.

    Attributes
    ----------
    vocab_size : int
    train_words, test_words : int
    perplexity : dict of str to float
        Model -> perplexity on the test texts.
    accuracy : dict of int to float
        n -> how often the neural model's likeliest word is the right one.
    completions : dict of str to list of (str, float)
        Two words -> the neural trigram model's three likeliest next words with their probabilities.
    """

    vocab_size: int
    train_words: int
    test_words: int
    perplexity: dict
    accuracy: dict
    completions: dict


@dataclass(frozen=True, eq=False)
class LanguageData:
    """Vocabulary and encoded texts that all models of one run share."""

    vocabulary: Vocabulary
    train_documents: list
    test_documents: list


@lru_cache(maxsize=4)
def language_data(train_size, max_vocab, seed, test_size=200):
    """Reviews as ids of the most frequent words."""
    corpus = reviews_corpus(train_size, test_size, seed)
    token_lists = tokenize_all(corpus.train_texts)
    vocabulary = Vocabulary.build(token_lists, min_count=2, max_size=max_vocab)
    return LanguageData(vocabulary, vocabulary.encode_all(token_lists),
                        vocabulary.encode_all(tokenize_all(corpus.test_texts)))


@lru_cache(maxsize=8)
def train_models(n, train_size, max_vocab, seed, epochs=4):
    """Both kinds of n-gram model on the same texts.

    Returns
    -------
    counted : CountedLanguageModel
    neural : NeuralLanguageModel
    """
    data = language_data(train_size, max_vocab, seed)
    X, y = contexts_and_targets(data.train_documents, n)
    rng = np.random.default_rng(seed)
    neural = NeuralLanguageModel(len(data.vocabulary), n, rng)
    train(neural, Adam(0.01), X, y, epochs, 128, rng)
    return CountedLanguageModel(X, y, len(data.vocabulary)), neural


def measure(train_size=1000, max_vocab=1000, seed=0, prompts=("the plot", "i saw", "acting is")):
    """Train the models and measure them on new texts.

    Parameters
    ----------
    train_size : int
        Reviews, of about 45 words each.
    max_vocab, seed : int
    prompts : sequence of str
        Two known words each.

    Returns
    -------
    NextToken
    """
    data = language_data(train_size, max_vocab, seed)
    V = len(data.vocabulary)
    X1, y = contexts_and_targets(data.test_documents, 1)
    by_frequency = CountedLanguageModel(*contexts_and_targets(data.train_documents, 1), V)
    result = {"all words alike": perplexity(np.full(len(y), -np.log(V))),
              "by frequency": perplexity(by_frequency.log_probabilities(X1, y))}
    accuracy = {}
    for n in ORDERS:
        X, y = contexts_and_targets(data.test_documents, n)
        counted, neural = train_models(n, train_size, max_vocab, seed)
        result[f"counted, n = {n}"] = perplexity(counted.log_probabilities(X, y))
        result[f"neural, n = {n}"] = perplexity(neural.log_probabilities(X, y))
        accuracy[n] = float(np.mean(neural.decide(neural.logits(X)) == y))
    return NextToken(
        vocab_size=V,
        train_words=sum(map(len, data.train_documents)),
        test_words=len(y),
        perplexity=result,
        accuracy=accuracy,
        completions={prompt: _complete(neural, data.vocabulary, prompt) for prompt in prompts},
    )


def _complete(neural, vocabulary, prompt, k=3):
    context = vocabulary.encode(prompt.split())[None, :]
    P = np.exp([neural.log_probabilities(context, np.array([w]))[0] for w in range(len(vocabulary))])
    return [(vocabulary.tokens[w], float(P[w])) for w in np.argsort(-P, kind="stable")[:k]]


def main(**options):
    """Print what `measure` finds; options are those of `measure`."""
    r = measure(**options)
    print(f"{r.train_words:,} words to learn from, {r.test_words:,} to predict, "
          f"vocabulary {r.vocab_size:,}\n")
    print(format_table(["model", "perplexity"], [[name, f"{p:.1f}"] for name, p in r.perplexity.items()]))
    print("\nThe neural model's first guess is right for " +
          ", ".join(f"{a:.0%} (n = {n})" for n, a in r.accuracy.items()) + " of the words.")
    for prompt, words in r.completions.items():
        print(f"  {prompt} ... " + ", ".join(f"{word} {p:.2f}" for word, p in words))


if __name__ == "__main__":
    main()
