"""The training loop: what it learns, what it writes down, and when it stops."""

import json

import numpy as np
import pytest

from reference.classifier import TextClassifier
from reference.optimizers import SGD, Adam
from reference.regularization import EarlyStopping
from reference.sparse_rows import SparseRows
from reference.training import accumulated_gradient, compare_learning_rates, evaluate, predict_logits, train

V = 30


def corpus(m, seed):
    """Documents of 2 to 8 words; the class says whether most come from the vocabulary's upper half."""
    rng = np.random.default_rng(seed)
    documents = [rng.integers(2, V, size=rng.integers(2, 9)) for _ in range(m)]
    return documents, np.array([int(np.mean(document >= 16) > 0.5) for document in documents])


def make(seed=0, **options):
    rng = np.random.default_rng(seed)
    return TextClassifier.with_random_embeddings(V, 2, rng, 8, hidden=16, **options)


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_training_learns(pooling):
    """Catches a loop that runs but does not learn, and an order of examples that is never shuffled."""
    X, y = corpus(400, 1)
    order = np.argsort(y, kind="stable")  # sorted by class: without shuffling every batch has one class only
    X, y = [X[i] for i in order], y[order]
    validation = corpus(200, 2)
    model = make(pooling=pooling)
    history = train(model, Adam(0.01), X, y, 8, 16, np.random.default_rng(0), validation)
    assert history.validation_accuracy[-1] > (0.9 if pooling == "mean" else 0.7)
    assert history.train_loss[-1] < 0.6 * history.train_loss[0]
    assert history.stopped == "all 8 epochs done"


def test_history_is_complete_and_true():
    """Catches curves of the wrong length, and figures that are not those of the model."""
    X, y = corpus(50, 1)
    validation = corpus(20, 2)
    model = make()
    history = train(model, SGD(0.1), X, y, 3, 16, np.random.default_rng(0), validation)
    figures = history.as_dict()
    for name in ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds"):
        assert len(figures[name]) == 3, name
    assert len(history.step_loss) == 3 * 4
    assert (history.validation_loss[-1], history.validation_accuracy[-1]) == evaluate(model, *validation)
    sizes = np.array([16, 16, 16, 2])  # the last batch is smaller and must weigh less
    assert history.train_loss[0] == pytest.approx(np.dot(history.step_loss[:4], sizes) / 50)
    assert json.loads(json.dumps(figures)) == figures


def test_the_same_seed_gives_the_same_training():
    """Catches randomness from anywhere but the Generator."""
    X, y = corpus(60, 1)
    runs = [train(make(), Adam(), X, y, 2, 8, np.random.default_rng(5)).step_loss for _ in range(2)]
    assert runs[0] == runs[1]


@pytest.mark.parametrize("pooling", ["mean", "max"])
@pytest.mark.parametrize("parts", [2, 3, 7, 50])
def test_accumulated_gradient_equals_the_big_batch(pooling, parts):
    """Catches a mean of means over unequal parts, and sparse gradients that replace each other."""
    X, y = corpus(10, 1)
    model = make(pooling=pooling, dropout=0.5)
    whole = accumulated_gradient(model, X, y, np.random.default_rng(1), 1)
    pieces = accumulated_gradient(model, X, y, np.random.default_rng(1), parts)
    assert pieces[0] == pytest.approx(whole[0], abs=1e-15)
    np.testing.assert_allclose(pieces[2], whole[2], atol=1e-15)
    for name, grad in whole[1].items():
        a, b = (g.to_dense(V) if isinstance(g, SparseRows) else g for g in (grad, pieces[1][name]))
        np.testing.assert_allclose(b, a, atol=1e-15, err_msg=name)


def test_accumulation_trains_the_same_model():
    """Catches an optimizer step for each part."""
    X, y = corpus(50, 1)
    models = [make(), make()]
    for model, parts in zip(models, (1, 4), strict=True):
        train(model, Adam(0.01), X, y, 2, 16, np.random.default_rng(0), accumulate=parts)
    for name, value in models[0].params.items():
        # Adam divides by sqrt(v), so rounding in a tiny gradient is magnified
        np.testing.assert_allclose(models[1].params[name], value, atol=1e-8, err_msg=name)


def test_early_stopping_returns_the_best_epoch():
    """Catches a model that keeps its last weights, or a loop that ignores the stop."""
    X, y = corpus(40, 1)
    noise = (corpus(40, 2)[0], np.random.default_rng(0).integers(0, 2, 40))  # nothing to learn
    model = make(dropout=0.0)
    history = train(model, Adam(0.02), X, y, 60, 8, np.random.default_rng(0), noise, EarlyStopping(2))
    assert len(history.train_loss) < 60
    assert history.stopped.startswith(f"stopped early after epoch {len(history.train_loss)}")
    assert history.best_epoch == int(np.argmin(history.validation_loss)) + 1
    assert len(history.train_loss) == history.best_epoch + 2
    assert evaluate(model, *noise)[0] == min(history.validation_loss)


