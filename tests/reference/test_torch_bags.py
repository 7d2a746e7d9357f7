"""The labs' classifier in PyTorch computes what the reference computes, and leaves padding out of everything."""

import numpy as np
import pytest
import torch

from reference.classifier import TextClassifier
from reference.torch_bags import WordDropout, WordIds, bag_network, evaluate, fit

TEXTS = ["A good film, good!", "Don't see it", "", "a film; it isn't GOOD?", "see"]


def test_words_get_ids_and_everything_else_is_unknown_or_padding():
    """Catches an apostrophe that cuts a word, a rare word with a row, a text without words that breaks the rectangle."""
    vocabulary = WordIds(TEXTS)
    assert vocabulary.words == ["<pad>", "<unk>", "a", "film", "good", "it", "see"] and len(vocabulary) == 7
    assert vocabulary.split("Don't  STOP, rock'n'roll_now") == ["don't", "stop", "rock'n'roll", "now"]
    assert vocabulary.encode(["Good, unheard-of film", "", "see"]).tolist() == [[4, 1, 1, 3], [0, 0, 0, 0], [6, 0, 0, 0]]
    assert vocabulary.encode([""]).shape == (1, 1)
    assert WordIds(TEXTS, max_words=2).encode(["see it a film"]).tolist() == [[6, 5]]


@pytest.mark.parametrize("pooling", ["mean", "max"])
def test_logits_are_those_of_the_reference(pooling):
    """Catches a pooling that counts padding, a missing bias, dropout that is on."""
    model = bag_network(50, embed_dim=6, hidden=(5,), dropout=0.5, word_dropout=0.5, pooling=pooling, seed=3).double().eval()
    _, words, hidden, _, _, output = model
    twin = TextClassifier(words.weight.detach().numpy(), 2, np.random.default_rng(0), hidden=5, pooling=pooling)
    twin.params |= {"W1": hidden.weight.detach().numpy(), "b1": hidden.bias.detach().numpy(),
                    "W2": output.weight.detach().numpy(), "b2": output.bias.detach().numpy()}
    rng = np.random.default_rng(1)
    documents = [rng.integers(1, 50, size=n) for n in (1, 7, 3, 12)]
    ids = torch.nn.utils.rnn.pad_sequence([torch.tensor(d) for d in documents], batch_first=True)
    for rectangle in (ids, torch.nn.functional.pad(ids, (0, 9))):
        assert np.allclose(model(rectangle).detach().numpy(), twin.logits(documents), atol=1e-12)


def test_word_dropout_leaves_words_out_in_training_only():
    """Catches dropout at prediction, and a share that is not p."""
    ids, layer = torch.full((200, 50), 7), WordDropout(0.3)
    assert torch.equal(layer.eval()(ids), ids)
    dropped = layer.train()(ids)
    assert set(dropped.unique().tolist()) == {0, 7} and abs((dropped == 0).float().mean() - 0.3) < 0.02


def test_training_learns_repeatably_and_is_measured_without_dropout():
    """Catches a training that does not move, a forgotten seed, curves measured in training mode, a mode left changed."""
    rng = np.random.default_rng(0)
    y = torch.tensor(rng.integers(0, 2, 200), dtype=torch.float32)
    ids = torch.tensor(rng.integers(2, 40, (200, 9)))
    ids[:, 0] = 40 + y.long()  # one word tells
    data = ids, y

    def trained():
        model = bag_network(42, dropout=0.5, seed=5)
        return model, fit(model, data, data, epochs=6, lr=0.03, weight_decay=0.01)

    model, curves = trained()
    assert curves == trained()[1] and set(curves) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert curves["loss"] == curves["val_loss"] and curves["accuracy"][-1] > 0.95 > curves["accuracy"][0]
    assert model.training and evaluate(model, *data) == evaluate(model, *data) == (curves["loss"][-1], curves["accuracy"][-1])
    assert model.training
    assert set(fit(bag_network(42), data, epochs=1)) == {"loss", "accuracy"}
