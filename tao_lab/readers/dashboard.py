"""A dashboard's page: its own script and a connection to its kernel, without JupyterLab's four megabytes of scripts.

The page is `dashboard.html.j2` beside Voila's other templates. The server sends it in parts, each as soon as it is
known, so the browser loads and compiles the charts' script while Python runs the cells.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, authenticated

from tao_lab import paths
from tao_lab.views import rendering

FOLDER = paths.LABS / "dashboards"
STYLE = Path(rendering.__file__).parent / "presentation" / "stage.css"
PART, STAGE, KERNEL = "<!--part-->", "<!--stage-->", "<!--kernel-->"  # in the template's text
AGAIN = "<script>location.reload()</script>"  # for a page that has begun and cannot go on
SCRIPT = r"/voila/dashboard/(script-\w+\.js)"


@dataclass(frozen=True)
class Parts:
    """A dashboard's page in the order in which it is sent.

    Attributes:
        begin: what is known before the cells run.
        stage: what the page shows, with a place for it.
        kernel: who answers the page, with a place for it.
    """

    begin: str
    stage: str
    kernel: str

    def showing(self, stage: dict[str, Any]) -> str:
        """The second part, with the `stage` of `forking.Ran`."""
        return self.stage.replace(STAGE, _inside_script(stage))

    def answered_by(self, kernel_id: str, base_url: str) -> str:
        """The third part, for a kernel of this server."""
        return self.kernel.replace(KERNEL, _inside_script({"baseUrl": base_url, "kernelId": kernel_id}))


def parts(template: Any, notebook: Path, base_url: str) -> Parts:
    """The page of a notebook.

    Args:
        template: `dashboard.html.j2`.
        notebook: its title is the page's.
        base_url: of the server.
    """
    script = SCRIPT.partition("(")[0] + rendering.bundle_name(*rendering.STAGE)
    html = template.render(
        title=json.loads(notebook.read_text(encoding="utf-8"))["metadata"].get("title", notebook.stem),
        script=url_path_join(base_url, script),
        style=STYLE.read_text(encoding="utf-8"),
        part=PART,
        stage=STAGE,
        kernel=KERNEL,
    )
    return Parts(*html.split(PART))


def _inside_script(data: dict[str, Any]) -> str:
    """JSON that does not end the element `script` that it stands in."""
    return json.dumps(data, allow_nan=False).replace("<", "\\u003c")


class ScriptHandler(JupyterHandler):  # type: ignore[misc,unused-ignore]
    """The script of all dashboards; its name changes with its content, so a browser keeps it."""

    @authenticated
    async def get(self, name: str) -> None:
        """Answer with JavaScript; after an installation that built nothing, it is made first."""
        if name != rendering.bundle_name(*rendering.STAGE):
            raise HTTPError(404)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "private, max-age=31536000, immutable")
        self.finish(await asyncio.to_thread(rendering.bundle, *rendering.STAGE))
