"""Where the files are that a student opens: beside the library, since the lab is used from a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LABS = ROOT / "labs"
DATASETS = ROOT / "datasets"
# Voila's templates, in the form of a Jupyter data directory.
JUPYTER = _PACKAGE / "views" / "jupyter"
