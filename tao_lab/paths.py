"""Where the files are that a student opens: beside the library, since the lab is used from a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent
LABS = ROOT / "labs"
DATASETS = ROOT / "datasets"
# Voila's template, in the form of a Jupyter data directory, and JupyterLab's defaults, in that of a configuration.
JUPYTER = PACKAGE / "views" / "jupyter"
JUPYTER_CONFIG = PACKAGE / "views" / "jupyter_config"
