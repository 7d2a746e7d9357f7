"""Exercise 5 as classes hand it in: correct solutions that look different, other models, and work that nobody asked for.

`CORRECT` must earn full points. `MODELS` and `PREDICTIONS` are sources of `train_model` and, where it differs too,
`predict_proba`: text, because nothing outside a student process should train or run them.
"""
# ruff: noqa: F811  (an alternative has the reference function's name; the decorator gives the name back)

import math
import re
from collections import Counter

import numpy as np

from autograder.testing import Alternatives
from reference.error_analysis import (
    categorise,
    confusion_matrix,
    error_rates,
    misclassified,
    most_confused,
    paired_bootstrap,
    precision_recall_f1,
    standard_error,
    telling_words,
    tokenize,
)

CORRECT = Alternatives()
correct = CORRECT.correct


@correct("confusion", "loop over the examples")
def confusion_matrix(y_true, y_pred, n_classes):
    C = np.zeros((n_classes, n_classes), dtype=np.int32)
    for t, p in zip(y_true, y_pred):
        C[t, p] += 1
    return C


@correct("confusion", "one-hot matrices")
def confusion_matrix(y_true, y_pred, n_classes):
    eye = np.eye(n_classes, dtype=int)
    return eye[y_true].T @ eye[y_pred]


@correct("precision_recall", "class by class")
def precision_recall_f1(matrix):
    precision, recall, f1 = [], [], []
    for k in range(len(matrix)):
        hits, column, row = matrix[k][k], sum(matrix[:, k]), sum(matrix[k])
        precision.append(hits / column if column else 0.0)
        recall.append(hits / row if row else 0.0)
        total = column + row
        f1.append(2 * hits / total if total and hits else 0.0)
    return np.array(precision), np.array(recall), np.array(f1)


@correct("precision_recall", "nan replaced by 0")
def precision_recall_f1(matrix):
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.nan_to_num(np.diag(matrix) / matrix.sum(axis=0))
        r = np.nan_to_num(np.diag(matrix) / matrix.sum(axis=1))
        return [p, r, np.nan_to_num(2 / (1 / p + 1 / r))]


@correct("standard_error", "standard deviation over the root of m")
def standard_error(right):
    return np.std(right) / math.sqrt(len(right))


@correct("standard_error", "by counting")
def standard_error(right):
    m = len(right)
    p = sum(1 for one in right if one) / m
    return (p * (1 - p) / m) ** 0.5


@correct("misclassified", "sorted with a key")
def misclassified(y_true, probabilities):
    wrong = [i for i, row in enumerate(probabilities) if row.argmax() != y_true[i]]
    return np.array(sorted(wrong, key=lambda i: probabilities[i].max(), reverse=True), dtype=int)


@correct("misclassified", "sort everything, then pick")
def misclassified(y_true, probabilities):
    order = probabilities.max(axis=1).argsort()[::-1]
    return [int(i) for i in order if probabilities[i].argmax() != y_true[i]]


@correct("telling_words", "a set of words for each text")
def telling_words(texts, in_group, min_texts=5):
    sets = [set(tokenize(text)) for text in texts]
    A = sum(map(bool, in_group))
    B = len(texts) - A
    scores = {}
    a, b = Counter(), Counter()
    for words, member in zip(sets, in_group):
        for word in words:
            if member:
                a[word] += 1
            else:
                b[word] += 1
    for word in set(a) | set(b):
        if a[word] + b[word] >= min_texts:
            scores[word] = math.log((a[word] + 1) / (A + 2)) - math.log((b[word] + 1) / (B + 2))
    return scores


@correct("telling_words", "a matrix of who holds what")
def telling_words(texts, in_group, min_texts=5):
    sets = [set(tokenize(text)) for text in texts]
    group = np.asarray(in_group, dtype=bool)
    counts = Counter(word for words in sets for word in words)
    inside = Counter(word for words, member in zip(sets, group) for word in words if member)
    kept = [word for word, count in counts.items() if not count < min_texts]
    a = np.array([inside[word] for word in kept], dtype=float)
    b = np.array([counts[word] for word in kept]) - a
    values = np.log((a + 1) * (np.sum(~group) + 2) / ((b + 1) * (np.sum(group) + 2)))
    return dict(zip(kept, values))


