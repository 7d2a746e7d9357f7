"""The lecture's figures: each function takes data, draws it and returns a Matplotlib Figure.

activation_functions.py  plot_activations: the functions and their derivatives, dead ReLU, GELU's dip
mlp_diagram.py           draw_mlp: nodes, connections and the shape of every W[l]
computation_graph.py     draw_computation_graph: a neuron's operations, forward and backward numbers on the edges
text_flow.py             draw_text_flow: one sentence through a trained classifier, with its numbers
layer_activations.py     plot_layer_activations: what a batch looks like in every layer
gradient_flow.py         plot_gradient_flow: how much gradient reaches each layer
loss_landscape.py        plot_loss_landscape: the loss on a plane through parameter space, and the way taken
optimizer_paths.py       plot_optimizer_paths: a bowl and a ravine, paths and losses side by side
training_curves.py       plot_training_gallery, plot_loss_curves: good and bad fits, learning rates
embedding_space.py       plot_embedding_space: PCA and t-SNE, words by class
pooling.py               plot_pooling: what mean and max keep and lose
lecture.py               the pictures that notebooks show ready-made
confusion.py             plot_confusion_matrix: counts and row percentages
vocabulary_size.py       plot_vocabulary_size, coverage_by_size: known words against parameters
style.py                 the shared look; projection.py: the PCA that two of them need

The figures do not go through pyplot: none stays open, and a notebook shows a figure once, as the value of its
cell. Elsewhere `figure.savefig("a.png")` writes it. Only lecture.py trains a network, and wrong arguments end in
a ValueError of one line.
"""
