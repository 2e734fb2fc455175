"""Outputs of a notebook as parts of a page: pictures become charts that answer, widgets what stays of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import nbformat

from tao_lab import stills

WIDGET = "application/vnd.jupyter.widget-view+json"
AWAKE = "In the lab itself the controls move. Here the charts answer when you point at them."
QUIET = ("application/javascript", "application/vnd.jupyter.widget-state+json")


def page(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A notebook that ran, as the site shows it.

    Each chart that was kept as data stands behind its picture, as JSON in a script that does not run; `charts.js`
    puts the chart in the picture's place. Without JavaScript the picture stays.
    """
    cells = []
    for cell in notebook.cells:
        cell = nbformat.from_dict({**cell, "metadata": {"tags": cell.metadata.get("tags", [])}})
        if cell.cell_type == "code":
            cell.outputs = list(_outputs(cell.outputs))
        cells.append(cell)
    made = nbformat.v4.new_notebook(cells=cells)
    made.metadata.kernelspec = notebook.metadata.kernelspec
    return made


def _outputs(outputs: list[nbformat.NotebookNode]) -> Iterator[nbformat.NotebookNode]:
    for output in outputs:
        if output.output_type == "stream" and output.name == "stderr":
            continue  # bars of a terminal, warnings of libraries
        data = output.get("data")
        if data is None:
            yield output
        elif data.get("text/html", "") or not (WIDGET in data or "text/html" in data):
            yield nbformat.from_dict({**output, "data": _shown(data)})
        # else a living widget, which what stays of it follows, or a bar that is over


def _shown(data: dict[str, Any]) -> dict[str, Any]:
    if "text/html" not in data:
        return {kind: value for kind, value in data.items() if kind not in QUIET}
    html = str(data["text/html"]).replace(stills.STYLE, "").replace(stills.WAKE, AWAKE)
    html = re.sub(r"<style>\[data-jp-theme-light.*?</style>", "", html)  # the site's own style sheet says it once
    specs = "".join(_script(chart["spec"]) for chart in data.get(stills.CHARTS, []))
    return {"text/html": f'<div class="tl-output">{html}{specs}</div>'}


def _script(spec: dict[str, Any]) -> str:
    text = json.dumps(spec, separators=(",", ":")).replace("<", "\\u003c")  # no `</script>` inside
    return f'<script type="application/json" class="tl-chart">{text}</script>'


def words(notebook: nbformat.NotebookNode) -> int:
    """Words of prose in a notebook, for an estimate of how long reading takes; text in outputs doesn't count."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return len(re.findall(r"\w[\w'’.-]*", text))
