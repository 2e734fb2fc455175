"""What every lab shows, as wide as a desk, a laptop and a phone: nothing is cut, nothing lies on something else."""

import re
from html import escape

import pytest

from tao_lab import paths
from tao_lab.course import labs

pytestmark = [pytest.mark.slow, pytest.mark.browser]

WIDTHS = (1400, 1024, 390)
BESIDE = 110  # px: JupyterLab's column of prompts and its margins
NOTEBOOKS = [*(lab.notebook for lab in labs()), *sorted((paths.LABS / "pages").glob("*.ipynb"))]

# Wider than its place, and no box around it that scrolls and shows that it does.
TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((e) => !e.closest("svg") && e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1)
    .filter((e) => !["auto", "scroll"].includes(getComputedStyle(e).overflowX))
    .map((e) => `${e.closest("[data-cell]")?.dataset.cell}: ${e.tagName} ${e.textContent.slice(0, 60)}`)"""

# Of each chart: texts outside the picture, texts on top of each other, ticks of an axis that say the same.
IN_CHARTS = """(pictures) => {
    const found = [];
    const host = document.createElement("div");
    host.style.cssText = "position: absolute; left: 0; top: 0; visibility: hidden";
    document.body.append(host);
    const shown = (text) => text.textContent.trim() && getComputedStyle(text).opacity !== "0";
    for (const [cell, picture] of pictures) {
        host.innerHTML = new TextDecoder().decode(Uint8Array.from(atob(picture), (c) => c.charCodeAt(0)));
        const all = host.querySelector("svg").getBoundingClientRect();
        const texts = [...host.querySelectorAll("text")].filter(shown);
        const boxes = texts.map((text) => [text.textContent.trim(), text.getBoundingClientRect()]);
        for (const [text, box] of boxes)
            if (Math.min(box.left - all.left, all.right - box.right, box.top - all.top, all.bottom - box.bottom) < -1)
                found.push(`${cell}: cut at the edge: ${text}`);
        boxes.forEach(([one, a], i) => boxes.slice(i + 1).forEach(([other, b]) => {
            const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
            const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
            if (across > 2 && down > 3) found.push(`${cell}: on top of each other: ${one} | ${other}`);
        }));
        for (const axis of host.querySelectorAll(".role-axis-label")) {
            const ticks = [...axis.querySelectorAll("text")].filter(shown).map((text) => text.textContent.trim());
            if (new Set(ticks).size !== ticks.length) found.push(`${cell}: ticks say the same: ${ticks.join(" ")}`);
        }
    }
    host.remove();
    return found;
}"""


def shown(cell):
    """HTML of what a cell shows, as a notebook without its kernel shows it."""
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if "text/html" in data:
            yield str(data["text/html"])
        elif text := str(data.get("text/plain", "")):
            yield f'<pre style="white-space:pre-wrap;overflow-wrap:anywhere">{escape(text)}</pre>'


def page_of(notebook):
    outputs = [(cell.id, html) for cell in notebook.cells if cell.cell_type == "code" for html in shown(cell)]
    body = "".join(f'<div data-cell="{cell}">{html}</div>' for cell, html in outputs)
    found = [(cell, svg) for cell, html in outputs for svg in re.findall(r"image/svg\+xml;base64,([^\"']+)", html)]
    return f'<!doctype html><meta charset="utf-8"><body style="margin:0;font:14px sans-serif">{body}', found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_nothing_that_a_lab_shows_is_clipped_or_collides(visit, executed, path):
    html, pictures = page_of(executed(path).notebook)
    visit.page.set_content(html)
    assert visit.page.evaluate(IN_CHARTS, pictures) == []
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width - (BESIDE if width > 1000 else 0), "height": 900})
        assert visit.page.evaluate(TOO_WIDE) == [], width


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_cell_shows_an_object_as_raw_text(executed, path):
    raw = [
        f"{cell.id}: {data['text/plain'][:80]}"
        for cell in executed(path).notebook.cells
        for data in [output.get("data", {}) for output in cell.get("outputs", [])]
        if set(data) == {"text/plain"} and re.match(r"<?[A-Za-z_.]*[A-Z]\w*(\(| object at)", data["text/plain"])
    ]
    assert raw == []
