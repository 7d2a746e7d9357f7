"""Word vectors that somebody else trained: reading the two common text formats, filling an embedding matrix.

Both formats hold one word a line, followed by its d numbers, separated by single spaces. word2vec's text
format has a first line "count d" before them, GloVe's has not. A word may contain spaces (GloVe's 840B file
has such), so a line is read from its right end. Binary word2vec files are left out.
"""

import numpy as np
from tqdm import tqdm

from reference.embeddings import init_embeddings


def load_word2vec(path, keep=None, progress=True):
    """Read vectors in word2vec's text format.

    Parameters
    ----------
    path : str or Path
    keep : container of str or None
        Read only these words (a `Vocabulary` will do): the published files have millions of lines, a corpus
        needs a few thousand.
    progress : bool
        Show a bar once the work has taken two seconds.

    Returns
    -------
    dict of str to ndarray, shape (d,)
        The first line wins if a word comes twice.

    Raises
    ------
    ValueError
        For a bad line; the message names the file, the line and what is wrong with it.
    """
    with open(path, "rb") as lines:
        header = lines.readline().split()
        if len(header) != 2 or not all(part.isdigit() for part in header) or int(header[1]) == 0:
            raise ValueError(f"{path}, line 1: expected 'count dimension', as word2vec's text format begins; "
                             "for a file without that line use load_glove")
        count, dim = map(int, header)
        vectors, n_lines = _read(lines, path, dim, keep, first_line=2, progress=progress)
    if n_lines != count:
        raise ValueError(f"{path}, line 1: promises {count} vectors, but {n_lines} follow: is it complete?")
    return vectors


def load_glove(path, dim=None, keep=None, progress=True):
    """Read vectors in GloVe's text format; parameters, result and errors as `load_word2vec`.

    Parameters
    ----------
    path : str or Path
    dim : int or None
        Numbers a line; None counts them in the first line, whose word must then not contain a space.
    keep, progress
        As `load_word2vec`.
    """
    with open(path, "rb") as lines:
        first = lines.readline().split(b" ")
        if dim is None:
            dim = len([part for part in first if part.strip()]) - 1
            if dim == 1 and all(part.strip().isdigit() for part in first):
                raise ValueError(f"{path}, line 1: 'count dimension' is how word2vec's text format begins: "
                                 "use load_word2vec")
        if dim < 1:
            raise ValueError(f"{path}, line 1: expected a word and numbers, found {b' '.join(first)!r:.40}")
        lines.seek(0)
        return _read(lines, path, dim, keep, first_line=1, progress=progress)[0]


def pretrained_matrix(vocabulary, vectors, rng, scale=0.1):
    """An embedding matrix for a vocabulary: pre-trained rows where there are any, random ones elsewhere.

    Parameters
    ----------
    vocabulary : Vocabulary
    vectors : dict of str to ndarray, shape (d,)
        As the loaders return it; not empty.
    rng : numpy.random.Generator
    scale : float
        Standard deviation of the random rows, as `init_embeddings`.

    Returns
    -------
    E : ndarray, shape (V, d)
    found : ndarray of bool, shape (V,)
        Which rows are pre-trained; found.mean() is the coverage.

    Raises
    ------
    ValueError
        If there are no vectors, so that d is unknown.
    """
    if not vectors:
        raise ValueError("no pre-trained vectors: none of the vocabulary's words is in the file "
                         "(upper case? another language?)")
    E = init_embeddings(len(vocabulary), len(next(iter(vectors.values()))), rng, scale)
    found = np.array([token in vectors for token in vocabulary.tokens])
    for row in np.flatnonzero(found):
        E[row] = vectors[vocabulary.tokens[row]]
    return E, found


def _read(lines, path, dim, keep, first_line, progress):
    """The vectors of all lines that are left, and how many lines there were."""
    vectors, n_lines = {}, 0
    bar = tqdm(lines, desc="read vectors", unit="line", delay=2, disable=not progress)
    for number, line in enumerate(bar, start=first_line):
        # bytes, split at single spaces: str.split() would also cut words at their non-breaking spaces
        word, numbers = _split(line, dim, f"{path}, line {number}")
        n_lines += 1
        if word in vectors or (keep is not None and word not in keep):
            continue
        try:
            vector = np.array(numbers, dtype=np.float64)
        except ValueError:
            raise ValueError(f"{path}, line {number}: not every value after {word!r} is a number") from None
        if not np.isfinite(vector).all():
            raise ValueError(f"{path}, line {number}: the vector of {word!r} is not finite")
        vectors[word] = vector
    return vectors, n_lines


def _split(line, dim, where):
    parts = line.rstrip(b" \r\n").rsplit(b" ", dim)
    if len(parts) != dim + 1 or not parts[0]:
        raise ValueError(f"{where}: expected a word and {dim} numbers, found {len(parts) - 1}")
    if b" " in parts[0] and _is_number(parts[0].rsplit(b" ", 1)[1]):
        raise ValueError(f"{where}: expected a word and {dim} numbers, found more")
    try:
        return parts[0].decode("utf-8"), parts[1:]
    except UnicodeDecodeError:
        raise ValueError(f"{where}: the word is not UTF-8 text") from None


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
