"""Real text corpora through Hugging Face `datasets`: a local folder, the Hub, or the Hub's cache.

The three never stand in for one another: a Hub that cannot be reached is an error even if a cached copy
exists, because a result should say what it was computed from. What is left out: streaming, other columns than
text and label, and splits other than train and test.
"""

import tempfile
from pathlib import Path

import numpy as np

from reference.datasets.corpus import Corpus

SPLITS = ("train", "test")


def load_folder(folder, name, label_names):
    """Read train-*.parquet and test-*.parquet, the Hub's layout, from a folder or one folder further down.

    Parameters
    ----------
    folder : str or Path
        E.g. a dataset's repository as cloned from the Hub; its `data/` or `plain_text/` is found by itself.
    name : str
        What the corpus is called.
    label_names : tuple of str
        Label k of the file means label_names[k].

    Returns
    -------
    Corpus
        With texts in the files' order. An empty text is kept as it is: a classifier owes it an answer too.

    Raises
    ------
    FileNotFoundError
        If the folder or the files of a split are missing.
    ValueError
        If a file is not readable parquet, a split has no rows, a column is missing or of another type, a
        label is outside 0 .. len(label_names) - 1, or a text is missing or not UTF-8.
    """
    import datasets  # here, not above: importing it takes seconds, and the embedded corpora do without

    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{name}: no folder {folder}: give the one that holds train-*.parquet")
    files = {split: _parquet_files(folder, split, name) for split in SPLITS}
    with tempfile.TemporaryDirectory() as scratch:  # datasets converts to Arrow there; nothing stays behind
        splits = {}
        for (
            split,
            paths,
        ) in files.items():  # one at a time: datasets casts a second split to the first one's types
            try:
                splits[split] = datasets.load_dataset(
                    "parquet", data_files={split: paths}, split=split, cache_dir=scratch
                )
            except datasets.exceptions.DatasetGenerationError as error:
                cause = _first_line(error.__cause__ or error)
                raise ValueError(f"{name}: cannot read {split}-*.parquet in {folder}: {cause}") from error
        return _corpus(splits, name, label_names, source=f"local folder {folder}")


def load_hub(repository, name, label_names, cache_dir=None):
    """Download a corpus from the Hugging Face Hub by its repository's name, e.g. "stanfordnlp/imdb".

    Parameters, returned value and ValueErrors are those of `load_folder`; `cache_dir` is where `datasets`
    keeps its copy.

    Raises
    ------
    ConnectionError
        If the Hub cannot be reached, even if a copy is in the cache: ask for the cache by its name.
    """
    import datasets
    from datasets.packaged_modules.cache.cache import Cache

    advice = "use source='cache' for a copy downloaded before, a folder, or 'embedded'"
    try:
        builder = datasets.load_dataset_builder(repository, cache_dir=cache_dir)
        if isinstance(builder, Cache):  # what datasets falls back on, with no more than a warning
            raise ConnectionError("only a copy in the cache was found")
        builder.download_and_prepare()
    except (OSError, datasets.exceptions.DatasetNotFoundError) as error:  # OSError: no network
        raise ConnectionError(
            f"{name}: the Hub gave no {repository} ({_first_line(error)}): {advice}"
        ) from error
    return _corpus(builder.as_dataset(), name, label_names, source=f"Hugging Face Hub, {repository}")


def load_cache(repository, name, label_names, cache_dir=None):
    """Read the copy of a Hub corpus that `datasets` has kept on this machine; never touches the network.

    Parameters, returned value and ValueErrors are those of `load_folder`.

    Raises
    ------
    FileNotFoundError
        If the cache holds no such corpus.
    """
    from datasets.packaged_modules.cache.cache import Cache

    try:
        builder = Cache(
            cache_dir=cache_dir,
            repo_id=repository,
            dataset_name=repository.split("/")[-1],
            version="auto",
            hash="auto",
        )
    except ValueError as error:
        raise FileNotFoundError(
            f"{name}: the cache holds no {repository}: load it once with source='hub', which needs a network"
        ) from error
    return _corpus(builder.as_dataset(), name, label_names, source=f"Hugging Face cache, {repository}")


