"""Jupyter servers for the lab: the same command and settings for a person, a test and a screenshot."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tao_lab import paths

# JupyterLab asks at its first start whether it may fetch news and look for updates; both need a network.
NO_NEWS = ("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate")


def lab_command(folder: Path = paths.LABS) -> list[str]:
    """JupyterLab at a folder, on this machine only."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    # Jupyter refuses to run as root unless told to; a container is often root
    root = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*command, *NO_NEWS, *root]


def voila_command(notebooks: Path = paths.LABS / "dashboards") -> list[str]:
    """Voila with the lab's template at a notebook or a folder of them, on this machine only."""
    return [sys.executable, "-m", "voila", str(notebooks), "--template=tao-lab", "--Voila.ip=127.0.0.1"]


def environment() -> dict[str, str]:
    """This process's environment, in which Voila takes its template from the checkout, as it is now."""
    path = os.pathsep.join(filter(None, (str(paths.JUPYTER), os.environ.get("JUPYTER_PATH", ""))))
    return {**os.environ, "JUPYTER_PATH": path, "JUPYTER_PLATFORM_DIRS": "1"}
