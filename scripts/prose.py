"""Find stiff English: python scripts/prose.py [FILE …]; by default every text that git tracks.

It looks at what people read: Markdown, the Markdown cells of notebooks, and of Python the docstrings, the comments and
the strings with a space in them (hints, errors, titles). The patterns and what to write instead are in `prose.toml`.
A line that needs a pattern for once ends in `# prose: ok` (Python) or `<!-- prose: ok -->` (Markdown).
"""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
OK = "prose: ok"
FENCE = re.compile(r"^(```|~~~).*?^\1", re.S | re.M)
CODE = re.compile(r"``.+?``|`[^`\n]*`")
Text = tuple[int, str]  # line on which it begins, and the text


def blanked(text: str) -> str:
    """Markdown without its code, each line where it was."""
    without = FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)
    return CODE.sub(lambda found: "`" * len(found[0]), without)


def of_markdown(source: str) -> Iterator[Text]:
    """The paragraphs of a Markdown file."""
    yield 1, blanked(source)


def of_notebook(source: str) -> Iterator[Text]:
    """The Markdown cells of a notebook; the line is that of the cell's text in the file."""
    lines = source.splitlines()
    for cell in json.loads(source)["cells"]:
        if cell["cell_type"] != "markdown" or not cell["source"]:
            continue
        first = json.dumps(cell["source"][0], ensure_ascii=False)
        line = next((n for n, text in enumerate(lines, 1) if first in text), 1)
        yield line, blanked("".join(cell["source"]))


def of_python(source: str) -> Iterator[Text]:
    """Comments, docstrings, and strings that have a space in them; an f-string's values are blanked."""
    comment: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if comment and token.start[0] != comment[-1].start[0] + 1:
                yield _joined(comment)
                comment = []
            comment.append(token)
    if comment:
        yield _joined(comment)
    inside: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "…" for part in node.values]
            inside |= {id(part) for part in node.values}
            yield node.lineno, blanked("".join(map(str, parts)))
        elif isinstance(node, ast.Constant) and id(node) not in inside and " " in str(node.value):
            yield node.lineno, blanked(str(node.value))


def _joined(comment: list[tokenize.TokenInfo]) -> Text:
    return comment[0].start[0], blanked("\n".join(token.string.lstrip("#") for token in comment))


READERS = {".md": of_markdown, ".ipynb": of_notebook, ".py": of_python}


def patterns() -> list[tuple[re.Pattern[str], str]]:
    """What to look for, and what to write instead."""
    listed = tomllib.loads((HERE / "prose.toml").read_text(encoding="utf-8"))["pattern"]
    return [(re.compile(one["find"]), one["write"]) for one in listed]


def on_one_line(text: str) -> tuple[str, list[int]]:
    """A text with one blank for each white space, and the line of each of its letters, from 0."""
    letters, places, line = [], [], 0
    for letter in text:
        if not (letter.isspace() and letters and letters[-1] == " "):
            letters.append(" " if letter.isspace() else letter)
            places.append(line)
        line += letter == "\n"
    return "".join(letters), places


def stiff(path: Path, listed: list[tuple[re.Pattern[str], str]]) -> Iterator[str]:
    """What is stiff in a file, one line each."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    for start, written in READERS[path.suffix](source):
        text, places = on_one_line(written)
        for find, write in listed:
            for found in find.finditer(text):
                line = min(start + places[found.start()], len(lines))
                if OK not in lines[line - 1]:
                    yield f"{path}:{line}: {found[0]!r}: {write}"


def main(names: list[str]) -> int:
    """Print what is stiff; 1 if anything is."""
    if not names:
        listing = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True, cwd=ROOT)
        names = [str(ROOT / name) for name in listing.stdout.split("\0") if name]
    listed, found = patterns(), []
    for path in map(Path, names):
        if path.suffix in READERS and path.name not in ("prose.py", "test_prose.py") and path.is_file():
            found += stiff(path, listed)
    print(*(sorted(set(found)) or ["No pattern of scripts/prose.toml is in the prose."]), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
