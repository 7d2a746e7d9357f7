"""Lectures 5 and 8 on real texts: the program behind real_texts.json, to run yourself.

    pip install datasets
    python real_texts.py imdb stanfordnlp/imdb         some minutes
    python real_texts.py ag_news fancyzhx/ag_news

The second argument is a name on the Hugging Face Hub, which is downloaded once, or a
folder in its layout. Only the training texts are used to make choices; a tenth of them
is kept back to draw the curves. What is measured replaces the corpus's entry in
real_texts.json, where both notebooks read it.

The network is Lecture 8's, with what matters on real texts besides:

tokens       also marks, and ratings such as 7/10; the first and the last words of a
             review once more, as tokens of their own, since that is where reviewers say
             what they think; and in the second network pairs and triples of words,
             which keep a little order
weights      a token counts in the mean for as much as it tells about the class: the
             log-count ratios of naive Bayes (Wang & Manning, 2012)
start        embeddings begin along a direction for each class, with the same ratios
dropout      also of tokens, in every step others
averaging    of the logits of five networks on words, which differ in what they make of
             rare ones; on n-grams that gains nothing
"""

import argparse
import json
import platform
import re
import time
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import sklearn
import torch
import torch.nn as nn
import torch.nn.functional as F
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

RESULTS = Path(__file__).with_suffix(".json")
# chosen on folds of the training texts of IMDB; 16 numbers are enough for each of a
# million n-grams
WORDS = {"embed_dim": 64, "token_dropout": 0.5, "dropout": 0.5, "epochs": 4,
         "batch_size": 64, "decay": True}
NGRAMS = {"embed_dim": 16, "token_dropout": 0.7, "dropout": 0.3, "epochs": 12,
          "batch_size": 128, "decay": False}


def words(text):
    """Words in lower case. Reviews of IMDB hold HTML line breaks: they are spaces."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.replace("<br />", " ").lower())


def tokens(longest, edge):
    """A function from a text to its tokens: runs of up to `longest` words or marks.

    Those of the first and the last `edge` words come again with a name of their own.
    """
    token = re.compile(r"""\d+(?:\.\d+)?/\d+|\*+|[^\W_]+(?:'[^\W_]+)*|[!?.,;:()"]""")

    def runs(said, longest, name=""):
        return [name + " ".join(said[i : i + n]) for n in range(1, longest + 1)
                for i in range(len(said) - n + 1)]

    def tokens_of(text):
        said = token.findall(text.replace("<br />", " ").lower())
        return (runs(said, longest) + runs(said[:edge], min(longest, 2), "first: ")
                + (runs(said[-edge:], min(longest, 2), "last: ") if edge else []))

    return tokens_of


def log_count_ratios(X, y):
    """How much oftener each token is in texts of a class than in others: (K, V), nats.

    Log of the ratio of its shares of all tokens, both counts plus 1.
    """
    inside = 1 + np.array([X[y == k].sum(axis=0).A1 for k in range(y.max() + 1)])
    outside = 1 + np.array([X[y != k].sum(axis=0).A1 for k in range(y.max() + 1)])
    return (np.log(inside / inside.sum(axis=1, keepdims=True))
            - np.log(outside / outside.sum(axis=1, keepdims=True)))


class Network(nn.Module):
    """Weighted mean of embeddings, one hidden layer, one logit for each class."""

    def __init__(self, ratios, embed_dim, token_dropout, dropout):
        super().__init__()
        K, V = ratios.shape
        directions = F.normalize(torch.randn(K, embed_dim))
        start = torch.tensor(ratios.T, dtype=torch.float32) @ directions
        self.embedding = nn.Parameter(0.07 * start + 0.01 * torch.randn(V, embed_dim))
        self.weights = torch.tensor(np.abs(ratios).max(axis=0), dtype=torch.float32)
        self.token_dropout = token_dropout
        self.layers = nn.Sequential(nn.Linear(embed_dim, 128), nn.ReLU(),
                                    nn.Dropout(dropout), nn.Linear(128, K))
        for layer in (self.layers[0], self.layers[3]):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)

    def forward(self, X):
        """Logits (m, K) of m texts: the tokens of each, as a sparse matrix (m, V)."""
        ids, starts = (torch.from_numpy(part).long() for part in (X.indices, X.indptr))
        lengths = starts.diff()
        shares = self.weights[ids] / lengths.repeat_interleave(lengths)
        if self.training:  # leave tokens out, and count the others for more
            kept = torch.rand(len(ids)) >= self.token_dropout
            starts = F.pad(kept.cumsum(0), (1, 0))[starts]
            ids, shares = ids[kept], shares[kept] / (1 - self.token_dropout)
        pooled = F.embedding_bag(ids, self.embedding, starts[:-1], mode="sum",
                                 sparse=True, per_sample_weights=shares)
        return self.layers(pooled)


@torch.no_grad()
def logits_of(model, X):
    """Without dropout, (m, K)."""
    model.eval()
    return torch.cat([model(X[i : i + 500]) for i in range(0, X.shape[0], 500)])


