"""Numbers as Prometheus reads them; loaded by the first who asks for them, and by no call."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from app.measures import MEASURES, Kind, Measure
from app.review.measured import Sample
from app.store import measures


def exposed(samples: Iterable[Sample], accept: str) -> tuple[bytes, str]:
    """*samples* in the form that *accept* asks for, and what that is called."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(samples))
    encode, kind = choose_encoder(accept)
    return encode(registry), kind


class _Collector(Collector):
    """What was measured, gathered by what it measures."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._by_name: dict[str, list[Sample]] = {}
        for sample in samples:
            self._by_name.setdefault(sample.measure.name, []).append(sample)

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: each registry is asked once, and is nobody else's."""
        return ()

    def collect(self) -> Iterator[Metric]:
        for measure in MEASURES:
            if measure.name in self._by_name:
                yield _family(measure, self._by_name[measure.name])


def _family(measure: Measure, samples: Iterable[Sample]) -> Metric:
    about = (measure.name, measure.help)
    match measure.kind:
        case Kind.COUNTER:
            counter = CounterMetricFamily(*about, labels=measure.labels)
            for one in samples:
                counter.add_metric(one.labels, one.value)
            return counter
        case Kind.GAUGE:
            gauge = GaugeMetricFamily(*about, labels=measure.labels)
            for one in samples:
                gauge.add_metric(one.labels, one.value)
            return gauge
        case Kind.HISTOGRAM:
            histogram = HistogramMetricFamily(*about, labels=measure.labels)
            for one in samples:
                buckets, total = measures.series(measure, one.parts or {})
                histogram.add_metric(one.labels, buckets, total)
            return histogram
