"""Where the files are that a student opens: beside the library, since the lab is used from a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LABS = ROOT / "labs"
DATASETS = ROOT / "datasets"
# Voila's page for our dashboards, and JupyterLab's defaults; installing the package copies them to where Jupyter looks.
JUPYTER = ROOT / "share" / "jupyter"
JUPYTER_CONFIG = ROOT / "etc" / "jupyter"