def sample(corpus, train_size, test_size, seed):
    """Return `corpus` cut to random parts of the given sizes (None: all of it), drawn by `seed`."""
    rng = np.random.default_rng(seed)
    parts = {}
    for split, size in zip(SPLITS, (train_size, test_size), strict=True):
        texts, labels = getattr(corpus, f"{split}_texts"), getattr(corpus, f"{split}_labels")
        if size is not None:
            if not 0 <= size <= len(texts):
                raise ValueError(
                    f"{corpus.name}: {split} has {len(texts):,} texts, so {size:,} cannot be drawn"
                )
            chosen = rng.choice(len(texts), size=size, replace=False)
            texts, labels = tuple(texts[i] for i in chosen), labels[chosen]
        parts |= {f"{split}_texts": texts, f"{split}_labels": labels}
    cut = "" if train_size is None and test_size is None else f", a random part with seed {seed}"
    return Corpus(name=corpus.name, label_names=corpus.label_names, source=corpus.source + cut, **parts)


def _parquet_files(folder, split, name):
    """Return the parquet files of one split that hold rows, as sorted strings, each checked to open."""
    import pyarrow.parquet
    from pyarrow import ArrowInvalid

    files = sorted(folder.glob(f"{split}-*.parquet")) or sorted(folder.glob(f"*/{split}-*.parquet"))
    if not files:
        raise FileNotFoundError(f"{name}: {folder} holds no {split}-*.parquet, nor does a folder in it")
    filled = []  # a file without rows is legal parquet, but datasets cannot read it
    for file in files:
        try:
            if pyarrow.parquet.read_metadata(file).num_rows:
                filled.append(str(file))
        except (ArrowInvalid, OSError) as error:
            raise ValueError(f"{name}: {file} is not readable parquet: {_first_line(error)}") from error
    if not filled:
        raise ValueError(f"{name}: the {split} split in {folder} has no rows")
    return filled


def _corpus(splits, name, label_names, source):
    """Check the columns of a datasets.DatasetDict and copy them into a Corpus."""
    parts = {}
    for split in SPLITS:
        if split not in splits:
            raise ValueError(f"{name}: {source} has no {split} split; it has {', '.join(splits)}")
        table, where = splits[split], f"{name}, {split} split of the {source}"
        for column, kinds in (("text", ("string", "large_string")), ("label", ("int", "uint"))):
            feature = table.features.get(column)
            if feature is None:
                raise ValueError(f"{where}: no column '{column}'; there are {', '.join(table.column_names)}")
            dtype = getattr(feature, "dtype", type(feature).__name__)
            if not dtype.startswith(kinds):
                raise ValueError(f"{where}: column '{column}' holds {dtype}, not {' or '.join(kinds)}")
        parts[f"{split}_texts"] = _texts(table, where)
        parts[f"{split}_labels"] = _labels(table, where, label_names)
    return Corpus(name=name, label_names=label_names, source=source, **parts)


def _texts(table, where):
    try:
        texts = tuple(table["text"][:])
    except UnicodeDecodeError as error:
        row = next(i for i in range(len(table)) if not _decodes(table, i))
        raise ValueError(f"{where}: the text in row {row} is not UTF-8 ({error.reason})") from error
    if None in texts:
        raise ValueError(f"{where}: row {texts.index(None)} has no text (null): drop it or make it empty")
    return texts


def _decodes(table, row):
    try:
        return table[row] is not None
    except UnicodeDecodeError:
        return False


def _labels(table, where, label_names):
    labels = table["label"][:]
    for row, label in enumerate(labels):
        if label is None or not 0 <= label < len(label_names):
            expected = f"0 .. {len(label_names) - 1} ({', '.join(label_names)})"
            raise ValueError(f"{where}: row {row} has label {label}, expected {expected}")
    return np.array(labels, dtype=np.int64)


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]
