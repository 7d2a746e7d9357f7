"""Measure the embedded corpora: speed, vocabulary, balance, and how a linear model and the network fare.

    python -m tests.benchmarks.corpora                  both corpora, seeds 0 to 3, a table
    python -m tests.benchmarks.corpora --json           the same, and one JSON object on the last line

For each seed a corpus of the default size is written; logistic regression on word counts (scikit-learn, C =
1) and the lecture's classifier are trained on its 4,000 texts and tested on its 1,000:

    embeddings of 64 dimensions -> mean -> linear, ReLU, 128 -> dropout 0.3 -> linear -> sigmoid or softmax

Adam, learning rate 0.003, batches of 32, 10 epochs, weights and embeddings as PyTorch initialises them, words
that occur at least twice. The network is written here in PyTorch, apart from reference/, so that the corpora
can be measured alone.
"""

import argparse
import json
import re
import statistics
import time
from collections import Counter

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

from reference.datasets.text import load_ag_news, load_imdb

LOADERS = {"reviews": load_imdb, "news": load_ag_news}
TOKEN = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")


def tokenize(text):
    """Split a text into lower-case words."""
    return TOKEN.findall(text.lower())


def linear_predictions(corpus):
    """Predict the test labels by logistic regression on word counts."""
    counter = CountVectorizer(tokenizer=tokenize, token_pattern=None)
    model = LogisticRegression(max_iter=1000).fit(
        counter.fit_transform(corpus.train_texts), corpus.train_labels
    )
    return model.predict(counter.transform(corpus.test_texts))


class MeanPoolClassifier(torch.nn.Module):
    """The lecture's network; token 0 is padding, 1 is any unknown word."""

    def __init__(self, vocabulary_size, n_outputs, width=64, hidden=128, dropout=0.3):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, width, padding_idx=0)
        self.head = torch.nn.Sequential(
            torch.nn.Linear(width, hidden),
            torch.nn.ReLU(),
            torch.nn.Dropout(dropout),
            torch.nn.Linear(hidden, n_outputs),
        )

    def forward(self, tokens):
        """Map tokens, (m, longest), to logits, (m, n_outputs)."""
        lengths = (tokens > 0).sum(1, keepdim=True).clamp(min=1)
        return self.head(self.embedding(tokens).sum(1) / lengths)


def network_predictions(corpus, seed, epochs, lr, batch_size=32):
    """Train the lecture's network and predict the test labels."""
    torch.manual_seed(seed)
    counts = Counter(word for text in corpus.train_texts for word in tokenize(text))
    index = {word: i + 2 for i, word in enumerate(word for word, n in counts.most_common() if n >= 2)}

    def encode(texts):
        rows = [[index.get(word, 1) for word in tokenize(text)] for text in texts]
        out = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for i, row in enumerate(rows):
            out[i, : len(row)] = torch.tensor(row)
        return out

    train, test, y = encode(corpus.train_texts), encode(corpus.test_texts), torch.tensor(corpus.train_labels)
    binary = len(corpus.label_names) == 2
    model = MeanPoolClassifier(len(index) + 2, 1 if binary else len(corpus.label_names))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for _ in range(epochs):
        for batch in torch.randperm(len(train)).split(batch_size):
            logits = model(train[batch])
            if binary:
                loss = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0], y[batch].float())
            else:
                loss = torch.nn.functional.cross_entropy(logits, y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        logits = model(test)
    return (logits[:, 0] > 0).long().numpy() if binary else logits.argmax(1).numpy()


def error_rates(corpus, predictions):
    """Return the error rate among plain texts, planted texts and the texts of each phenomenon."""
    wrong = predictions != corpus.test_labels
    groups = {"plain": lambda marks: not marks, "planted": bool}
    for phenomenon in sorted(set().union(*corpus.test_phenomena)):
        groups[phenomenon] = lambda marks, phenomenon=phenomenon: phenomenon in marks
    return {
        name: float(wrong[[belongs(m) for m in corpus.test_phenomena]].mean())
        for name, belongs in groups.items()
    }


def measure(name, seed, epochs, lr):
    """Return one seed's figures for one corpus as a flat dict."""
    start = time.perf_counter()
    corpus = LOADERS[name](seed=seed)
    seconds = time.perf_counter() - start
    n_texts = len(corpus.train_texts) + len(corpus.test_texts)
    predictions = {
        "linear": linear_predictions(corpus),
        "network": network_predictions(corpus, seed, epochs, lr),
    }
    figures = {
        "texts_per_second": n_texts / seconds,
        "vocabulary": len({word for text in corpus.train_texts for word in tokenize(text)}),
        "words_per_text": statistics.mean(len(tokenize(text)) for text in corpus.train_texts),
        "smallest_class_share": float(np.bincount(corpus.train_labels).min() / len(corpus.train_labels)),
    }
    for model, predicted in predictions.items():
        figures[f"{model}_accuracy"] = float((predicted == corpus.test_labels).mean())
        figures |= {f"{model}_error_{group}": rate for group, rate in error_rates(corpus, predicted).items()}
    return figures


def main():
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", choices=[*LOADERS, "both"], default="both")
    parser.add_argument(
        "--seeds", type=int, default=4, help="seeds 0 .. SEEDS-1, of the corpus and of the network"
    )
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    args = parser.parse_args()
    names = list(LOADERS) if args.corpus == "both" else [args.corpus]
    jobs = [(name, seed) for name in names for seed in range(args.seeds)]
    figures = {job: measure(*job, args.epochs, args.lr) for job in tqdm(jobs, unit="corpus")}
    for name in names:
        rows = [figures[name, seed] for seed in range(args.seeds)]
        print(f"\n{name}" + "".join(f"{f'seed {seed}':>10}" for seed in range(args.seeds)) + f"{'mean':>10}")
        for key in rows[0]:
            values = [row[key] for row in rows]
            digits = 0 if values[0] > 100 else 3
            cells = "".join(f"{value:>10.{digits}f}" for value in (*values, statistics.mean(values)))
            print(f"{key:<28}{cells}")
    if args.json:
        print(json.dumps({name: [figures[name, seed] for seed in range(args.seeds)] for name in names}))


if __name__ == "__main__":
    main()
