"""The text classifier: gradients, agreement with PyTorch, edge cases, saving; evaluation and baseline."""

import numpy as np
import pytest
import torch

from reference.baseline import train_baseline
from reference.classifier import TextClassifier
from reference.embeddings import init_embeddings
from reference.evaluation import accuracy, confusion_matrix, misclassified, precision_recall_f1
from reference.gradient_check import numerical_gradient
from reference.optimizers import Adam
from reference.torch_classifier import TorchAdam, TorchTextClassifier, torch_batch, torch_loss_and_grads

DOCUMENTS = [np.array(d, dtype=np.int64) for d in ([7, 3, 3], [], [5], [3, 5, 2, 7, 7])]
V = 10
BOTH = pytest.mark.parametrize("n_classes", [2, 4])
POOLINGS = pytest.mark.parametrize("pooling", ["mean", "max"])


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def make(rng, n_classes=2, **options):
    model = TextClassifier.with_random_embeddings(V, n_classes, rng, embed_dim=5, **{"hidden": 6, **options})
    for name in ("b1", "b2"):  # away from ReLU's kink and from dead units, where an empty document would be
        model.params[name][:] = rng.uniform(0.5, 1.0, size=model.params[name].shape)
    return model


@BOTH
@POOLINGS
def test_gradients_agree_with_central_differences(rng, n_classes, pooling):
    """Catches a layer missing from the backward pass, dropout included."""
    model, y = make(rng, n_classes, pooling=pooling, dropout=0.4), rng.integers(0, n_classes, size=4)
    _, grads, _ = model.loss_and_grads(DOCUMENTS, y, np.random.default_rng(5))
    for name, value in model.params.items():
        def f(theta, name=name):
            kept, model.params[name] = model.params[name], theta
            loss = model.loss_and_grads(DOCUMENTS, y, np.random.default_rng(5))[0]
            model.params[name] = kept
            return loss

        grad = grads[name].to_dense(V) if name == "E" else grads[name]
        numerical = numerical_gradient(f, value)
        assert np.abs(grad - numerical).max() < 1e-9, name
        assert np.abs(grad).max() > 1e-4, name


@BOTH
@POOLINGS
def test_loss_and_gradients_equal_torch(rng, n_classes, pooling):
    """Catches a network that is not the one we race against."""
    model, y = make(rng, n_classes, pooling=pooling), rng.integers(0, n_classes, size=4)
    loss, grads, _ = model.loss_and_grads(DOCUMENTS, y)
    twin_loss, twin_grads = torch_loss_and_grads(model, DOCUMENTS, y)
    assert loss == pytest.approx(twin_loss, abs=1e-14)
    assert grads.keys() == twin_grads.keys()
    for name, grad in grads.items():
        grad = grad.to_dense(V) if name == "E" else grad
        np.testing.assert_allclose(grad, twin_grads[name], atol=1e-14, err_msg=name)


@POOLINGS
def test_training_steps_equal_torch(rng, pooling):
    """Catches drift over many steps of lazy Adam, which single gradients do not show."""
    model = make(rng, pooling=pooling, dropout=0.0)
    twin = TorchTextClassifier(model)
    optimizer, twin_optimizer = Adam(0.01), TorchAdam(twin, 0.01)
    for _ in range(50):
        documents = [rng.integers(0, V, size=rng.integers(1, 4)) for _ in range(3)]
        if pooling == "max":  # no sparse gradient in torch: compare with dense Adam
            documents = [np.arange(V)]
        y = rng.integers(0, 2, size=len(documents))
        loss, grads, _ = model.loss_and_grads(documents, y, rng)
        if pooling == "max":
            grads["E"] = grads["E"].to_dense(V)
        optimizer.step(model.params, grads)
        ids, offsets, labels = torch_batch(documents, y)
        twin_loss = twin.loss(twin(ids, offsets), labels)
        twin_loss.backward()
        twin_optimizer.step()
        assert loss == pytest.approx(twin_loss.item(), abs=1e-11)
    for name, value in twin.numpy_params().items():
        np.testing.assert_allclose(model.params[name], value, atol=1e-9, err_msg=name)


@BOTH
def test_a_batch_of_one_and_an_empty_document(rng, n_classes):
    """Catches squeezed axes and 0/0."""
    model = make(rng, n_classes)
    for document in ([7, 2], [], [1, 1, 1]):
        probabilities = model.probabilities([np.array(document, dtype=np.int64)])
        assert probabilities.shape == (1, n_classes)
        assert probabilities.sum() == pytest.approx(1)
        loss, grads, _ = model.loss_and_grads([document], np.array([1]), rng)
        assert np.isfinite(loss)
        assert grads["E"].rows.tolist() == sorted(set(document))


def test_the_result_does_not_depend_on_the_batch_or_the_word_order(rng):
    """Catches documents that leak into each other."""
    model = make(rng)
    together = model.logits(DOCUMENTS)
    alone = np.concatenate([model.logits([document]) for document in DOCUMENTS])
    backwards = model.logits([document[::-1] for document in DOCUMENTS])
    np.testing.assert_allclose(alone, together, atol=1e-15)
    np.testing.assert_allclose(backwards, together, atol=1e-15)


@BOTH
def test_prediction_is_the_most_probable_class(rng, n_classes):
    """Catches columns in the wrong order for the single sigmoid output."""
    model = make(rng, n_classes)
    np.testing.assert_array_equal(model.predict(DOCUMENTS), model.probabilities(DOCUMENTS).argmax(axis=1))
    if n_classes == 2:
        np.testing.assert_allclose(model.probabilities(DOCUMENTS)[:, 1],
                                   torch.sigmoid(torch.tensor(model.logits(DOCUMENTS)[:, 0])).numpy())


