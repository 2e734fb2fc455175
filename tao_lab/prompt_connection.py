"""From a kernel to its page without a wait, for JupyterLab and for Voila.

A kernel answers in several messages: that it is busy, the answer, that it is idle. TCP holds a small message back until
the one before it is acknowledged (Nagle's algorithm), and a browser acknowledges only every 40 ms. So a chart that was
computed in 20 ms came after 60.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):  # type: ignore[misc,unused-ignore]
    """Jupyter's connection, which sends every message at once."""

    def connect(self) -> Any:
        """Connect as Jupyter does."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
