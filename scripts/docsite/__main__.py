"""`python -m docsite`: build the site and look at every link. `make docs` calls it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sphinx.cmd.build import build_main

from docsite import links, running, staging
from tao_lab import paths

BUILD = paths.ROOT / "build"


def build(sources: Path, site: Path) -> int:
    """Sphinx on sources that are laid out; a warning is an error. Gives its exit code."""
    return build_main(["-W", "--keep-going", "-q", "-b", "html", "-c", str(staging.DOCS), str(sources), str(site)])


def main(arguments: list[str] | None = None) -> int:
    """Build one edition; 1 if Sphinx warns or a link leads nowhere."""
    parser = argparse.ArgumentParser(
        prog="python -m docsite",
        description="Build the site: documents, the labs as they run, the API. No page needs the network.",
        epilog="example: make docs EDITION=instructor",
    )
    parser.add_argument(
        "--edition",
        choices=("students", "instructor"),
        default="students",
        help="students: labs as a student sees them first; instructor: labs solved, and every known mistake",
    )
    parser.add_argument("--out", type=Path, help="folder of the site; build/site or build/site-instructor if not given")
    chosen = parser.parse_args(arguments)
    solved = chosen.edition == "instructor"
    site = chosen.out or BUILD / ("site-instructor" if solved else "site")
    executed = running.run_all(BUILD / "executed", solved=solved)
    sources = BUILD / f"{site.name}-source"
    staging.lay_out(sources, executed, solved=solved)
    if code := build(sources, site):
        return code
    found = links.broken(site)
    for line in found:
        print(line, file=sys.stderr)
    if found:
        return 1
    print(f"The site is at {site / 'index.html'}. Every link on it leads somewhere.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
