"""An inbox's metrics, for Prometheus or OpenTelemetry: give the object to the inbox, and let it watch the inbox.

::

    metrics = PrometheusMetrics()
    inbox = SQLiteInbox("/srv/shop/shop.db", on_outcome=metrics)
    metrics.watch(inbox)

The names are those of Node's, and the repository's folder ``core/operations`` has a dashboard and alerts for them. Of
their labels none holds a key, and the kinds are those of the catalogue.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias, TypeVar
from weakref import WeakKeyDictionary

from .._extras import missing
from ._delivery import Stats
from ._outcome import Observer, Outcome, report
from ._store import Inbox
from ._watched import Watched

if TYPE_CHECKING:
    from opentelemetry.metrics import CallbackOptions, Meter, Observation
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import Metric

_Shared = TypeVar("_Shared", bound="_Instruments")
Labels: TypeAlias = Mapping[str, str]

DOOR = ("accepted", "duplicate", "repeat", "unreadable", "unavailable")
# The provider waits for 7 seconds, or for 23, and tries again.
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7, 10, 23, 30)
# An authentic body that is no event has no kind, and Prometheus takes an empty label for none.
NO_KIND = "none"
# OpenTelemetry asks for each gauge by itself.
FRESH_SECONDS = 1.0


class _Named(NamedTuple):
    """A metric, whose name is `yuno_inbox_<name>` in Prometheus and `yuno.inbox.<name>` in OpenTelemetry."""

    name: str
    text: str
    labels: tuple[str, ...] = ()


RECEIVED = _Named("received", "Deliveries at the door, by what became of them.", ("outcome",))
ACK = _Named("ack", "How long a delivery took to be stored, or refused as unavailable, before its answer, in seconds.")
WORKED = _Named("worked", "Deliveries worked on, by result and kind.", ("result", "kind"))
WORK = _Named("work", "How long a worker had a delivery, in seconds.")
# Of these an OpenTelemetry name has no unit.
IN_SECONDS = "oldest_pending"
GAUGES = (
    _Named("pending", "Deliveries that no worker has, those that wait for their next attempt included."),
    _Named("waiting", "Of those that no worker has, how many wait for their next attempt."),
    _Named("leased", "Deliveries that a worker has."),
    _Named("dead", "Deliveries that no attempt is left for: to be replayed or discarded."),
    _Named(IN_SECONDS, "How long the oldest delivery that is not done has been here, in seconds; 0 if there is none."),
)


def joined(*observers: Observer) -> Observer:
    """One function for ``on_outcome`` that tells several; what one raises does not keep it from the others."""

    def tell(outcome: Outcome) -> None:
        for observer in observers:
            report(observer, outcome)

    return tell


class _Metrics(ABC):
    """Counts what it is told, and shows what it watches."""

    _shared: _Instruments

    def __init__(self, scope: str | None) -> None:
        self._labels: dict[str, str] = {} if scope is None else {"scope": scope}

    def __call__(self, outcome: Outcome) -> None:
        """Counts an outcome: this is what ``on_outcome`` takes."""
        if outcome.result in DOOR:
            self._shared.count(RECEIVED, {"outcome": outcome.result, **self._labels})
            self._shared.time(ACK, outcome.seconds, self._labels)
        else:
            kind = outcome.kind or NO_KIND
            self._shared.count(WORKED, {"result": outcome.result, "kind": kind, **self._labels})
            self._shared.time(WORK, outcome.seconds, self._labels)

    def _count_nothing(self) -> None:
        """What was never counted is 0, so that the first one is an increase."""
        for outcome in DOOR:
            self._shared.count(RECEIVED, {"outcome": outcome, **self._labels}, by=0)

    def watch(self, inbox: Inbox) -> None:
        """Shows how full an inbox is, which it is asked whenever the metrics are read. While its database is away,
        these metrics are missing and the others are there.

        The counts are those of the whole store, so one process is enough to watch it. Raises ValueError for a second
        inbox: give the metrics of each its own ``scope``.
        """
        watched, labels = Watched(inbox), tuple(self._labels.values())
        known = self._shared.watched.setdefault(labels, watched)
        if (known.inbox.place, known.inbox.scope) != (inbox.place, inbox.scope):
            raise ValueError("another inbox is watched by these metrics: give those of each inbox a scope of its own")
        self._shared.watched[labels] = watched


class PrometheusMetrics(_Metrics):
    """An inbox's metrics for prometheus-client, in a registry: ``on_outcome=`` takes it.

    registry: the client's default one, unless you have your own. scope: the value of a label ``scope`` on all of them,
    for a process with several inboxes. ::

        yuno_inbox_received_total{outcome}     accepted, duplicate, repeat, unreadable, unavailable
        yuno_inbox_ack_seconds                 histogram: until it was stored
        yuno_inbox_worked_total{result,kind}   done, failed, dead, stale
        yuno_inbox_work_seconds                histogram: how long a worker had it
        yuno_inbox_pending, _waiting, _leased, _dead, _oldest_pending_seconds     of what it watches

    In the client's multiprocess mode only the first four are shown. Raises ImportError with advice where
    prometheus-client is missing; ValueError where the registry's other metrics of an inbox have a scope and these none,
    or the other way round.
    """

    def __init__(self, registry: CollectorRegistry | None = None, *, scope: str | None = None) -> None:
        try:
            from prometheus_client import REGISTRY
        except ImportError as error:
            raise missing("prometheus-client", "prometheus-client", error) from error
        super().__init__(scope)
        self._shared = _share(_Families.known, REGISTRY if registry is None else registry, self._labels, _Families)
        self._count_nothing()


class OpenTelemetryMetrics(_Metrics):
    """An inbox's metrics for opentelemetry-api: ``on_outcome=`` takes it.

    meter: the one named ``yuno_webhooks`` of the provider that is set, unless you have your own. scope: the value of an
    attribute ``scope`` on all of them, for a process with several inboxes. They are ``yuno.inbox.received``,
    ``.ack``, ``.worked``, ``.work``, ``.pending``, ``.waiting``, ``.leased``, ``.dead`` and ``.oldest_pending``, with
    the attributes of `PrometheusMetrics` and times in seconds; exported to Prometheus they have its names.

    Raises ImportError with advice where opentelemetry-api is missing; ValueError as `PrometheusMetrics`.
    """

    def __init__(self, meter: Meter | None = None, *, scope: str | None = None) -> None:
        super().__init__(scope)
        self._shared = _share(_Meters.known, meter or _default_meter(), self._labels, _Meters)
        self._count_nothing()


@cache
def _default_meter() -> Meter:
    # The same one for all, whatever the provider gives.
    try:
        from opentelemetry.metrics import get_meter
    except ImportError as error:
        raise missing("opentelemetry-api", "opentelemetry-api", error) from error
    return get_meter("yuno_webhooks")


class _Instruments(ABC):
    """What one registry or one meter has, however many objects count into it."""

    def __init__(self, labels: Iterable[str]) -> None:
        self.labels = tuple(labels)
        # By the values of these labels.
        self.watched: dict[tuple[str, ...], Watched] = {}

    @abstractmethod
    def count(self, what: _Named, labels: Labels, by: int = 1) -> None:
        """Counts one more."""

    @abstractmethod
    def time(self, what: _Named, seconds: float, labels: Labels) -> None:
        """Counts how long it took."""

    def read(self, fresh: float) -> Iterator[tuple[tuple[str, ...], Stats]]:
        """What is known of every inbox that answers."""
        for labels, watched in tuple(self.watched.items()):
            stats = watched.read(fresh=fresh)
            if stats is not None:
                yield labels, stats


def _share(
    known: WeakKeyDictionary[Any, _Shared],
    owner: Hashable,
    labels: Iterable[str],
    make: Callable[[Any, tuple[str, ...]], _Shared],
) -> _Shared:
    names = tuple(labels)
    shared = known.get(owner)
    if shared is None:
        shared = known[owner] = make(owner, names)
    if shared.labels != names:
        raise ValueError("other metrics of an inbox are there already: give a scope to all of them or to none")
    return shared


class _Families(_Instruments):
    """The metrics of a registry, which asks it whenever it is scraped."""

    known: ClassVar[WeakKeyDictionary[CollectorRegistry, _Families]] = WeakKeyDictionary()

    def __init__(self, registry: CollectorRegistry, labels: tuple[str, ...]) -> None:
        from prometheus_client import Counter, Histogram

        super().__init__(labels)
        self._counters = {
            what: Counter(f"yuno_inbox_{what.name}", what.text, (*what.labels, *labels), registry=None)
            for what in (RECEIVED, WORKED)
        }
        self._histograms = {
            what: Histogram(f"yuno_inbox_{what.name}_seconds", what.text, labels, buckets=BUCKETS, registry=None)
            for what in (ACK, WORK)
        }
        registry.register(self)

    def count(self, what: _Named, labels: Labels, by: int = 1) -> None:
        self._counters[what].labels(**labels).inc(by)

    def time(self, what: _Named, seconds: float, labels: Labels) -> None:
        histogram = self._histograms[what]
        (histogram.labels(**labels) if labels else histogram).observe(seconds)

    def describe(self) -> Iterator[Metric]:
        """The names, for the registry: it must not ask the database for them."""
        for metric in (*self._counters.values(), *self._histograms.values()):
            yield from metric.describe()
        yield from self._gauges(())

    def collect(self) -> Iterator[Metric]:
        """What a scrape gets."""
        for metric in (*self._counters.values(), *self._histograms.values()):
            yield from metric.collect()
        yield from self._gauges(tuple(self.read(fresh=0)))

    def _gauges(self, read: Iterable[tuple[tuple[str, ...], Stats]]) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        for what in GAUGES:
            unit = "_seconds" if what.name == IN_SECONDS else ""
            family = GaugeMetricFamily(f"yuno_inbox_{what.name}{unit}", what.text, labels=self.labels)
            for labels, stats in read:
                family.add_metric(labels, _value(stats, what))
            yield family


class _Meters(_Instruments):
    """The instruments of a meter. It takes each observable one once, with all that it will ever call."""

    known: ClassVar[WeakKeyDictionary[Meter, _Meters]] = WeakKeyDictionary()

    def __init__(self, meter: Meter, labels: tuple[str, ...]) -> None:
        super().__init__(labels)
        self._counters = {
            what: meter.create_counter(f"yuno.inbox.{what.name}", "{delivery}", what.text)
            for what in (RECEIVED, WORKED)
        }
        self._histograms = {
            what: meter.create_histogram(
                f"yuno.inbox.{what.name}", "s", what.text, explicit_bucket_boundaries_advisory=BUCKETS
            )
            for what in (ACK, WORK)
        }
        for what in GAUGES:
            unit = "s" if what.name == IN_SECONDS else "{delivery}"
            meter.create_observable_gauge(f"yuno.inbox.{what.name}", [self._observer(what)], unit, what.text)

    def count(self, what: _Named, labels: Labels, by: int = 1) -> None:
        self._counters[what].add(by, dict(labels))

    def time(self, what: _Named, seconds: float, labels: Labels) -> None:
        self._histograms[what].record(seconds, dict(labels))

    def _observer(self, what: _Named) -> Callable[[CallbackOptions], Iterable[Observation]]:
        from opentelemetry.metrics import Observation

        def observe(_: CallbackOptions) -> Iterator[Observation]:
            for labels, stats in self.read(FRESH_SECONDS):
                yield Observation(_value(stats, what), dict(zip(self.labels, labels, strict=True)))

        return observe


def _value(stats: Stats, what: _Named) -> float:
    if what.name != IN_SECONDS:
        return int(getattr(stats, what.name))
    return 0.0 if stats.oldest_pending is None else stats.oldest_pending.total_seconds()
