"""Why it works and where it stops: the lecture's claims, each as a small program that measures it.

linear_collapse       a stack of linear layers is one matrix
vectorization         the same layer in loops and as one product
ngram_sparsity        most long n-grams of a new text were never seen; counts know no similar words
next_token            a language model is a classifier over the vocabulary
order_invariance      the same words in another order: the same prediction
long_range_contrast   "started well, but ...": errors by phenomenon
unknown_words         what is left when words are not in the vocabulary
vocabulary_size       coverage against parameters

    python -m reference.demonstrations.order_invariance        prints a table; so do the others

Each module has one function `measure`, which returns a dataclass of numbers. All texts are the embedded ones.
"""
