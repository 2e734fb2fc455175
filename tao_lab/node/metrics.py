"""Figures for operators: `/metrics` for Prometheus, and `/health` for programs that restart the node.

If a Substrate node has the same figure, the name is the same, so its dashboards work here. Sources:
`substrate/client/rpc-servers/src/middleware/metrics.rs`, `substrate/client/service/src/metrics.rs` of the Polkadot SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

if TYPE_CHECKING:
    from tao_lab.chain.chain import Chain

HEALTH, METRICS = "/health", "/metrics"


class NodeFigures:
    """Reads the figures when Prometheus requests them.

    Attributes:
        answered: frames that were answered since the start, batches counted once.
    """

    def __init__(self, chain: Chain, connections: Callable[[], int]) -> None:
        self.answered = 0
        self._chain, self._connections = chain, connections
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def collect(self) -> Iterator[Metric]:
        """The figures in the form for `prometheus_client`."""
        chain, height = self._chain, self._chain.head.number
        heights = GaugeMetricFamily("substrate_block_height", "Height of the chain", labels=["status"])
        for status in ("best", "finalized"):  # the newest block is final
            heights.add_metric([status], height)
        yield heights
        waiting = "Extrinsics that wait for a block"
        yield GaugeMetricFamily("substrate_ready_transactions_number", waiting, value=len(chain.pool))
        yield GaugeMetricFamily("substrate_rpc_sessions", "Clients that are connected", value=self._connections())
        yield CounterMetricFamily("substrate_rpc_calls_finished", "Frames that were answered", value=self.answered)
        yield GaugeMetricFamily("tao_lab_database_bytes", "Size of the chain's file", value=chain.store.size())

    def text(self) -> bytes:
        """The figures in Prometheus's text format."""
        with self._chain.lock:
            return generate_latest(self._registry)
