"""How the documentation is built: without the internet, every warning an error.

Each plugin's README becomes a page of the reference by itself, so that a new plugin is a new folder here, too.
"""

import os
import tomllib
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

project = "rostra"
copyright = "the rostra authors"  # noqa: A001  (the name that Sphinx reads)
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

extensions = ["sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
highlight_language = "none"
nitpicky = False  # there is no inventory of Python's own names without the internet

autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autodoc_default_options = {"members": True, "show-inheritance": True, "special-members": "__call__"}
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
napoleon_google_docstring = True
napoleon_numpy_docstring = False

html_theme = "furo"
html_title = f"rostra {version}"
html_show_copyright = False


def write_pages_of_plugins() -> None:
    """One page for each plugin, made of its README; pages of plugins that are gone go, too."""
    folder = HERE / "_plugins"
    folder.mkdir(exist_ok=True)
    pages = {
        f"{readme.parent.name}.rst": f".. include:: {os.path.relpath(readme, folder)}\n"
        for readme in sorted(ROOT.glob("plugins/*/README.rst"))
    }
    for old in folder.iterdir():
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        page = folder / name
        if not page.exists() or page.read_text() != text:
            page.write_text(text)


def without_constructor(
    _: Sphinx, what: str, _name: str, item: Any, _options: Any, _signature: str | None, _returns: str | None
) -> tuple[str, str] | None:
    """A class whose documentation names no arguments is not made by its reader: rostra gives it."""
    is_given = what == "class" and "Args:" not in (item.__doc__ or "")
    return ("", "") if is_given else None


def setup(app: Sphinx) -> None:
    """Called by Sphinx before it looks for pages."""
    app.connect("autodoc-process-signature", without_constructor)
    write_pages_of_plugins()
