"""Jupyter servers for the lab: the same command and settings for a person, a test and a screenshot."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tao_lab import paths


def lab_command(folder: Path, notebook: str = "") -> list[str]:
    """JupyterLab at a folder, on this machine only.

    Args:
        folder: that it shows.
        notebook: in the folder, to open first; without one, JupyterLab opens what was open the last time.
    """
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    command += [f"--LabApp.default_url=/lab/tree/{notebook}"] if notebook else []
    # Jupyter refuses to run as root unless told to; a container is often root
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*command, *root]


def voila_command(notebooks: Path = paths.LABS / "dashboards") -> list[str]:
    """Voila with the lab's template at a notebook or a folder of them, on this machine only."""
    return [sys.executable, "-m", "voila", str(notebooks), "--template=tao-lab", "--Voila.ip=127.0.0.1"]


def environment() -> dict[str, str]:
    """This process's environment, in which Jupyter takes template and settings from the checkout, as they are now.

    The settings keep JupyterLab from asking at its first start for news and updates, which need a network.
    """
    return {
        **os.environ,
        "JUPYTER_PATH": _prepended("JUPYTER_PATH", paths.JUPYTER),
        "JUPYTER_CONFIG_PATH": _prepended("JUPYTER_CONFIG_PATH", paths.JUPYTER_CONFIG),
        "JUPYTER_PLATFORM_DIRS": "1",
    }


def _prepended(variable: str, path: Path) -> str:
    return os.pathsep.join(filter(None, (str(path), os.environ.get(variable, ""))))