def test_early_stopping_can_watch_a_second_training():
    """Catches the first training's best weights restored into the second model."""
    X, y = corpus(40, 1)
    stopping, validation = EarlyStopping(2), corpus(20, 2)
    for model in (make(0), make(1)):
        history = train(model, SGD(0.1), X, y, 2, 8, np.random.default_rng(0), validation, stopping)
        assert history.stopped == "all 2 epochs done"
        assert evaluate(model, *validation)[0] == min(history.validation_loss)


def test_decay_falls_in_a_straight_line_over_all_epochs():
    """Catches a rate that starts anew in each epoch, stays, or is not there again for the next training run."""
    rates = []

    class Watched(SGD):
        def step(self, params, grads):
            rates.append(self.lr)
            super().step(params, grads)

    X, y = corpus(32, 1)
    optimizer = Watched(0.8)
    train(make(), optimizer, X, y, 2, 16, np.random.default_rng(0), decay=True, progress=False)
    assert rates == pytest.approx([0.8, 0.6, 0.4, 0.2]) and optimizer.lr == 0.8


def test_divergence_in_the_last_step_is_seen():
    """Catches a broken model that is reported as trained, since no later training step could notice."""
    X, y = corpus(8, 1)
    history = train(make(dropout=0.0), SGD(1e200), X, y, 1, 8, np.random.default_rng(0), corpus(20, 2))
    assert history.diverged
    assert "validation loss became" in history.stopped
    assert np.isfinite(history.step_loss).all()


@pytest.mark.filterwarnings("error")
def test_divergence_stops_with_a_message():
    """Catches hours of training on NaN, and NumPy warnings instead of a sentence."""
    X, y = corpus(200, 1)
    history = train(make(dropout=0.0), SGD(1e200), X, y, 5, 16, np.random.default_rng(0))
    assert history.diverged
    assert not np.isfinite(history.step_loss[-1])
    assert np.isfinite(history.step_loss[:-1]).all()
    assert f"epoch 1, step {len(history.step_loss)}" in history.stopped
    assert "smaller learning rate than 1e+200" in history.stopped


def test_divergence_still_restores_the_best_weights():
    """Catches early stopping that is forgotten on the way out."""
    X, y = corpus(40, 1)

    class Explodes(SGD):
        def step(self, params, grads):
            if self.steps.get("W1", 0) >= 5:  # one epoch of 5 steps goes well
                self.lr = 1e200
            super().step(params, grads)

    model, validation = make(), corpus(20, 2)
    with np.errstate(all="ignore"):
        history = train(model, Explodes(0.1), X, y, 9, 8, np.random.default_rng(0), validation,
                        EarlyStopping(3))
    assert history.diverged
    assert history.best_epoch == 1
    assert evaluate(model, *validation)[0] == history.validation_loss[0]


def test_learning_rates_compared():
    """Catches runs that start from each other's weights, and rates that make no difference."""
    X, y = corpus(200, 1)
    histories = compare_learning_rates([1e-4, 1.0, 1e200], lambda rng: make(dropout=0.0), SGD, X, y, epochs=5,
                                       batch_size=16, seed=0)
    assert list(histories) == [1e-4, 1.0, 1e200]
    first = {history.step_loss[0] for history in histories.values()}
    assert len(first) == 1
    assert histories[1.0].train_loss[-1] < 0.9 * histories[1e-4].train_loss[-1]
    assert histories[1e200].diverged


def test_batch_size_does_not_change_predictions():
    """Catches examples lost or doubled at the edge of a batch."""
    X, y = corpus(11, 1)
    model = make()
    np.testing.assert_allclose(predict_logits(model, X, 4), model.logits(X), atol=1e-15)
    assert evaluate(model, X, y, 3) == pytest.approx(evaluate(model, X, y, 100))


def test_a_corpus_of_one_document():
    """Catches batches that assume company."""
    history = train(make(), Adam(), [np.array([3])], np.array([1]), 2, 32, np.random.default_rng(0))
    assert len(history.step_loss) == 2


def test_clear_errors():
    """Catches mistakes in the call that would train on nonsense."""
    X, y = corpus(10, 1)
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="10 examples and y 9 labels"):
        train(make(), SGD(0.1), X, y[:9], 1, 4, rng)
    with pytest.raises(ValueError, match="X has 0 examples"):
        train(make(), SGD(0.1), [], np.array([]), 1, 4, rng)
    with pytest.raises(ValueError, match="at least 1"):
        train(make(), SGD(0.1), X, y, 1, 0, rng)
    with pytest.raises(ValueError, match="validation"):
        train(make(), SGD(0.1), X, y, 1, 4, rng, early_stopping=EarlyStopping())
    with pytest.raises(TypeError, match="asarray"):
        train(make(), SGD(0.1), X, list(y), 1, 4, rng)
