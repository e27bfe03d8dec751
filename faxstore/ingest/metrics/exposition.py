"""The metrics as text, in the format that the scraper accepts, by prometheus_client (extra `metrics`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from faxstore.ingest.metrics.definitions import METRICS, Metric
from faxstore.ingest.metrics.samples import State


class FaxstoreCollector(Collector):
    """Turns the state into metric families when a scrape asks for them."""

    def __init__(self, state: Callable[[], State]) -> None:
        self._state = state

    def describe(self) -> Iterable[Family]:
        """Return nothing: the registry needs no names in advance."""
        return ()

    def collect(self) -> Iterable[Family]:
        """Return all metrics."""
        state = self._state()
        return [_family(metric, state) for metric in METRICS]


class Exposition:
    """The metrics as text."""

    def __init__(self, state: Callable[[], State]) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(FaxstoreCollector(state))

    def text(self, accepted: str) -> tuple[bytes, str]:
        """Return the metrics and their content type, for this value of the header Accept."""
        encode, content_type = choose_encoder(accepted)
        return encode(self._registry), content_type


def _family(metric: Metric, state: State) -> Family:
    samples = metric.samples(state)
    if metric.kind == "summary":
        summary = SummaryMetricFamily(metric.name, metric.meaning, labels=metric.labels)
        for labels, value in samples:
            assert isinstance(value, tuple)
            summary.add_metric(labels, *value)
        return summary
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    family = kind(metric.name, metric.meaning, labels=metric.labels)
    for labels, value in samples:
        assert not isinstance(value, tuple)
        family.add_metric(labels, value)
    return family
