"""The versions of dependencies, which stand in several files."""

import re
import tomllib

import pytest
from kit import KIT
from packaging.requirements import Requirement

PROJECT = tomllib.loads((KIT / "pyproject.toml").read_text())["project"]
PINNED = {
    requirement.name: str(requirement.specifier)
    for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    for requirement in [Requirement(text)]
}


@pytest.mark.parametrize("path", [
    "constraints.txt", "Makefile", *(str(path.relative_to(KIT)) for path in sorted((KIT / "source").glob("*/requirements.txt"))),
])
def test_versions_agree(path):
    """Catches a version raised in one place: set-up would fail, or students work with another one than grading."""
    stated = dict(re.findall(r"^(?:\t.* )?([a-z][\w.-]*)(==\S+)", (KIT / path).read_text(), re.MULTILINE))
    shared = stated.keys() & PINNED.keys()
    assert shared and {name: stated[name] for name in shared} == {name: PINNED[name] for name in shared}
