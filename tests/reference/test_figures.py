"""Figures: each is drawn from small real inputs, and its texts are read back from where they ended up."""

import io
import itertools
import warnings

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from reference.activations import sigmoid
from reference.classifier import TextClassifier
from reference.figures import lecture
from reference.figures.activation_functions import plot_activations
from reference.figures.computation_graph import draw_computation_graph
from reference.figures.confusion import plot_confusion_matrix
from reference.figures.embedding_space import plot_embedding_space
from reference.figures.gradient_flow import plot_gradient_flow
from reference.figures.layer_activations import plot_layer_activations
from reference.figures.loss_landscape import plot_loss_landscape
from reference.figures.mlp_diagram import draw_mlp
from reference.figures.optimizer_paths import descend, plot_optimizer_paths
from reference.figures.pooling import plot_pooling
from reference.figures.projection import principal_axes
from reference.figures.style import LINES, OKABE_ITO, number
from reference.figures.text_flow import draw_text_flow
from reference.figures.training_curves import plot_loss_curves, plot_training_gallery
from reference.figures.vocabulary_size import coverage_by_size, plot_vocabulary_size
from reference.initialization import init_params
from reference.losses import bce_from_logits
from reference.network import forward, layer_gradient_norms
from reference.optimizers import SGD, Adam, Momentum
from reference.text import Vocabulary, tokenize
from reference.training import History

X_XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
Y_XOR = np.array([[0.0], [1], [1], [0]])
SENTENCE = "the plot was dull but the ending was wonderful"
POOLED = np.array([[0.1, -0.2, 0.3], [-1.4, 0.9, 0.2], [0.1, 0.3, -0.2]])


def classifier(n_classes=2, pooling="mean", dim=12):
    vocabulary = Vocabulary(sorted(set(tokenize(SENTENCE))))
    model = TextClassifier.with_random_embeddings(
        len(vocabulary), n_classes, np.random.default_rng(0), embed_dim=dim, hidden=16, pooling=pooling)
    return model, vocabulary


def xor_path(steps=4):
    params = init_params([2, 3, 1], np.random.default_rng(0))
    shift = init_params([2, 3, 1], np.random.default_rng(1))
    return [{name: params[name] + t * (1 + 0.1 * t) * shift[name] for name in params} for t in range(steps)]


def xor_loss(params):
    return bce_from_logits(forward(params, X_XOR)[0], Y_XOR)


def history(losses, validation=(), diverged=False):
    steps = list(np.repeat(losses, 3))
    return History(train_loss=list(losses), validation_loss=list(validation), step_loss=steps,
                   diverged=diverged)


def words_and_vectors(n=30):
    rng = np.random.default_rng(0)
    classes = ["good" if i % 2 else "bad" for i in range(n)]
    vectors = rng.normal(size=(n, 6)) + 3.0 * (np.arange(n) % 2)[:, None]
    return vectors, [f"word{i}" for i in range(n)], classes


RUNS = {
    "Good fit": history([0.7, 0.4, 0.3], [0.6, 0.4, 0.35]),
    "Overfitting": history([0.7, 0.2], [0.6, 0.9]),
    "Underfitting": history([0.69, 0.69], [0.7, 0.7]),
}
RATES = {
    0.01: history([0.7, 0.69]),
    1.0: history([0.7, 0.2]),
    9.0: history([0.7, 1e6, np.inf], diverged=True),
}
OPTIMIZERS = {"SGD": lambda: SGD(0.09), "Momentum": lambda: Momentum(0.3), "Adam": lambda: Adam(0.4)}

