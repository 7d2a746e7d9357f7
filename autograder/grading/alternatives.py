"""What sample classes are made of, beside the mistakes: correct work written differently, and odd work."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from autograder.grading.misconceptions import source_of


@dataclass(frozen=True)
class Alternative:
    """A correct solution that is not the reference's.

    Parameters
    ----------
    item : str
        The item that it is for.
    name : str
        How it differs, as in "loops over the rows".
    function : callable
        It has the reference function's name and signature, and its behaviour.
    """

    item: str
    name: str
    function: Callable

    @property
    def source(self):
        """The function's source as a student would have written it."""
        source = source_of(self.function)
        return source[re.search(r"^(def|class) ", source, re.MULTILINE).start():]


class Alternatives(list):
    """The alternative solutions of one assignment."""

    def correct(self, item, name):
        """Decorator that adds a function, and leaves its name to the reference's function."""

        def add(function):
            self.append(Alternative(item, name, function))
            return vars(sys.modules[function.__module__])[function.__name__]

        return add

    def sources(self, which):
        """For every function the source of its first (0) or last (-1) alternative, for a sample of a class."""
        by_function = {}
        for alternative in self:
            by_function.setdefault(alternative.function.__name__, []).append(alternative.source)
        return {name: sources[which] for name, sources in by_function.items()}
