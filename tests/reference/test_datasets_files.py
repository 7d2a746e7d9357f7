"""The embedded corpora as files, and the reader that notebooks carry."""

import numpy as np
import pytest
from datasets import Dataset

from reference.datasets.files import generated_splits, load_split, write_splits


def test_files_hold_the_corpus_of_the_seed_and_splits_do_not_overlap(tmp_path):
    """Catches a text that is quoted wrongly, a label that slips by a row, a text that is in two splits."""
    write_splits(tmp_path / "news", "news", seed=3, train=40, validation=20)
    splits = generated_splits("news", seed=3, train=40, validation=20)
    for split, (texts, labels, phenomena) in splits.items():
        read, numbers = load_split(tmp_path / "news", split)
        assert read == list(texts) and np.array_equal(numbers, labels) and len(phenomena) == len(texts)
    assert not set(splits["train"][0]) & set(splits["validation"][0])
    assert generated_splits("news", seed=4, train=40)["train"][0] != splits["train"][0]


def test_a_limit_cuts_and_the_source_is_named(tmp_path, capsys):
    """Catches a notebook that trains on something else than it says."""
    write_splits(tmp_path / "reviews", "reviews", seed=3, train=40)
    texts, labels = load_split(tmp_path / "reviews", "train", limit=7)
    assert len(texts) == len(labels) == 7
    assert capsys.readouterr().out == f"7 texts (train) from {tmp_path / 'reviews'}\n"


def test_a_real_corpus_is_read_in_the_hubs_layout_and_its_validation_part_is_its_own(tmp_path, monkeypatch):
    """Catches a validation text that is trained on too, and a test part sorted by label that `limit` would cut to one class."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "corpus"
    for split, size in (("train", 100), ("test", 40)):
        rows = {"text": [f"{split} {i}" for i in range(size)], "label": [int(2 * i >= size) for i in range(size)]}
        folder.mkdir(exist_ok=True)
        Dataset.from_dict(rows).to_parquet(folder / f"{split}-00000-of-00001.parquet")
    parts = {split: load_split(folder, split) for split in ("train", "validation", "test")}
    assert {split: len(texts) for split, (texts, _) in parts.items()} == {"train": 90, "validation": 10, "test": 40}
    assert not set(parts["train"][0]) & set(parts["validation"][0])
    assert set(load_split(folder, "test", limit=15)[1]) == {0, 1}
    for texts, labels in parts.values():
        assert all((int(text.split()[1]) * 2 >= (40 if "test" in text else 100)) == label for text, label in zip(texts, labels))


def test_missing_files_and_corpora_are_named(tmp_path):
    """Catches a download that is tried because a notebook was started in the wrong folder."""
    with pytest.raises(FileNotFoundError, match="data/reviews/train.csv is missing: start Jupyter in the folder"):
        load_split("data/reviews", "train")
    with pytest.raises(ValueError, match="no embedded corpus is called 'poems': there is reviews, news"):
        generated_splits("poems", seed=0, train=1)
