"""load_imdb and load_ag_news: each source on its own, and what each says when something is wrong."""

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Features, Value, load_dataset_builder

from reference.datasets.text import load_ag_news, load_imdb

TRAIN = {"text": ["what a fine film", "what a dull film", "fine", "dull"], "label": [1, 0, 1, 0]}
TEST = {"text": ["a fine one", "a dull one"], "label": [1, 0]}


def write_folder(folder, train=TRAIN, test=TEST):
    """Write two splits in the Hub's parquet layout; a split that is None is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, columns in (("train", train), ("test", test)):
        if columns is not None:
            pq.write_table(pa.table(columns), folder / f"{split}-00000-of-00001.parquet")
    return folder


def one_line(info, *parts):
    """Assert that the error is one line and holds every part."""
    message = str(info.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize("below", ["", "data", "plain_text"])
def test_folder_is_read_in_order(tmp_path, below):
    """Catches: rows reordered, splits swapped, labels cast wrongly, or a data/ folder not looked into."""
    write_folder(tmp_path / below)
    corpus = load_imdb(tmp_path)
    assert corpus.train_texts == tuple(TRAIN["text"]) and corpus.test_texts == tuple(TEST["text"])
    assert corpus.train_labels.tolist() == TRAIN["label"] and corpus.test_labels.tolist() == TEST["label"]
    assert corpus.train_labels.dtype == np.int64 and corpus.train_phenomena is None


def test_shards_are_joined_in_order(tmp_path):
    """Catches: only the first shard read, or shards joined in another order."""
    write_folder(tmp_path)
    pq.write_table(pa.table({"text": ["late"], "label": [1]}), tmp_path / "train-00001-of-00002.parquet")
    assert load_imdb(str(tmp_path)).train_texts == (*TRAIN["text"], "late")


def test_a_changed_folder_is_read_anew(tmp_path):
    """Catches: a stale cached copy given for a file that has changed since."""
    load_imdb(write_folder(tmp_path))
    write_folder(tmp_path, train={"text": ["new"], "label": [1]})
    assert load_imdb(tmp_path).train_texts == ("new",)


def test_printing_says_the_source_in_one_line(tmp_path):
    """Catches: a corpus that does not say where it comes from, or prints all its texts."""
    for corpus, source in (
        (load_imdb(write_folder(tmp_path)), str(tmp_path)),
        (load_ag_news(train_size=8, test_size=4, seed=3), "embedded: generated news, seed 3"),
    ):
        for text in (str(corpus), repr(corpus)):
            assert source in text and "\n" not in text and len(text) < 300


def test_sizes_and_seed_choose_a_part(tmp_path):
    """Catches: a part that ignores the seed, repeats rows, parts texts from labels or hides what it is."""
    write_folder(
        tmp_path, train={"text": [f"text {i}" for i in range(50)], "label": [i % 2 for i in range(50)]}
    )
    parts = [load_imdb(tmp_path, train_size=20, seed=seed) for seed in (1, 1, 2)]
    assert parts[0].train_texts == parts[1].train_texts != parts[2].train_texts
    assert len(set(parts[0].train_texts)) == 20 and len(parts[0].test_texts) == 2
    assert all(
        int(t.split()[1]) % 2 == y for t, y in zip(parts[0].train_texts, parts[0].train_labels, strict=True)
    )
    assert "random part with seed 1" in parts[0].source
    with pytest.raises(ValueError, match="train has 50 texts, so 51 cannot"):
        load_imdb(tmp_path, train_size=51)


def test_empty_text_is_kept(tmp_path):
    """Catches: empty texts dropped (labels would shift) or refused."""
    write_folder(tmp_path, test={"text": ["", "  "], "label": [0, 1]})
    assert load_imdb(tmp_path).test_texts == ("", "  ")


def test_split_without_rows(tmp_path):
    """Catches: no rows reported from deep inside, or an empty shard that spoils the others."""
    none = {"text": pa.array([], pa.string()), "label": pa.array([], pa.int64())}
    with pytest.raises(ValueError) as info:
        load_imdb(write_folder(tmp_path, test=none))
    one_line(info, "imdb", "test split", "no rows")
    pq.write_table(pa.table(TEST), tmp_path / "test-00001-of-00002.parquet")
    assert load_imdb(tmp_path).test_texts == tuple(TEST["text"])


def test_missing_folder(tmp_path):
    """Catches: a wrong path taken for a name on the Hub, or an unreadable traceback."""
    with pytest.raises(FileNotFoundError) as info:
        load_imdb(tmp_path / "nowhere")
    one_line(info, "imdb", "nowhere", "train-*.parquet")


def test_missing_split(tmp_path):
    """Catches: a folder with only training texts accepted, or the split not named."""
    with pytest.raises(FileNotFoundError) as info:
        load_ag_news(write_folder(tmp_path, test=None))
    one_line(info, "ag_news", "test-*.parquet", str(tmp_path))


@pytest.mark.parametrize(
    ("columns", "parts"),
    [
        ({"review": ["a"], "label": [1]}, ["no column 'text'", "review, label"]),
        ({"text": ["a"]}, ["no column 'label'"]),
        ({"text": ["a"], "label": ["pos"]}, ["'label' holds string"]),
        ({"text": [7], "label": [1]}, ["'text' holds int64"]),
        ({"text": [["a", "b"]], "label": [1]}, ["'text' holds"]),
        ({"text": ["a"], "label": [0.5]}, ["'label' holds float64"]),
        ({"text": ["a", "b"], "label": [1, 2]}, ["row 1 has label 2", "0 .. 1 (negative, positive)"]),
        ({"text": ["a", "b"], "label": [-1, 1]}, ["row 0 has label -1"]),
        ({"text": ["a", "b"], "label": [1, None]}, ["row 1 has label None"]),
        ({"text": ["a", None], "label": [1, 0]}, ["row 1 has no text"]),
    ],
)
def test_wrong_content(tmp_path, columns, parts):
    """Catches: wrong columns, types or labels let through, or an error that names no split or row."""
    with pytest.raises(ValueError) as info:
        load_imdb(write_folder(tmp_path, test=columns))
    one_line(info, "imdb", "test split", str(tmp_path), *parts)


def test_text_that_is_not_utf8(tmp_path):
    """Catches: bytes of another encoding decoded to something else, or a bare UnicodeDecodeError."""
    latin = pa.array([b"fine", "caf\u00e9".encode("latin-1")])
    as_string = pa.Array.from_buffers(pa.string(), 2, latin.buffers())
    with pytest.raises(ValueError) as info:
        load_imdb(write_folder(tmp_path, train={"text": as_string, "label": [1, 0]}))
    one_line(info, "row 1", "train", "not UTF-8")


@pytest.mark.parametrize(
    "damage", [lambda b: b"not parquet", lambda b: b[: len(b) // 2], lambda b: b"", None]
)
def test_unreadable_file(tmp_path, damage):
    """Catches: a truncated, foreign or damaged file reported from deep inside, or not named."""
    file = write_folder(tmp_path) / "train-00000-of-00001.parquet"
    content = file.read_bytes()
    file.write_bytes(damage(content) if damage else content[:4] + b"\xff" * 60 + content[64:])
    with pytest.raises(ValueError) as info:
        load_imdb(tmp_path)
    one_line(info, "imdb", str(tmp_path))


def fill_cache(cache_dir, folder, repository):
    """Leave in the cache what datasets leaves there after a download of `repository`."""
    features = Features({"text": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
    files = {split: [str(path) for path in folder.glob(f"{split}-*.parquet")] for split in ("train", "test")}
    parquet = type(load_dataset_builder("parquet", data_files=files))
    parquet(
        cache_dir=str(cache_dir),
        dataset_name="imdb",
        config_name="plain_text",
        hash="0" * 40,
        data_files=files,
        features=features,
    ).download_and_prepare()
    namespace, name = repository.split("/")
    (config,) = (cache_dir / name).iterdir()
    config.rename(config.with_name("plain_text"))
    (cache_dir / name).rename(cache_dir / f"{namespace}___{name}")


def test_cache_is_read_by_name(tmp_path):
    """Catches: a cached corpus not found under the Hub's name, or reported as another source."""
    fill_cache(tmp_path / "cache", write_folder(tmp_path / "folder"), "stanfordnlp/imdb")
    corpus = load_imdb("cache", cache_dir=tmp_path / "cache")
    assert corpus.train_texts == tuple(TRAIN["text"])
    assert corpus.source == "Hugging Face cache, stanfordnlp/imdb"