@correct("categorise", "points for signs")
def categorise(texts, word_scores):
    mood = """grim bleak dark brutal cold ominous savage menacing harsh sinister chilling stark eerie merciless gloomy sweet
        gentle cosy cheerful silly sunny playful cuddly breezy bubbly jolly tender goofy giddy""".split()
    strong = "utterly completely absolutely totally overwhelmingly immensely staggeringly supremely".split()
    deniers = "not never hardly scarcely way from but about isn't didn't don't".split()
    phrases = {
        "sarcasm": ["just what i needed", "thank you,", "surely the", ", how very", "exclaim", "deserves a prize"],
        "contrast": ["but ended", ", but then", "turns out", "but i got", "it becomes", "although", "what seemed", "; i thought",
                     "i wanted to"],
    }
    names = []
    for text in texts:
        words, lower = tokenize(text), text.lower()
        opinion = [word if abs(word_scores.get(word, 0)) > 1.5 and word not in mood else "" for word in words]
        points = Counter()
        for name, signs in phrases.items():
            points[name] += 5 * sum(sign in lower for sign in signs)
        points["sarcasm"] += 5 * bool(re.search(r"\bhow \w+ of ", lower))
        points["intensifier"] += 4 * any(word in strong for word in words)
        for i, word in enumerate(words):
            if word in deniers and any(opinion[i + 1 : i + 4]):
                plain_but = word == "but" and words[i - 1 : i] != ["anything"]
                far = word == "from" and words[i - 1 : i] != ["far"]
                way = word == "way" and words[i - 1 : i] != ["no"]
                about = word == "about" and words[i - 1 : i] != ["nothing"]
                points["negation"] += 3 * (not (plain_but or far or way or about))
            if words[i : i + 2] == ["does", "not"] or words[i : i + 4] == ["i", "did", "not", "find"]:
                points["negation"] += 3
        if {word_scores[word] > 0 for word in opinion if word} == {True, False}:
            points["mixed"] += 2
        if sum(word in mood for word in set(words)) >= 3 and sum(map(bool, opinion)) <= 1:
            points["genre"] += 2
        made_up = [word for word in re.findall(r"(?<![\w'])[a-z]{5,}", text) if word not in word_scores]
        points["unknown"] += 1 if made_up and not any(word in mood for word in words) else 0
        name, most = max(points.items(), key=lambda pair: pair[1])
        names.append(name if most else "plain")
    return names


@correct("error_rates", "two counters")
def error_rates(categories, wrong):
    texts = Counter(categories)
    errors = Counter(category for category, error in zip(categories, wrong) if error)
    return {name: (count, errors[name], errors[name] / count) for name, count in texts.items()}


@correct("error_rates", "NumPy masks")
def error_rates(categories, wrong):
    categories = np.array(categories)
    return {
        str(name): (np.sum(categories == name), np.sum(wrong[categories == name]), np.mean(wrong[categories == name]))
        for name in np.unique(categories)
    }


@correct("paired_bootstrap", "all samples at once")
def paired_bootstrap(right_a, right_b, rng, draws=1000):
    m = len(right_a)
    gain = right_b.astype(int) - right_a.astype(int)
    means = gain[rng.choice(m, size=(draws, m))].mean(axis=1)
    return tuple(np.percentile(means, [2.5, 97.5]))


@correct("paired_bootstrap", "loop and sort")
def paired_bootstrap(right_a, right_b, rng, draws=1000):
    differences = []
    for _ in range(draws):
        rows = rng.integers(0, len(right_a), len(right_a))
        differences.append(right_b[rows].mean() - right_a[rows].mean())
    differences.sort()
    return differences[int(0.025 * (draws - 1))], differences[math.ceil(0.975 * (draws - 1))]


@correct("most_confused", "two loops")
def most_confused(matrix):
    best, pair = -1.0, None
    for i in range(len(matrix)):
        for j in range(len(matrix)):
            if i != j and matrix[i].sum() > 0 and matrix[i, j] / matrix[i].sum() > best:
                best, pair = matrix[i, j] / matrix[i].sum(), (i, j)
    return pair


@correct("most_confused", "diagonal set to 0 in a copy")
def most_confused(matrix):
    rows = matrix.sum(axis=1).clip(min=1)
    wrong = matrix - np.diag(np.diag(matrix))
    flat = (wrong / rows[:, None]).argmax()
    return flat // len(matrix), flat % len(matrix)


