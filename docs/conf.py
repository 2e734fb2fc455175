"""Settings of Sphinx, which makes the site. `make docs` lays out its sources in build/ and calls it."""

import importlib

import tao_lab

project = "TAO Lab"
author = "the authors of TAO Lab"
copyright = "the authors of TAO Lab; MIT licence"
version = release = tao_lab.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb", ".rst": "restructuredtext"}
root_doc = "index"
exclude_patterns = ["_build", "labs/start.ipynb"]  # the start page draws its reader's own progress

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
default_role = "literal"  # a single backtick in a docstring is code
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries = False  # modules are enough in the margin, and every page carries it

html_theme = "furo"
html_title = "TAO Lab"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {"navigation_with_keys": True}
copybutton_exclude = ".linenos, .gp, .go"
