"""The metrics: what is counted and shown, under which names, and that a database that is away breaks no scrape."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader, Metric
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from yuno_webhooks import Event, InboxError, PayloadError
from yuno_webhooks.inbox import Inbox, Outcome, SQLiteInbox
from yuno_webhooks.inbox.metrics import (
    BUCKETS,
    OpenTelemetryMetrics,
    PrometheusMetrics,
    _default_meter,  # pyright: ignore[reportPrivateUsage]
    joined,
)

from .conftest import Opener
from .postgres import Server
from .shop import SOON, accept, make_event, open_inbox, seconds, until

#: As it is to `watch`, which takes none that is async.
on_each_store = pytest.mark.parametrize("address", ["sqlite", "postgres", "redis"], indirect=True)
DOOR = ("accepted", "duplicate", "repeat", "unreadable", "unavailable")
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]

#: Every metric and its labels.
EXPORTED = {
    "yuno_inbox_received_total": {"outcome"},
    "yuno_inbox_ack_seconds": set[str](),
    "yuno_inbox_worked_total": {"result", "kind"},
    "yuno_inbox_work_seconds": set[str](),
    "yuno_inbox_pending": set[str](),
    "yuno_inbox_waiting": set[str](),
    "yuno_inbox_leased": set[str](),
    "yuno_inbox_dead": set[str](),
    "yuno_inbox_oldest_pending_seconds": set[str](),
}


def scrape(registry: CollectorRegistry) -> Samples:
    """What Prometheus would read: the values by name and labels."""
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((f"yuno_inbox_{name}", tuple(sorted(labels.items()))))


def accept_unreadable(inbox: Inbox) -> str:
    with pytest.raises(PayloadError) as caught:
        Event.parse_unverified(b"[1]")
    accepted = inbox.accept_unreadable(b"[1]", caught.value)
    assert accepted is not None
    return accepted.key


def live(inbox: Inbox) -> list[str]:
    """Has every kind of thing happen but a repeat and a failure of the store; gives the keys."""
    keys = [accept(inbox, "p-1"), accept(inbox, "p-2", kind="payment.refund"), accept(inbox, "p-3")]
    inbox.accept(make_event("p-1", retry=1))
    keys.append(accept_unreadable(inbox))
    return keys


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def reader() -> InMemoryMetricReader:
    return InMemoryMetricReader()


@pytest.fixture
def provider(reader: InMemoryMetricReader) -> Iterator[MeterProvider]:
    provider = MeterProvider([reader], shutdown_on_exit=False)
    yield provider
    provider.shutdown()


@on_each_store
def test_what_happens_is_counted(opened: Opener, registry: CollectorRegistry) -> None:
    metrics = PrometheusMetrics(registry)
    inbox = opened(on_outcome=metrics)
    metrics.watch(inbox)
    live(inbox)
    for delivery in inbox.claim(2, lease=seconds(60)):
        inbox.report("done", delivery.kind, delivery.key, time.monotonic() - 0.3)
        delivery.complete()
    (last,) = inbox.claim(lease=SOON)
    time.sleep(0.1)
    assert inbox.claim(attempts=1) == []
    samples = scrape(registry)
    counted = {outcome: value(samples, "received_total", outcome=outcome) for outcome in DOOR}
    assert counted == {"accepted": 3, "duplicate": 1, "repeat": 0, "unreadable": 1, "unavailable": 0}
    assert value(samples, "ack_seconds_count") == 5
    assert value(samples, "worked_total", result="done", kind="payment.purchase") == 1
    assert value(samples, "worked_total", result="done", kind="payment.refund") == 1
    assert value(samples, "worked_total", result="dead", kind=str(last.kind)) == 1
    assert value(samples, "work_seconds_count") == 3
    assert value(samples, "work_seconds_bucket", le="0.25") == 1
    assert value(samples, "work_seconds_bucket", le="5.0") == 3
    gauges = ("pending", "waiting", "leased", "dead", "oldest_pending_seconds")
    assert [value(samples, name) for name in gauges] == [0, 0, 0, 2, 0]


def test_a_store_that_refuses_is_counted(
    tmp_path: Path, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yuno_webhooks.inbox.sqlite.PATIENCE_SECONDS", 0.05)
    with SQLiteInbox(tmp_path / "inbox.db", on_outcome=PrometheusMetrics(registry)) as inbox, inbox.begin():
        errors: list[InboxError] = []

        def send() -> None:
            try:
                inbox.accept(make_event())
            except InboxError as error:
                errors.append(error)

        thread = threading.Thread(target=send)
        thread.start()
        thread.join()
    assert [error.code for error in errors] == ["STORE_UNAVAILABLE"]
    samples = scrape(registry)
    assert value(samples, "received_total", outcome="unavailable") == 1
    assert value(samples, "ack_seconds_count") == 1


def test_names_and_labels_are_as_documented(tmp_path: Path, registry: CollectorRegistry) -> None:
    metrics = PrometheusMetrics(registry)
    with SQLiteInbox(tmp_path / "inbox.db", on_outcome=metrics) as inbox:
        metrics.watch(inbox)
        keys = live(inbox)
        inbox.report("stale", None, keys[3], time.monotonic())
    text = generate_latest(registry).decode()
    found: dict[str, set[str]] = {}
    for name, labels in scrape(registry):
        family = name.removesuffix("_created").removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        if family.startswith(("yuno_inbox_received", "yuno_inbox_worked")):
            family = f"{family.removesuffix('_total')}_total"
        found.setdefault(family, set()).update(label for label, _ in labels if label != "le")
    assert found == EXPORTED
    assert 'yuno_inbox_worked_total{kind="none",result="stale"} 1.0' in text
    edges = [float(edge) for edge in (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 7, 10, 23, 30)]
    assert list(BUCKETS) == edges
    for histogram in ("ack", "work"):
        has = [value(scrape(registry), f"{histogram}_seconds_bucket", le=str(edge)) for edge in edges]
        assert None not in has
    assert not any(key in text for key in keys)
    assert "default" not in text


def test_the_oldest_that_is_pending(tmp_path: Path, registry: CollectorRegistry) -> None:
    metrics = PrometheusMetrics(registry)
    with SQLiteInbox(tmp_path / "inbox.db") as inbox:
        metrics.watch(inbox)
        accept(inbox)
        time.sleep(0.2)
        assert 0.2 <= (value(scrape(registry), "oldest_pending_seconds") or 0) < 10
        (delivery,) = inbox.claim()
        assert value(scrape(registry), "leased") == 1
        delivery.release(delay=seconds(60))
        samples = scrape(registry)
    assert [value(samples, name) for name in ("pending", "waiting", "leased")] == [1, 1, 0]


def test_a_database_that_is_away_breaks_no_scrape(
    registry: CollectorRegistry, provider: MeterProvider, reader: InMemoryMetricReader, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server()
    try:
        first, second = PrometheusMetrics(registry), OpenTelemetryMetrics(provider.get_meter("test"))
        with open_inbox(server.conninfo, on_outcome=joined(first, second)) as inbox:
            first.watch(inbox)
            second.watch(inbox)
            accept(inbox)
            assert value(scrape(registry), "pending") == 1
            assert collect(reader)["yuno.inbox.pending"]
            server.stop()
            begun = time.monotonic()
            samples = scrape(registry)
            assert value(samples, "received_total", outcome="accepted") == 1
            assert value(samples, "pending") is None
            time.sleep(1)
            shown = collect(reader)
            assert "yuno.inbox.pending" not in shown
            assert shown["yuno.inbox.received"]
            assert time.monotonic() - begun < 12
            assert "the inbox's counts could not be read: InboxError" in caplog.text
            assert "postgresql:" not in caplog.text
            server.start()
            until(lambda: value(scrape(registry), "pending") == 1, 30)
    finally:
        server.remove()


def test_a_database_that_hangs_holds_up_no_scrape(
    tmp_path: Path, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yuno_webhooks.inbox._watched.PATIENCE_SECONDS", 0.3)
    metrics, ends = PrometheusMetrics(registry), threading.Event()
    with SQLiteInbox(tmp_path / "inbox.db") as inbox:
        metrics.watch(inbox)
        stats = inbox.stats

        def hang() -> Any:
            ends.wait(20)
            return stats()

        monkeypatch.setattr(inbox, "stats", hang)
        begun, before = time.monotonic(), threading.active_count()
        for _ in range(10):
            assert value(scrape(registry), "pending") is None
        assert time.monotonic() - begun < 5
        assert threading.active_count() == before + 1
        ends.set()
        until(lambda: value(scrape(registry), "pending") == 0)


@on_each_store
def test_inboxes_of_several_scopes(opened: Opener, registry: CollectorRegistry) -> None:
    for scope, payments in (("shop", 1), ("club", 2)):
        metrics = PrometheusMetrics(registry, scope=scope)
        inbox = opened(scope=scope, on_outcome=metrics)
        metrics.watch(inbox)
        for number in range(payments):
            accept(inbox, f"p-{number}")
    samples = scrape(registry)
    for scope, payments in (("shop", 1), ("club", 2)):
        assert value(samples, "received_total", outcome="accepted", scope=scope) == payments
        assert value(samples, "ack_seconds_count", scope=scope) == payments
        assert value(samples, "pending", scope=scope) == payments
    with pytest.raises(ValueError, match="give a scope to all of them or to none"):
        PrometheusMetrics(registry)
    club = PrometheusMetrics(registry, scope="club")
    with pytest.raises(ValueError, match="another inbox is watched"):
        club.watch(opened(scope="shop"))
    club.watch(opened(scope="club"))
    assert value(scrape(registry), "pending", scope="club") == 2


def test_an_observer_can_be_several(tmp_path: Path, registry: CollectorRegistry) -> None:
    told: list[Outcome] = []

    def broken(_: Outcome) -> None:
        raise RuntimeError("no disk")

    observer = joined(broken, told.append, PrometheusMetrics(registry))
    with SQLiteInbox(tmp_path / "inbox.db", on_outcome=observer) as inbox:
        key = accept(inbox)
    assert [(outcome.result, outcome.key) for outcome in told] == [("accepted", key)]
    assert value(scrape(registry), "received_total", outcome="accepted") == 1


def test_only_an_inbox_is_watched(registry: CollectorRegistry) -> None:
    wrong: Any = "inbox.db"
    with pytest.raises(TypeError, match=r"an inbox that is not async.*not a str"):
        PrometheusMetrics(registry).watch(wrong)


@pytest.mark.parametrize(
    ("module", "made", "package"),
    [
        ("prometheus_client", PrometheusMetrics, "prometheus-client"),
        ("opentelemetry.metrics", OpenTelemetryMetrics, "opentelemetry-api"),
    ],
)
def test_a_client_is_asked_for_where_it_is_missing(
    module: str, made: type, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing: Any = None
    monkeypatch.setitem(sys.modules, module, nothing)
    _default_meter.cache_clear()
    with pytest.raises(ImportError, match=f"pip install {package}"):
        made()


def collect(reader: InMemoryMetricReader) -> dict[str, list[Any]]:
    """The data points by name, of the metrics that have any."""
    data = reader.get_metrics_data()
    metrics: Sequence[Metric] = data.resource_metrics[0].scope_metrics[0].metrics if data else ()
    return {metric.name: points for metric in metrics if (points := list(metric.data.data_points))}


@on_each_store
def test_open_telemetry_has_the_same(opened: Opener, provider: MeterProvider, reader: InMemoryMetricReader) -> None:
    meter = provider.get_meter("test")
    for scope in ("shop", "club"):
        metrics = OpenTelemetryMetrics(meter, scope=scope)
        inbox = opened(scope=scope, on_outcome=metrics)
        metrics.watch(inbox)
        live(inbox)
        (delivery,) = inbox.claim()
        inbox.report("done", delivery.kind, delivery.key, time.monotonic() - 6)
        delivery.complete()
    points = collect(reader)
    names = ("received", "ack", "worked", "work", "pending", "waiting", "leased", "dead", "oldest_pending")
    assert set(points) == {f"yuno.inbox.{name}" for name in names}
    for scope in ("shop", "club"):
        own = {name: [point for point in of if point.attributes["scope"] == scope] for name, of in points.items()}
        received = {point.attributes["outcome"]: point.value for point in own["yuno.inbox.received"]}
        assert received == {"accepted": 3, "duplicate": 1, "unreadable": 1, "repeat": 0, "unavailable": 0}
        (worked,) = own["yuno.inbox.worked"]
        assert set(worked.attributes) == {"scope", "result", "kind"}
        assert (worked.attributes["result"], worked.value) == ("done", 1)
        (work,) = own["yuno.inbox.work"]
        assert isinstance(work, HistogramDataPoint)
        assert tuple(work.explicit_bounds) == BUCKETS
        assert work.bucket_counts[BUCKETS.index(7)] == 1
        assert [point.value for point in own["yuno.inbox.pending"]] == [2]
        assert [point.value for point in own["yuno.inbox.dead"]] == [1]
        assert 0 <= own["yuno.inbox.oldest_pending"][0].value < 60


def test_open_telemetry_names_its_units(tmp_path: Path, provider: MeterProvider, reader: InMemoryMetricReader) -> None:
    metrics = OpenTelemetryMetrics(provider.get_meter("test"))
    with SQLiteInbox(tmp_path / "inbox.db", on_outcome=metrics) as inbox:
        metrics.watch(inbox)
        accept(inbox)
        data = reader.get_metrics_data()
    assert data is not None
    units = {metric.name: metric.unit for metric in data.resource_metrics[0].scope_metrics[0].metrics}
    assert units["yuno.inbox.received"] == units["yuno.inbox.pending"] == "{delivery}"
    assert units["yuno.inbox.ack"] == units["yuno.inbox.oldest_pending"] == "s"


def test_without_a_meter_it_is_the_one_of_the_provider_that_is_set(tmp_path: Path) -> None:
    script = """
import sys
from opentelemetry import metrics as api
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from yuno_webhooks.inbox import SQLiteInbox
from yuno_webhooks.inbox.metrics import OpenTelemetryMetrics
for scope in ("shop", "club"):
    metrics = OpenTelemetryMetrics(scope=scope)
    metrics.watch(SQLiteInbox(sys.argv[1], scope=scope))
reader = InMemoryMetricReader()
api.set_meter_provider(MeterProvider([reader]))
(scopes,) = reader.get_metrics_data().resource_metrics[0].scope_metrics
print(scopes.scope.name)
(gauge,) = (metric for metric in scopes.metrics if metric.name == "yuno.inbox.dead")
print(sorted(point.attributes["scope"] for point in gauge.data.data_points))
"""
    command = [sys.executable, "-c", script, str(tmp_path / "inbox.db")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("yuno_webhooks\n['club', 'shop']\n", "")