def test_empty_cache(tmp_path):
    """Catches: a missing cached copy answered with something else."""
    with pytest.raises(FileNotFoundError) as info:
        load_ag_news("cache", cache_dir=tmp_path)
    one_line(info, "ag_news", "fancyzhx/ag_news", "source='hub'")


@pytest.mark.parametrize("cached", [False, True])
def test_no_network_is_an_error_even_with_a_cached_copy(tmp_path, cached):
    """Catches: the cache standing in silently for a Hub that cannot be reached."""
    if cached:
        fill_cache(tmp_path / "cache", write_folder(tmp_path / "folder"), "stanfordnlp/imdb")
    script = (
        "from reference.datasets.text import load_imdb\n"
        f"try: print('got', load_imdb('hub', cache_dir={str(tmp_path / 'cache')!r}))\n"
        "except ConnectionError as error: print('refused', error)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    last = run.stdout.strip().splitlines()
    assert len(last) == 1 and last[0].startswith("refused imdb: the Hub gave no stanfordnlp/imdb"), run.stderr
    assert "source='cache'" in last[0]


def test_default_is_embedded_and_loads_no_datasets_library():
    """Catches: the default touching the network, or paying for an import it does not need."""
    script = (
        "import sys\nfrom reference.datasets.text import load_imdb\n"
        "corpus = load_imdb(train_size=10, test_size=4)\n"
        "print(corpus.source, len(corpus.train_texts), len(corpus.test_texts), 'datasets' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert run.stdout.strip() == "embedded: generated reviews, seed 0 (no real text) 10 4 False", run.stderr