def test_dropout_is_for_training_only(rng):
    """Catches predictions that differ from call to call."""
    model = make(rng, dropout=0.9)
    np.testing.assert_array_equal(model.logits(DOCUMENTS), model.logits(DOCUMENTS))
    assert (model.forward(DOCUMENTS, rng)[0] != model.logits(DOCUMENTS)).any()


def test_frozen_embeddings_get_no_gradient(rng):
    """Catches pre-trained vectors that are trained away, and a model that shares its caller's array."""
    E = init_embeddings(V, 5, rng)
    model = TextClassifier(E, 2, rng, hidden=6, freeze_embeddings=True)
    _, grads, _ = model.loss_and_grads(DOCUMENTS, np.array([0, 1, 0, 1]), rng)
    assert "E" not in grads
    model.params["E"][:] = 0
    assert E.any()


def test_lecture_sizes(rng):
    """Catches other shapes than d -> 128 -> 1 and d -> 128 -> 4."""
    for n_classes, outputs in ((2, 1), (4, 4)):
        model = TextClassifier.with_random_embeddings(50, n_classes, rng, embed_dim=64)
        shapes = {name: value.shape for name, value in model.params.items()}
        assert shapes == {"E": (50, 64), "W1": (128, 64), "b1": (128,),
                          "W2": (outputs, 128), "b2": (outputs,)}


def test_clear_errors(rng):
    """Catches words or labels that the model has no room for."""
    model = make(rng)
    with pytest.raises(IndexError, match=r"ids\[1\] is 10, .* 10 rows"):
        model.predict([np.array([2, 10])])
    with pytest.raises(ValueError, match="labels must be 0 to 1, got 0 to 2"):
        model.loss_and_grads(DOCUMENTS, np.array([0, 1, 2, 0]))
    for options in ({"n_classes": 1}, {"pooling": "sum"}, {"dropout": 1.0}):
        with pytest.raises(ValueError, match="must"):
            make(rng, **options)


@BOTH
@POOLINGS
def test_saving_keeps_the_model(rng, tmp_path, n_classes, pooling):
    """Catches settings or numbers lost on the way, and a file name that changes."""
    model = make(rng, n_classes, pooling=pooling, dropout=0.25, freeze_embeddings=True)
    model.save(tmp_path / "model.bin")
    loaded = TextClassifier.load(tmp_path / "model.bin")
    np.testing.assert_array_equal(loaded.logits(DOCUMENTS), model.logits(DOCUMENTS))
    assert vars(loaded).keys() == vars(model).keys()
    assert all(getattr(loaded, key) == value for key, value in vars(model).items() if key != "params")


def test_loading_something_else(tmp_path):
    """Catches pickles, which could run code, and tracebacks from deep inside NumPy."""
    (tmp_path / "text.npz").write_text("no model")
    np.savez(tmp_path / "other.npz", a=np.ones(2))
    np.savez(tmp_path / "pickle.npz", E=np.array([{}], dtype=object))
    for name in ("text.npz", "other.npz", "pickle.npz"):
        with pytest.raises(ValueError, match=rf"{name} is not a saved TextClassifier"):
            TextClassifier.load(tmp_path / name)


def test_evaluation_by_hand():
    """Catches a transposed confusion matrix, and columns that are compared with rows."""
    y, predicted = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 0, 2])
    assert accuracy(y, predicted) == pytest.approx(4 / 6)
    matrix = confusion_matrix(y, predicted, 4)
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]
    precision, recall, f1 = precision_recall_f1(matrix)
    np.testing.assert_allclose(precision, [1 / 2, 1 / 2, 1, 0])
    np.testing.assert_allclose(recall, [1 / 2, 1, 2 / 3, 0])
    np.testing.assert_allclose(f1, [1 / 2, 2 / 3, 4 / 5, 0])
    with pytest.raises(ValueError, match="got"):
        accuracy(y, predicted[:, None])
    with pytest.raises(ValueError, match="y_pred must be 0 to 1, got 0 to 2"):
        confusion_matrix(y[:4] % 2, predicted[:4], 2)


def test_misclassified_are_sorted_by_confidence():
    """Catches right predictions in the list, and indices of a sorted copy."""
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]])
    texts, y, predicted = ["a", "b", "c", "d"], np.array([1, 1, 0, 0]), np.array([0, 1, 1, 1])
    mistakes = misclassified(texts, y, predicted, probabilities)
    assert [(x.index, x.text, x.true, x.predicted, x.confidence) for x in mistakes] == [
        (0, "a", 1, 0, 0.9), (2, "c", 0, 1, 0.8), (3, "d", 0, 1, 0.7)]
    assert misclassified(texts, y, predicted, probabilities, limit=1) == mistakes[:1]
    assert misclassified(texts, y, y, probabilities) == []
    with pytest.raises(ValueError, match="3 texts, 4 labels"):
        misclassified(texts[:3], y, predicted, probabilities)


def test_baseline_learns_words_and_ngrams():
    """Catches another tokenization than the network's, and n-grams that are not counted."""
    texts, labels = ["I don't", "I do", "we don't", "we do"] * 3, [0, 1, 0, 1] * 3
    baseline = train_baseline(texts, labels, C=10)
    assert baseline.score(texts, labels) == 1
    assert "don't" in baseline[0].vocabulary_
    assert "i don't" in train_baseline(texts, labels, max_ngram=2, tfidf=True)[0].vocabulary_
