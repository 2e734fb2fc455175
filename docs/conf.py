"""Settings of Sphinx, which makes the site. `make docs` lays out its sources in build/ and calls it."""

import importlib.util
import re

import tao_lab

project = "TAO Lab"
author = "the authors of TAO Lab"
copyright = "the authors of TAO Lab; MIT licence"
version = release = tao_lab.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
root_doc = "index"

# The notebooks come with their outputs; widgets are replaced by what stays of them, so no page needs a CDN.
nb_execution_mode = "off"
nb_ipywidgets_js = {}
nb_output_stderr = "remove"
myst_heading_anchors = 4
suppress_warnings = [
    "docutils",  # a docstring is written for its reader in Python first
    "ref.python",  # two classes of one name: a docstring names it as its own module does
]

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_class_signature = "separated"
autodoc_preserve_defaults = True
autodoc_mock_imports = [] if importlib.util.find_spec("torch") else ["torch", "transformers"]
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries = False  # modules are enough in the margin, and every page carries it

html_theme = "furo"
html_title = "TAO Lab"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
copybutton_exclude = ".linenos, .gp, .go"

NAMES = {
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    '<aside class="sidebar-drawer"': '<aside class="sidebar-drawer" aria-label="Pages"',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
}
CODE = re.compile(r"(?<![`:])`((?:[^`\n]|\n(?!\s*\n))+)`(?!`)(\w?)")


def code_between_backticks(app, what, name, found, options, lines):
    """Docstrings write code between single backticks, as Markdown does; Sphinx wants two."""
    text = CODE.sub(lambda match: f"``{match[1]}``" + ("\\ " + match[2] if match[2] else ""), "\n".join(lines))
    lines[:] = text.split("\n")


def made_files(app, config):
    """The pages' own files lie beside the sources that are laid out: one of them is made."""
    config.html_static_path = [str(app.srcdir / "_static")]


def charts_where_there_are_some(app, name, template, context, doctree):
    """Vega is large: only pages with charts load it."""
    if 'class="tl-chart"' in context.get("body", ""):
        app.add_js_file("charts.js", loading_method="defer")


def names_of_parts(app, error):
    """Say to a screen reader which part of a page is which; furo leaves these names out."""
    if error or app.builder.format != "html":
        return
    for page in app.outdir.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for part, named in NAMES.items():
            text = text.replace(part, named)
        page.write_text(text, encoding="utf-8")


def setup(app):
    """What Sphinx calls first."""
    app.connect("config-inited", made_files)
    app.connect("build-finished", names_of_parts)
    app.connect("html-page-context", charts_where_there_are_some)
    app.connect("autodoc-process-docstring", code_between_backticks, priority=100)
