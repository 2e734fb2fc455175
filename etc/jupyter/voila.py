"""Voila's settings for the lab: the start page lists dashboards and labs by title, not files."""

from typing import Any

from tao_lab import headings

c = get_config()  # noqa: F821 - traitlets puts it there


def _start_page(page_config: dict[str, Any], notebook_path: str, **_: Any) -> dict[str, Any]:
    """Give the start page what it lists. Other pages are left alone."""
    if not notebook_path.endswith(".ipynb"):
        page_config["taoLab"] = {
            "dashboards": [vars(each) for each in headings.dashboards()],
            "labs": [vars(each) for each in headings.labs()],
        }
    return page_config


c.VoilaConfiguration.page_config_hook = _start_page