FIGURES = {
    "activations": plot_activations,
    "mlp": lambda: draw_mlp([64, 128, 1]),
    "mlp, full": lambda: draw_mlp([30000, 3000, 1000, 512, 256, 10], output="softmax"),
    "computation graph": lecture.neuron_graph,
    "text flow": lambda: draw_text_flow(*classifier(), SENTENCE + " glorptastic", ["negative", "positive"]),
    "text flow, full": lambda: draw_text_flow(
        *classifier(4, "max"), "extraordinarily " * 12, ["World", "Sports", "Business", "Sci/Tech"]),
    "text flow, trained": lecture.sentence_flow,
    "layers": lambda: plot_layer_activations(
        forward(init_params([2, 8, 8, 1], np.random.default_rng(0)), np.repeat(X_XOR, 5, axis=0))[1],
        np.repeat(Y_XOR, 5, axis=0)),
    "gradient flow": lambda: plot_gradient_flow({
        name: layer_gradient_norms(init_params([2, 8, 8, 8, 1], np.random.default_rng(0)), X_XOR, Y_XOR, name)
        for name in ("sigmoid", "relu")}),
    "landscape": lambda: plot_loss_landscape(xor_loss, xor_path(), resolution=9),
    "landscape, random": lambda: plot_loss_landscape(
        xor_loss, xor_path(), "random", np.random.default_rng(0), resolution=9),
    "optimizers": lambda: plot_optimizer_paths(OPTIMIZERS, steps=20),
    "gallery": lambda: plot_training_gallery(RUNS, RATES),
    "losses": lambda: plot_loss_curves({**RATES, "Adam": history([0.7, 0.1])}),
    "embeddings": lambda: plot_embedding_space(*words_and_vectors()),
    "pooling": lambda: plot_pooling(POOLED, ["the", "awful", "plot"]),
    "pooling, full": lambda: plot_pooling(
        np.random.default_rng(0).normal(size=(10, 8)), [f"longword{i}" for i in range(10)]),
    "pooling, trained": lecture.pooling_compared,
    "confusion, two classes": lambda: plot_confusion_matrix([[166, 34], [32, 168]], ["negative", "positive"]),
    "confusion, four classes": lambda: plot_confusion_matrix(
        np.arange(16).reshape(4, 4) * 100, ["World", "Sports", "Business", "Sci/Tech"]),
    "vocabulary": lambda: plot_vocabulary_size(
        [10, 100, 1000], {"training texts": [0.3, 0.6, 0.97], "new texts": [0.3, 0.58, 0.9]}, 64),
}
DIAGRAMS = [name for name in FIGURES if name.startswith(("mlp", "computation graph", "text flow", "pooling"))]


