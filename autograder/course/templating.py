"""Templates of the pages that are ours: what is put into them is escaped, and a name that is not given is an error."""

import functools

from jinja2 import Environment, PackageLoader, StrictUndefined

from autograder.course.shown import visible


@functools.cache
def template(name):
    """A template by its file's name (jinja2.Template)."""
    environment = Environment(
        loader=PackageLoader("autograder.course"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True)
    environment.filters |= {"visible": visible, "points": lambda number: f"{round(number, 2):g}"}
    return environment.get_template(name)
