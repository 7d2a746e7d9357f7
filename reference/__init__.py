"""The lecture "Neural Networks for NLP" as code: one idea a file, NumPy first, nothing hidden.

Conventions, the lecture's own: a batch is a matrix with one example per row, X is (m, n); layer l has a weight
matrix W[l] of shape (n_l, n_{l-1}) and a bias b[l] of shape (n_l,); Z = X W^T + b. Losses are means over the
batch, so the factor 1/m enters once, at the output, and every gradient further back carries it along.
Everything is float64 unless a file says otherwise, and every random draw comes from a Generator passed in.
"""