def fit(X, y, seed, epochs, batch_size, decay, validation=None, **options):
    """Train a network; the losses after each epoch if there are validation texts."""
    torch.manual_seed(seed)
    model = Network(log_count_ratios(X, y), **options)
    lr, targets, curves = 0.001, torch.tensor(y), {"training": [], "validation": []}
    optimizers = [torch.optim.SparseAdam([model.embedding], lr),  # rows that occurred
                  torch.optim.Adam(model.layers.parameters(), lr)]
    steps = epochs * -(-len(y) // batch_size)
    schedules = [torch.optim.lr_scheduler.LambdaLR(o, lambda t: 1 - decay * t / steps)
                 for o in optimizers]
    for epoch in range(1, epochs + 1):
        model.train()
        for batch in torch.randperm(len(y)).split(batch_size):
            loss = F.cross_entropy(model(X[batch.numpy()]), targets[batch])
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for part in (*optimizers, *schedules):
                part.step()
        if validation is not None:
            for name, (Z, labels) in (("training", (X, y)), ("validation", validation)):
                loss = F.cross_entropy(logits_of(model, Z), torch.tensor(labels))
                curves[name].append(round(loss.item(), 4))
        print(f"\r  network {seed}: epoch {epoch} of {epochs} ", end="", flush=True)
    return model, curves


def nine_tenths(m):
    """Indices of nine tenths of m texts, and of the others, drawn at random."""
    return np.split(np.random.default_rng(0).permutation(m), [m * 9 // 10])


def measure(training, test, analyzer, recipe, seeds, members=1):
    """Networks from several seeds, each the mean of so many members."""
    (texts, y), (new_texts, new_y) = training, test
    print("counting tokens ...", end="", flush=True)
    vectorizer = CountVectorizer(analyzer=analyzer, min_df=2, binary=True)
    X = vectorizer.fit_transform(texts).sorted_indices()
    X_new = vectorizer.transform(new_texts)
    rest, kept = nine_tenths(len(y))
    _, curves = fit(X[rest], y[rest], 0, **recipe, validation=(X[kept], y[kept]))
    accuracies, seconds, K = [], [], int(y.max()) + 1
    for seed in range(seeds):
        start = time.perf_counter()
        models = [fit(X, y, seed * members + i, **recipe)[0] for i in range(members)]
        seconds.append(round(time.perf_counter() - start, 1))
        logits = torch.stack([logits_of(model, X_new) for model in models]).mean(dim=0)
        predicted = logits.argmax(dim=1).numpy()
        accuracies.append(round(float((predicted == new_y).mean()), 4))
        if seed == 0:
            confusion = np.bincount(new_y * K + predicted, minlength=K * K)
    print(f"\r{X.shape[1]:,} tokens, accuracies of the network {accuracies} ")
    return {"tokens": X.shape[1], "accuracies": accuracies, "seconds": seconds,
            "confusion": confusion.reshape(K, K).tolist(), "curves": curves}


def measure_linear(training, test):
    """Logistic regression on counts of words; its C is chosen on a tenth of them."""
    (texts, y), (new_texts, new_y) = training, test
    print("logistic regression ...", end="", flush=True)
    vectorizer = CountVectorizer(analyzer=words, min_df=2)
    X, X_new = vectorizer.fit_transform(texts), vectorizer.transform(new_texts)
    rest, kept = nine_tenths(len(y))

    def linear(C, rows):
        return LogisticRegression(C=C, max_iter=1000).fit(X[rows], y[rows])

    best = max((0.01, 0.03, 0.1, 0.3, 1.0),
               key=lambda C: linear(C, rest).score(X[kept], y[kept]))
    score = linear(best, slice(None)).score(X_new, new_y)
    print(f"\r{X.shape[1]:,} words, accuracy of logistic regression {score:.4f}")
    return {"tokens": X.shape[1], "accuracies": [round(score, 4)], "C": best}


def digest(content):
    """SHA-256 of bytes, in hexadecimal digits."""
    return sha256(content).hexdigest()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", choices=["imdb", "ag_news"])
    parser.add_argument("source", help="a name on the Hub, or a folder in its layout")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    from datasets import load_dataset  # pip install datasets

    torch.set_num_threads(1)
    parts = load_dataset(options.source)
    training, test = ((list(parts[name]["text"]), np.array(parts[name]["label"]))
                      for name in ("train", "test"))
    longest, edge = {"imdb": (3, 30), "ag_news": (2, 0)}[options.corpus]
    found = {
        "logistic regression": measure_linear(training, test),
        "network on words": measure(training, test, tokens(1, edge), WORDS,
                                    options.seeds, members=5),
        "network on n-grams": measure(training, test, tokens(longest, edge), NGRAMS,
                                      options.seeds),
    }
    about = {
        "training texts": np.bincount(training[1]).tolist(),
        "test texts": np.bincount(test[1]).tolist(),
        "sha256 of the texts": digest("\0".join(training[0] + test[0]).encode()),
        "sha256 of real_texts.py": digest(Path(__file__).read_bytes()),
        "measured": date.today().isoformat(), "seeds": options.seeds,
        "versions": {"python": platform.python_version(), "numpy": np.__version__,
                     "torch": torch.__version__, "scikit-learn": sklearn.__version__},
    }
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results[options.corpus] = {"about": about, **found}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