@pytest.fixture(scope="module")
def drawn():
    """Each figure once, drawn to pixels; a warning is an error."""
    figures = {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, make in FIGURES.items():
            figures[name] = make()
            figures[name].savefig(io.BytesIO(), format="png")
    return figures


def texts(figure):
    """Every text that is visible, ticks outside the axes' limits left out."""
    found = list(figure.texts) + [text for legend in figure.legends for text in legend.get_texts()]
    for ax in figure.axes:
        found += ax.texts
        if ax.get_legend():
            found += ax.get_legend().get_texts()
        if not ax.axison:
            continue
        found += [ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label]
        for axis, sides in ((ax.xaxis, ax.get_xlim()), (ax.yaxis, ax.get_ylim())):
            ticks = axis.get_major_ticks() + axis.get_minor_ticks()
            found += [tick.label1 for tick in ticks if min(sides) <= tick.get_loc() <= max(sides)]
    return [text for text in found if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("name", FIGURES)
def test_every_text_is_inside_the_figure(drawn, name):
    """Catches a title, a note or a label that runs over the edge."""
    figure = drawn[name]
    assert isinstance(figure, Figure)
    assert texts(figure)
    for text in texts(figure):
        box = text.get_window_extent()
        assert box.x0 >= -1 and box.y0 >= -1, text.get_text()
        assert box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1, text.get_text()


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_written_over_another(drawn, name):
    """Catches labels on top of each other, in diagrams and at the ends of lines."""
    boxes = [(text.get_text(), text.get_window_extent().padded(-1.5)) for text in texts(drawn[name])]
    for (one, box), (other, other_box) in itertools.combinations(boxes, 2):
        assert not box.overlaps(other_box), (one, other)


@pytest.mark.parametrize("name", [name for name in FIGURES if name not in DIAGRAMS])
def test_panels_have_titles_and_axis_labels(drawn, name):
    """Catches an axis of which nobody knows what it counts."""
    for ax in drawn[name].axes:
        if ax.axison and ax.get_label() != "<colorbar>":
            place, title = ax.get_subplotspec(), ax.get_title(loc="left")
            assert title
            assert ax.get_xlabel() or not place.is_last_row(), title
            assert ax.get_ylabel() or not place.is_first_col(), title


@pytest.mark.parametrize("name", FIGURES)
def test_lines_are_in_the_palette_and_differ_without_colour(drawn, name):
    """Catches a stray default colour, and two lines that a print without colour cannot tell apart."""
    palette = {colour.lower() for colour in OKABE_ITO.values()}
    greys = {"#222222", "#6b6b6b", "#d5d5d5"}
    for ax in drawn[name].axes:
        named = [curve for curve in ax.lines if not curve.get_label().startswith("_")]
        assert {to_hex(curve.get_color()) for curve in ax.lines} <= palette | greys
        looks = [(curve.get_linestyle(), curve._unscaled_dash_pattern, curve.get_marker()) for curve in named]
        assert len(set(map(str, looks))) == len(looks)


def test_a_notebook_can_show_them(drawn):
    """Catches figures that a notebook prints as <Figure size ...> for want of pyplot."""
    assert drawn["mlp"]._repr_png_().startswith(b"\x89PNG")


def test_seven_lines_can_be_told_apart():
    """Catches a colour, dash pattern or marker used twice."""
    for key in ("color", "linestyle", "marker"):
        assert len({str(look[key]) for look in LINES}) == len(LINES) == 7


@pytest.mark.parametrize("name", ["losses", "layers"])
def test_the_users_settings_neither_matter_nor_change(name):
    """Catches a style that leaks out, or a notebook's style that leaks in when ticks are made late."""
    theirs = {"font.size": 23.0, "xtick.labelsize": 31.0, "xtick.major.size": 20.0, "lines.linewidth": 9.0}
    with matplotlib.rc_context(theirs):
        pictures = [FIGURES[name]()._repr_png_()]
        assert {key: matplotlib.rcParams[key] for key in theirs} == theirs
    assert pictures == [FIGURES[name]()._repr_png_()]


def all_text(figure):
    return "\n".join(text.get_text() for text in texts(figure))


def test_the_worked_example_shows_the_models_own_numbers(drawn):
    """Catches numbers in the diagram that are not what the classifier computes."""
    model, vocabulary = classifier()
    ids = vocabulary.encode([*tokenize(SENTENCE), "glorptastic"])
    logits, cache = model.forward([ids])
    written = all_text(drawn["text flow"])
    for value in (*model.params["E"][ids[0], :7], *cache["pooled"][0, :7], *cache["A1"][0, :7], logits[0, 0]):
        assert number(value) in written
    assert f"P(positive) = {sigmoid(logits)[0, 0]:.2f}" in written
    assert f"embeddings [{len(ids)}, 12]" in written and "W^{[1]}$: 16 × 12" in written and "<unk>" in written


def test_the_mlp_states_shapes_and_parameters(drawn):
    """Catches W[l] written as (n_{l-1}, n_l), and a count without biases."""
    written = all_text(drawn["mlp"])
    assert "W^{[1]}$: 128 × 64" in written and "W^{[2]}$: 1 × 128" in written
    assert "8,320 + 129 = 8,449 parameters" in written


def test_the_graph_has_the_numbers_of_autograd():
    """Catches a gradient with another sign, or on another edge."""
    w, x, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (0.7, -2.0, 0.3))
    product = w * x
    z = product + b
    a = torch.sigmoid(z)
    for inner in (product, z, a):
        inner.retain_grad()
    loss = -torch.log(a)
    loss.backward()
    figure = draw_computation_graph(0.7, -2.0, 0.3)
    edges = [text.get_text() for text in texts(figure) if text.get_fontsize() == 9.5][:14]
    along = [number(value.item(), 3) for one in (w, x, product, b, z, a) for value in (one, one.grad)]
    assert edges == [*along, number(loss.item(), 3), "1.000"]


def test_pooling_says_what_is_kept(drawn):
    """Catches a wrong mean or maximum, and a wrong share of the words."""
    written = all_text(drawn["pooling"]).split("\n")
    for value in (*POOLED.mean(axis=0), *POOLED.max(axis=0)):
        assert number(value) in written
    # the mean: one third each; the maximum: "the" wins a tie and dimension 3, "awful" the other one
    assert written.count("1/3") == 3 + 1 and written.count("2/3") == 1 and written.count("0/3") == 1
    assert "−1.40 of “awful” in dimension 1, is lost" in " ".join(written)


def test_confusion_percentages_are_of_rows(drawn):
    """Catches percentages of columns or of everything."""
    written = all_text(drawn["confusion, two classes"])
    for expected in ("83.0%", "17.0%", "16.0%", "84.0%", "334 of 400 right (83.5%)"):
        assert expected in written


def test_a_diverged_run_does_not_swallow_the_others(drawn):
    """Catches a scale up to 1e6 on which all other runs are one flat line."""
    ax = drawn["losses"].axes[0]
    assert ax.get_ylim()[1] <= 7.0
    assert "lr 9, diverged" in all_text(drawn["losses"])


def test_the_landscape_is_the_loss():
    """Catches parameters put back in the wrong order or shape, on a path that lies in the plane."""
    path = xor_path()
    along = plot_loss_landscape(xor_loss, path, resolution=5).axes[1]
    of_network, of_shadow = (curve.get_ydata() for curve in along.lines[:2])
    np.testing.assert_allclose(of_network, [xor_loss(params) for params in path])
    np.testing.assert_allclose(of_shadow, of_network, atol=1e-9)


def test_principal_axes_find_the_plane_of_flat_data():
    """Catches axes that are not orthonormal, in the wrong order, or not those of the data."""
    rng = np.random.default_rng(0)
    plane = np.array([[1.0, 0, 0, 1], [0, 1, 1, 0]]) / np.sqrt(2)
    X = rng.normal(size=(50, 2)) * [5, 1] @ plane + 3.0
    axes, shares = principal_axes(X)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(shares.sum(), 1.0)
    assert shares[0] > 0.9
    centred = X - X.mean(axis=0)
    np.testing.assert_allclose(centred @ axes.T @ axes, centred, atol=1e-9)


def test_descent_follows_the_gradient():
    """Catches the gradient of another surface: one SGD step by hand."""
    path = descend(SGD(0.1), 20.0, (-4.0, 1.5), 1)
    np.testing.assert_allclose(path, [[-4.0, 1.5], [-4.0 + 0.1 * 4.0, 1.5 - 0.1 * 20 * 1.5]])


def test_coverage_counts_running_words_as_the_vocabulary_does():
    """Catches sizes without the two special tokens, and shares of different instead of running words."""
    train = [["a", "a", "a", "b", "b", "c"]]
    new = [["a", "b", "z", "a"], ["c"]]
    sizes = [2, 3, 4, 5, 9]
    vocabularies = [Vocabulary.build(train, max_size=size) for size in sizes]
    expected = [np.mean([token in known for token in ("a", "b", "z", "a", "c")]) for known in vocabularies]
    np.testing.assert_allclose(coverage_by_size(train, new, sizes), expected)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: plot_activations(z_max=1),
        lambda: draw_mlp([4]),
        lambda: draw_computation_graph(1.0, -1e4, 0.0),
        lambda: draw_mlp([4, 0, 1]),
        lambda: draw_text_flow(*classifier(), "?!", ["a", "b"]),
        lambda: draw_text_flow(*classifier(), "word " * 13, ["a", "b"]),
        lambda: draw_text_flow(*classifier(), SENTENCE, ["a"]),
        lambda: draw_text_flow(classifier()[0], Vocabulary(["a"]), SENTENCE, ["a", "b"]),
        lambda: plot_layer_activations({}),
        lambda: plot_layer_activations({"A0": X_XOR, "Z1": X_XOR}, y=[1]),
        lambda: plot_gradient_flow({}),
        lambda: plot_gradient_flow({"relu": [0.0, 0.0]}),
        lambda: plot_gradient_flow({"relu": [1.0, np.nan]}),
        lambda: plot_loss_landscape(xor_loss, xor_path(2)),
        lambda: plot_loss_landscape(xor_loss, [xor_path()[0]] * 3),
        lambda: plot_loss_landscape(xor_loss, xor_path(), "up"),
        lambda: plot_loss_landscape(lambda params: 1.0, xor_path(), resolution=3),
        lambda: plot_loss_landscape(lambda params: np.inf, xor_path(), resolution=3),
        lambda: plot_loss_landscape(xor_loss, xor_path(), "random"),
        lambda: plot_optimizer_paths({}),
        lambda: plot_training_gallery({}),
        lambda: plot_training_gallery({"empty": History()}),
        lambda: plot_loss_curves({0.1: History()}),
        lambda: plot_embedding_space(*words_and_vectors(4)),
        lambda: plot_embedding_space(np.ones((9, 3)), list("abcdefghi"), ["x"] * 9),
        lambda: plot_embedding_space(np.eye(9), list("abcdefghi"), list("abcdefghi")),
        lambda: plot_pooling(np.ones((11, 3)), ["w"] * 11),
        lambda: plot_pooling(POOLED, ["one"]),
        lambda: plot_confusion_matrix(np.ones((2, 3)), ["a", "b"]),
        lambda: plot_confusion_matrix(np.zeros((2, 2)), ["a", "b"]),
        lambda: plot_vocabulary_size([3, 2], {}, 4),
        lambda: plot_vocabulary_size([2, 3], {"new": [0.1]}, 4),
        lambda: coverage_by_size([["a"]], [[]], [2, 3]),
        lambda: coverage_by_size([["a"]], [["a"]], [1]),
    ],
)
def test_wrong_arguments_end_in_one_line(wrong):
    """Catches an input that ends in a traceback from inside Matplotlib or NumPy, or in a wrong picture."""
    with pytest.raises(ValueError, match=r"^[^\n]{15,200}$"):
        wrong()
