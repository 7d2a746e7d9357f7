"""formgrader's pages with our templates: students have names, formulas are set without a network.

Most of it is settings, see nbgrader_settings.py. The list of submissions is made by the Jupyter server's extension, which has
no setting for it.
"""

import sys
from pathlib import Path

import nbgrader
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader

_OURS = Path(__file__).with_name("templates")
_NBGRADERS = Path(nbgrader.__file__).parent / "server_extensions/formgrader/templates"
TEMPLATES = [str(_OURS), str(_NBGRADERS)]  # folders of templates for submissions' pages, the first first


def install():
    """Let formgrader find our templates, where this process is a server that has loaded it."""
    extension = sys.modules.get("nbgrader.server_extensions.formgrader.formgrader")
    if extension is None or hasattr(extension.FormgradeExtension, "_own_settings"):
        return
    extension.FormgradeExtension._own_settings = extension.FormgradeExtension.init_tornado_settings
    extension.FormgradeExtension.init_tornado_settings = _set_up


def _set_up(self, webapp):
    self._own_settings(webapp)
    theirs = FileSystemLoader(_NBGRADERS)
    webapp.settings["nbgrader_jinja2_env"].loader = ChoiceLoader(
        [FileSystemLoader(_OURS / "formgrader"), theirs, PrefixLoader({"nbgrader": theirs})])
