"""The pictures that notebooks show ready-made: each function takes nothing and returns a figure.

The build draws them (the key `figures` in a notebook's header), for two reasons: their drawing code would only distract,
and students have yet to write the classifier that `sentence_flow` looks into.
"""

from reference.demonstrations.trained import train_on_reviews
from reference.embeddings import embedding_forward
from reference.figures.computation_graph import draw_computation_graph
from reference.figures.mlp_diagram import draw_mlp
from reference.figures.pooling import plot_pooling
from reference.figures.text_flow import draw_text_flow
from reference.text import tokenize

FLOW = "The story is simple, but the acting is wonderful."  # "simple" is <unk>
POOLED = "The plot is dull, but the acting is truly wonderful."
DIMENSIONS = slice(24, 32)  # of the embeddings, where several words win a maximum


def tiny_network():
    """The network that exercise 1 begins with: 2 -> 3 -> 1."""
    return draw_mlp([2, 3, 1])


def classifier_network():
    """The lecture's classifier from the pooled embedding on: 64 -> 128 -> 1, with the shape of everything."""
    return draw_mlp([64, 128, 1])


def neuron_graph():
    """The neuron whose chain rule the lecture computes, as a graph with all numbers."""
    return draw_computation_graph(w=0.5, x=3.0, b=-1.0)


def sentence_flow():
    """A sentence on its way through a trained classifier: tokens, ids, embeddings, pooled, hidden, probability."""
    trained = _trained()
    return draw_text_flow(trained.model, trained.vocabulary, FLOW, trained.corpus.label_names)


def pooling_compared():
    """Eight dimensions of a sentence's trained embeddings, under mean and under max pooling."""
    trained = _trained()
    words = tokenize(POOLED)
    X = embedding_forward(trained.model.params["E"], trained.vocabulary.encode(words))
    return plot_pooling(X[:, DIMENSIONS], words)


def _trained():
    return train_on_reviews(train_size=2000, test_size=100, seed=1)
