"""One training epoch of the text classifier on the CPU, NumPy against PyTorch.

Both sides are the same network and get the same documents as ready id arrays, the same starting numbers
(float64), the same batches in the same order, the lecture's Adam (PyTorch: SparseAdam for the embeddings,
fused Adam for the rest), dropout 0.5 and the same number of threads; both gather the batch, compute loss and
accuracy and take the step inside the timed part. For each seed the two sides take turns, the one that begins
changes every time, and what counts is the median over all pairs of seconds_numpy / seconds_torch. Dropout
masks come from each library's own generator, so the equality of the losses is checked apart, with dropout 0,
over the first 50 steps.

    python tests/benchmarks/training.py                  generated documents, words by Zipf's law; 2 minutes
    python tests/benchmarks/training.py --data FOLDER    texts of FOLDER/train*.parquet (columns text, label)
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run it without installing the kit

from reference.batches import minibatches
from reference.classifier import TextClassifier
from reference.optimizers import Adam
from reference.text import Vocabulary, tokenize_all
from reference.torch_classifier import TorchAdam, TorchTextClassifier, torch_batch
from reference.training import train


def generated_documents(n_documents, mean_length, vocab_size, rng):
    """Documents of log-normal length, words by Zipf's law, and labels that depend on the words."""
    lengths = np.maximum(1, rng.lognormal(np.log(mean_length) - 0.18, 0.6, n_documents)).astype(int)
    frequency = np.cumsum(1.0 / np.arange(1, vocab_size - 1))  # ids 0 and 1 are padding and unknown
    ids = 2 + np.searchsorted(frequency, rng.random(lengths.sum()) * frequency[-1])
    documents = np.split(ids, np.cumsum(lengths)[:-1])
    sentiment = rng.normal(size=vocab_size)
    scores = np.array([sentiment[document].mean() for document in documents])
    return documents, (scores > np.median(scores)).astype(np.int64)


def parquet_documents(folder, vocab_size):
    """Documents and labels of the training files in a folder."""
    import pyarrow.parquet as pq

    files = sorted(Path(folder).glob("train*.parquet"))
    if not files:
        raise SystemExit(f"{folder} holds no train*.parquet (columns text, label)")
    tables = [pq.read_table(file, columns=["text", "label"]) for file in files]
    token_lists = tokenize_all([text for table in tables for text in table["text"].to_pylist()])
    vocabulary = Vocabulary.build(token_lists, min_count=2, max_size=vocab_size)
    labels = np.concatenate([table["label"].to_numpy() for table in tables]).astype(np.int64)
    return vocabulary.encode_all(token_lists), labels


def torch_epoch(twin, optimizer, documents, y, batch_size, rng):
    """What `train` does in an epoch, in PyTorch: the loss of every step, and the training accuracy."""
    twin.train()
    losses, n_right = [], 0
    for batch in minibatches(len(y), batch_size, rng):
        ids, offsets, labels = torch_batch([documents[i] for i in batch], y[batch])
        logits = twin(ids, offsets)
        loss = twin.loss(logits, labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        decided = (logits[:, 0] >= 0).long() if twin.n_classes == 2 else logits.argmax(dim=1)
        n_right += int((decided == labels).sum())
    return losses, n_right / len(y)


def run(documents, y, vocab_size, embed_dim, batch_size, seeds, repetitions, threads):
    """All measurements, as a dict."""
    torch.set_num_threads(threads)

    def make(seed, dropout):
        rng = np.random.default_rng(seed)
        return TextClassifier.with_random_embeddings(
            vocab_size, max(2, int(y.max()) + 1), rng, embed_dim, dropout=dropout)

    def numpy_side(seed, dropout, documents, y):
        model, optimizer = make(seed, dropout), Adam()
        start = time.perf_counter()
        history = train(model, optimizer, documents, y, epochs=1, batch_size=batch_size,
                        rng=np.random.default_rng(seed), progress=False)
        return time.perf_counter() - start, history.step_loss

    def torch_side(seed, dropout, documents, y):
        twin = TorchTextClassifier(make(seed, dropout))
        optimizer = TorchAdam(twin)
        start = time.perf_counter()
        losses, _ = torch_epoch(twin, optimizer, documents, y, batch_size, np.random.default_rng(seed))
        return time.perf_counter() - start, losses

    pairs, difference = [], 0.0
    with tqdm(total=seeds * repetitions, desc="pairs of epochs") as bar:
        for seed in range(seeds):
            first = slice(0, 50 * batch_size)  # 50 steps, or one epoch if there are fewer documents
            losses = [side(seed, 0.0, documents[first], y[first])[1] for side in (numpy_side, torch_side)]
            difference = max(difference, float(np.abs(np.subtract(*losses)).max()))
            for repetition in range(repetitions):
                sides = [numpy_side, torch_side]
                if repetition % 2:
                    sides.reverse()
                seconds = {side: side(seed, 0.5, documents, y)[0] for side in sides}
                pairs.append((seconds[numpy_side], seconds[torch_side]))
                bar.update()
    pairs = np.array(pairs)
    ratios = pairs[:, 0] / pairs[:, 1]
    return {
        "seconds_numpy": float(np.median(pairs[:, 0])),
        "seconds_torch": float(np.median(pairs[:, 1])),
        "ratio": float(np.median(ratios)),
        "ratio_min": float(ratios.min()),
        "ratio_max": float(ratios.max()),
        "max_loss_difference": difference,
        "documents": len(documents),
        "mean_length": float(np.mean([len(document) for document in documents])),
        "vocab_size": vocab_size,
        "embed_dim": embed_dim,
        "batch_size": batch_size,
        "threads": threads,
        "seeds": seeds,
        "repetitions": repetitions,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", metavar="FOLDER", help="real texts instead of generated ids")
    parser.add_argument("--documents", type=int, default=20_000, help="how many to generate")
    parser.add_argument("--mean-length", type=int, default=230, help="words in a generated document")
    parser.add_argument("--vocab-size", type=int, default=20_000)
    parser.add_argument("--embed-dim", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--repetitions", type=int, default=3, help="pairs of epochs for each seed")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    args = parser.parse_args()

    if args.data:
        documents, y = parquet_documents(args.data, args.vocab_size)
    else:
        rng = np.random.default_rng(0)
        documents, y = generated_documents(args.documents, args.mean_length, args.vocab_size, rng)
    with threadpool_limits(args.threads):
        result = run(documents, y, args.vocab_size, args.embed_dim, args.batch_size, args.seeds,
                     args.repetitions, args.threads)
    print(f"NumPy {result['seconds_numpy']:.2f} s, PyTorch {result['seconds_torch']:.2f} s an epoch; "
          f"ratio {result['ratio']:.2f} ({result['ratio_min']:.2f} to {result['ratio_max']:.2f}); "
          f"losses of the first 50 steps differ by at most {result['max_loss_difference']:.1e}")
    if args.json:
        print(json.dumps(result))


if __name__ == "__main__":
    main()
