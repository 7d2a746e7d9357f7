"""Templates of the pages that are ours: what is put into them is escaped, and a name that is not given is an error."""

import functools

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from autograder.course.shown import visible

_OURS = "autograder.course"


def points(number):
    """A number of points as it is shown."""
    return f"{round(number, 2):g}"


def in_points(number):
    """The same with its unit."""
    return f"{points(number)} {'point' if number == 1 else 'points'}"


@functools.cache
def template(name, package=_OURS):
    """A template by its file's name (jinja2.Template), of a package that may use those of this one."""
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(one) for one in dict.fromkeys((package, _OURS))]), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"visible": visible, "points": points, "in_points": in_points}
    return environment.get_template(name)
