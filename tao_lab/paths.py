"""The folders with the files that a student opens. They are beside the library: the lab is used from a checkout."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LABS = ROOT / "labs"
# A student's own copies of the labs: beside the shipped ones, where git ignores them. If the checkout is read-only
# (somebody installed it for many users), they are in the student's home.
WORK = (ROOT if os.access(ROOT, os.W_OK) else Path.home()) / "my-labs"
DATASETS = ROOT / "datasets"
# Voila's page for our dashboards, as a Jupyter data directory; installing the package copies it to where Voila looks.
JUPYTER = ROOT / "share" / "jupyter"
# Settings that JupyterLab starts with, as a Jupyter configuration directory.
JUPYTER_CONFIG = ROOT / "etc" / "jupyter"

# Set if an instructor hands the lab out: JupyterLab does not list solutions, and `tao-lab solve` writes no solutions.
WITHOUT_SOLUTIONS = "TAO_LAB_WITHOUT_SOLUTIONS"
# Names the node of a class that dashboards show, with the class's code behind it: ws://192.168.1.5:9944/K7QM2FXA.
WATCHED_CLASS = "TAO_LAB_CLASS"


def without_solutions() -> bool:
    """Whether this lab was started for students who should not see solutions."""
    return os.environ.get(WITHOUT_SOLUTIONS, "").lower() not in ("", "0", "false", "no")