MODELS = {
    "a recurrent network": '''
def train_model(texts, labels, n_classes):
    class Recurrent(nn.Module):
        def __init__(self, n_words):
            super().__init__()
            self.embedding = nn.Embedding(n_words, 32, padding_idx=0)
            nn.init.normal_(self.embedding.weight[2:], std=0.1)
            self.gru = nn.GRU(32, 32, batch_first=True, bidirectional=True)
            self.dropout = nn.Dropout(0.4)
            self.output = nn.Linear(64, n_classes)

        def forward(self, ids):
            if self.training:
                ids = torch.where((torch.rand(ids.shape) < 0.2) & (ids != 0), 1, ids)
            lengths = (ids != 0).sum(dim=1)
            packed = nn.utils.rnn.pack_padded_sequence(
                self.dropout(self.embedding(ids)), lengths, batch_first=True, enforce_sorted=False)
            states, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True, padding_value=-1.0)
            return self.output(self.dropout(states.amax(dim=1)))

    torch.manual_seed(1)
    words = build_vocabulary(texts)
    network = Recurrent(len(words) + 2)
    fit(network, texts, labels, words, epochs=8)
    return network, words
''',
    "the pooled classifier for reviews, counting for news": '''
def train_model(texts, labels, n_classes):
    if n_classes == 2:
        torch.manual_seed(0)
        vocabulary = build_vocabulary(texts)
        network = PooledClassifier(len(vocabulary) + 2, n_classes)
        fit(network, texts, labels, vocabulary, epochs=10)
        return lambda texts: probabilities_of(network, texts, vocabulary)
    holding = [Counter(w for text, y in zip(texts, labels) if y == k for w in set(tokenize(text))) for k in range(n_classes)]
    sizes = np.bincount(labels, minlength=n_classes)

    def proba(texts):
        z = np.zeros((len(texts), n_classes))
        for row, text in zip(z, texts):
            for word in set(tokenize(text)):
                row += [np.log((counts[word] + 1) / (size + 2)) for counts, size in zip(holding, sizes)]
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    return proba
''',
    "the given classifier": '''
def train_model(texts, labels, n_classes):
    torch.manual_seed(0)
    vocabulary = build_vocabulary(texts)
    network = PooledClassifier(len(vocabulary) + 2, n_classes)
    fit(network, texts, labels, vocabulary, epochs=10)
    return network, vocabulary
''',
    "naive Bayes without a framework": '''
def train_model(texts, labels, n_classes):
    """Bernoulli naive Bayes over words and pairs of words; the vocabulary maps each to a column of log odds."""
    def features(text):
        words = tokenize(text)
        return set(words) | set(zip(words, words[1:]))

    holding = [Counter(f for text, y in zip(texts, labels) if y == k for f in features(text)) for k in range(n_classes)]
    sizes = np.bincount(labels, minlength=n_classes)
    kept = {f for counts in holding for f, n in counts.items() if n >= 2}
    weights = {f: np.array([np.log((c[f] + 0.5) / (n + 1)) for c, n in zip(holding, sizes)]) for f in kept}

    def proba(texts):
        z = np.array([sum((weights[f] for f in features(text) if f in weights), np.zeros(n_classes)) for text in texts])
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    return proba
''',
    "never trained": '''
def train_model(texts, labels, n_classes):
    vocabulary = build_vocabulary(texts)
    return PooledClassifier(len(vocabulary) + 2, n_classes), vocabulary
''',
    "trains for ever": '''
def train_model(texts, labels, n_classes):
    torch.manual_seed(0)
    vocabulary = build_vocabulary(texts)
    network = PooledClassifier(len(vocabulary) + 2, n_classes)
    while True:
        fit(network, texts, labels, vocabulary, epochs=1)
    return network, vocabulary
''',
    "always positive": '''
def train_model(texts, labels, n_classes):
    return n_classes
''',
    "knows the training texts by heart": '''
def train_model(texts, labels, n_classes):
    return dict(zip(texts, labels.tolist())), n_classes
''',
    "asks for more memory than there is": '''
def train_model(texts, labels, n_classes):
    return torch.zeros(40_000, 40_000).double() + 1
''',
}

PREDICTIONS = {
    "naive Bayes without a framework": "def predict_proba(model, texts):\n    return model(texts)\n",
    "the pooled classifier for reviews, counting for news": "def predict_proba(model, texts):\n    return model(texts)\n",
    "always positive": (
        "def predict_proba(model, texts):\n    rows = np.zeros((len(texts), model))\n    rows[:, -1] = 1\n    return rows\n"
    ),
    "knows the training texts by heart": '''
def predict_proba(model, texts):
    known, n_classes = model
    return np.eye(n_classes)[[known.get(text, 0) for text in texts]]
''',
    "dropout left on": '''
def predict_proba(model, texts):
    network, words = model
    network.train()
    with torch.no_grad():
        return sum(network(encode(texts, words)).softmax(dim=1).numpy() for _ in range(5)) / 5
''',
    "logits for probabilities": '''
def predict_proba(model, texts):
    network, words = model
    network.eval()
    with torch.no_grad():
        return network(encode(texts, words)).numpy()
''',
}
