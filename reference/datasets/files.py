"""The embedded corpora as files, which is how students get them: texts and labels, never the grammar.

A corpus is generated once from a seed and cut into splits; each split becomes a CSV file with the columns text and
label. `load_split` is the reader that notebooks carry: it reads such files or, by one setting, a real corpus.
"""

import csv
from pathlib import Path

import numpy as np

from reference.datasets.news import generate_news
from reference.datasets.reviews import generate_reviews

GENERATORS = {"reviews": generate_reviews, "news": generate_news}


def generated_splits(name, seed, **sizes):
    """Generate a corpus and cut it into splits.

    Parameters
    ----------
    name : str
        A key of GENERATORS.
    seed : int
    **sizes : int
        Name of each split -> number of its texts.

    Returns
    -------
    dict of str to (tuple of str, ndarray of int64, tuple of frozenset of str)
        For each split its texts, labels and planted phenomena. No text is in two splits.

    Raises
    ------
    ValueError
        If there is no such corpus.
    """
    if name not in GENERATORS:
        raise ValueError(f"no embedded corpus is called {name!r}: there is {', '.join(GENERATORS)}")
    corpus = GENERATORS[name](train_size=sum(sizes.values()), test_size=0, seed=seed)
    splits, start = {}, 0
    for split, size in sizes.items():
        part = slice(start, start + size)
        splits[split] = corpus.train_texts[part], corpus.train_labels[part], corpus.train_phenomena[part]
        start += size
    return splits


def write_splits(folder, name, seed, **sizes):
    """Write a generated corpus as `folder`/SPLIT.csv, one file for each split; see `generated_splits`."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for split, (texts, labels, _) in generated_splits(name, seed, **sizes).items():
        with open(folder / f"{split}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["text", "label"])
            writer.writerows(zip(texts, labels.tolist(), strict=True))


def load_split(source, split, limit=None):
    """The texts and labels of one split of a corpus.

    Parameters
    ----------
    source : str
        A folder with CSV files, such as "data/reviews"; or a real corpus: a folder in
        the layout of the Hugging Face Hub, or a name there, such as "stanfordnlp/imdb"
        or "fancyzhx/ag_news", which is downloaded.
    split : {"train", "validation", "test"}
        Real corpora have no validation split: a tenth of their training split, drawn at
        random, is kept for it.
    limit : int, optional
        The greatest number of texts; by default all of them.

    Returns
    -------
    texts : list of str
    labels : ndarray of int64, shape (m,)
    """
    file = Path(source) / f"{split}.csv"
    if file.exists():
        with open(file, newline="", encoding="utf-8") as lines:
            rows = list(csv.DictReader(lines))
        texts = [row["text"] for row in rows]
        labels = [int(row["label"]) for row in rows]
    elif str(source).startswith("data/"):
        raise FileNotFoundError(f"{file} is missing: start Jupyter in the folder that "
                                "holds this notebook and data/")
    else:
        from datasets import load_dataset  # pip install datasets

        if split == "test":
            part = load_dataset(str(source), split="test").shuffle(seed=0)
        else:
            part = load_dataset(str(source), split="train")
            parts = part.train_test_split(0.1, seed=0)
            part = parts["train" if split == "train" else "test"]
        texts, labels = list(part["text"]), list(part["label"])
    texts, labels = texts[:limit], np.array(labels[:limit], dtype=np.int64)
    print(f"{len(texts):,} texts ({split}) from {source}")
    return texts, labels
