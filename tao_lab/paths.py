"""Where the files are that a student opens: in a checkout beside the library, in a wheel inside it."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = _PACKAGE.parent
ROOT = _CHECKOUT if (_CHECKOUT / "labs").is_dir() else _PACKAGE / "share"
LABS = ROOT / "labs"
DATASETS = ROOT / "datasets"
# Voila's templates, in the form of a Jupyter data directory.
JUPYTER = _PACKAGE / "views" / "jupyter"
