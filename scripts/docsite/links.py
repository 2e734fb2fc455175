"""Every link of a site that was built: to a page, to a place on it, to a file. Nothing may need another host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Elements that a browser loads on its own, and the attribute with the address; links that a person follows are free.
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "audio": "src", "video": "src"}
STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")
GENERATED = {"genindex.html", "search.html"}


@dataclass
class Page(HTMLParser):
    """What one page has: ids, links, and what it loads."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take what an element says."""
        values = {name: value or "" for name, value in attrs}
        self.ids.update(values[name] for name in ("id", "name") if values.get(name))
        if tag == "a" and values.get("href"):
            self.links.append(values["href"])
        if tag == "link" and {"stylesheet", "icon", "preload"} & set(values.get("rel", "").split()):
            self.loads.append(values["href"])
        if tag in LOADS and values.get(LOADS[tag]):
            self.loads.append(values[LOADS[tag]])


def read(file: Path) -> Page:
    """One page."""
    page = Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def broken(site: Path) -> list[str]:
    """What does not lead anywhere, and what would be loaded from another host; a line each.

    Args:
        site: folder with the site's `index.html`.
    """
    pages = {file.resolve(): read(file) for file in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"{site}: no pages"]
    found = []
    for file, page in pages.items():
        place = file.relative_to(site.resolve())
        found += [f"{place}: loads {address[:100]} from another host" for address in page.loads if _foreign(address)]
        targets = page.links + page.loads if file.name not in GENERATED else page.loads
        found += [
            f"{place}: {address} leads nowhere" for address in sorted(set(targets)) if _lost(address, file, pages)
        ]
    for sheet in sorted(site.rglob("*.css")):
        for address in _addresses(sheet.read_text(encoding="utf-8")):
            if _foreign(address):
                found.append(f"{sheet.relative_to(site)}: loads {address[:100]} from another host")
    return found


def _foreign(address: str) -> bool:
    return bool(urlsplit(address).netloc)


def _lost(address: str, file: Path, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return False
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if not target.exists():
        return True
    fragment = unquote(parts.fragment)
    return bool(fragment) and target in pages and fragment not in pages[target].ids


def _addresses(sheet: str) -> Iterator[str]:
    for match in STYLE.finditer(sheet):
        yield match[1] or match[2]
