"""Five derivations, each step as text, formula and check.

universal_approximation     what one hidden layer can do: the statement, why it is plausible, evidence
backpropagation_two_layer   every gradient of input -> ReLU -> sigmoid with binary cross-entropy
cross_entropy_gradients     why both are y_hat - y
embedding_gradient          from the document vector back to the rows of E
optimizer_rules             SGD, momentum, Adam with its bias correction, AdamW

    python -m reference.derivations                            check every step, print the disagreements
    python -m reference.derivations embedding_gradient         print one as Markdown, ready for a notebook
"""

from importlib import import_module

NAMES = (
    "universal_approximation",
    "backpropagation_two_layer",
    "cross_entropy_gradients",
    "embedding_gradient",
    "optimizer_rules",
)


def load(name):
    """The `Derivation` of one of the `NAMES`."""
    return import_module(f"reference.derivations.{name}").DERIVATION
