"""The lecture's two text corpora, each from the source that is asked for and no other.

>>> load_imdb(train_size=2000, test_size=500, seed=1).source
'embedded: generated reviews, seed 1 (no real text)'
"""

from reference.datasets import news, reviews
from reference.datasets.huggingface import load_cache, load_folder, load_hub, sample


def load_imdb(source="embedded", *, train_size=None, test_size=None, seed=0, cache_dir=None):
    """Load film reviews, negative (0) or positive (1): IMDB (Maas et al., 2011) or the embedded stand-in.

    Parameters
    ----------
    source : str or Path
        "embedded": generated reviews, no network needed (reviews.py);
        "hub": stanfordnlp/imdb from the Hugging Face Hub;
        "cache": the copy that an earlier "hub" left on this machine;
        anything else: a folder in the Hub's parquet layout.
    train_size, test_size : int, optional
        Numbers of texts. Embedded: 4,000 and 1,000 unless given. Real: all unless given, else a random part.
    seed : int
        Of the generated texts, or of the random part.
    cache_dir : str or Path, optional
        The cache that "hub" and "cache" use; the default is that of `datasets`.

    Returns
    -------
    Corpus
        Its `source` says where the texts come from.

    Raises
    ------
    FileNotFoundError, ConnectionError, ValueError
        As huggingface.py says; ValueError also for a size that the source cannot give.
    """
    return _load(
        reviews.generate_reviews,
        "stanfordnlp/imdb",
        "imdb",
        reviews.LABEL_NAMES,
        source,
        train_size,
        test_size,
        seed,
        cache_dir,
    )


def load_ag_news(source="embedded", *, train_size=None, test_size=None, seed=0, cache_dir=None):
    """Load news of four classes: AG News (Zhang et al., 2015) or the embedded stand-in.

    The labels are World (0), Sports (1), Business (2) and Sci/Tech (3). Parameters, returned value and
    errors are those of `load_imdb`; the Hub's copy is fancyzhx/ag_news and the embedded texts are news.py's.
    """
    return _load(
        news.generate_news,
        "fancyzhx/ag_news",
        "ag_news",
        news.LABEL_NAMES,
        source,
        train_size,
        test_size,
        seed,
        cache_dir,
    )


def _load(generate, repository, name, label_names, source, train_size, test_size, seed, cache_dir):
    if source == "embedded":
        sizes = {"train_size": train_size, "test_size": test_size}
        return generate(seed=seed, **{key: size for key, size in sizes.items() if size is not None})
    if source == "hub":
        corpus = load_hub(repository, name, label_names, cache_dir)
    elif source == "cache":
        corpus = load_cache(repository, name, label_names, cache_dir)
    else:
        corpus = load_folder(source, name, label_names)
    return sample(corpus, train_size, test_size, seed)
