"""The dashboard and the alerts of `core/operations`: they are valid, fire when they should, and name what there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from yuno_webhooks.inbox import Outcome, SQLiteInbox
from yuno_webhooks.inbox.metrics import PrometheusMetrics
from yuno_webhooks.types import Kind

OPERATIONS = Path(__file__).parents[3] / "core" / "operations"
ALERTS = OPERATIONS / "alerts.yml"
DASHBOARD: dict[str, Any] = json.loads((OPERATIONS / "grafana.json").read_text(encoding="utf-8"))
DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
#: What Prometheus itself adds.
EVERYWHERE = {"job", "instance"}
RESULTS: tuple[Any, ...] = (
    "accepted",
    "duplicate",
    "repeat",
    "unreadable",
    "unavailable",
    "done",
    "failed",
    "dead",
    "stale",
)
LANGUAGE = {"by", "without", "or", "and", "unless", "sum", "max", "rate", "increase", "histogram_quantile"}


@pytest.fixture(scope="module")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        reason = "promtool is not installed (on Debian and Ubuntu: apt-get install prometheus)"
        if os.environ.get("CI") or os.environ.get("YUNO_NO_SKIP"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, set[str]]]:
    """By the name of each series that the code exports: its labels, and the values that these have."""
    kind: Kind = "payment.purchase"
    registry = CollectorRegistry()
    metrics = PrometheusMetrics(registry, scope="shop")
    found: dict[str, dict[str, set[str]]] = {}
    with SQLiteInbox(tmp_path_factory.mktemp("inbox") / "inbox.db") as inbox:
        metrics.watch(inbox)
        for result in RESULTS:
            metrics(Outcome(result, kind, "key", 0.1))
        for family in registry.collect():
            for sample in family.samples:
                labels = found.setdefault(sample.name, {})
                for name, value in sample.labels.items():
                    labels.setdefault(name, set()).add(value)
    return found


def members(document: Any, name: str) -> Iterator[Any]:
    """Every member of this name, however deep."""
    if isinstance(document, dict):
        for key, value in document.items():  # pyright: ignore[reportUnknownVariableType]
            if key == name:
                yield value
            yield from members(value, name)
    elif isinstance(document, list):
        for value in document:  # pyright: ignore[reportUnknownVariableType]
            yield from members(value, name)


def dashboard_queries() -> list[str]:
    return [str(query) for query in members(DASHBOARD, "expr")]


def alert_queries() -> list[str]:
    """The `expr` of each rule, on its line or folded below it."""
    text = ALERTS.read_text(encoding="utf-8")
    found = re.findall(r"^( +)expr: (?:>-\n((?:\1  .*\n)+)|(.*)\n)", text, re.MULTILINE)
    return [" ".join((folded or line).split()) for _, folded, line in found]


def test_every_query_was_found() -> None:
    assert len(alert_queries()) == ALERTS.read_text(encoding="utf-8").count("expr:") == 3
    assert len(dashboard_queries()) >= len(DASHBOARD["panels"])


@pytest.mark.parametrize("query", [*dashboard_queries(), *alert_queries()])
def test_a_query_names_what_is_exported(query: str, exported: dict[str, dict[str, set[str]]]) -> None:
    selectors: list[tuple[str, str]] = re.findall(r"\b(yuno_\w+)(?:\{([^}]*)\})?", query)
    assert selectors
    labels: set[str] = set()
    for name, matchers in selectors:
        assert name in exported
        labels |= set(exported[name])
        for label, operator, value in re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers):
            assert label in EVERYWHERE or label in exported[name]
            wanted = value.split("|") if "~" in operator else [value]
            known = exported[name].get(label, set())
            assert value.startswith("$") or label in EVERYWHERE or set(wanted) <= known
    for grouping in re.findall(r"\bby \(([^)]*)\)", query):
        assert set(grouping.split(", ")) <= labels | EVERYWHERE
    # Nothing is named that the above has not looked at.
    words = set(re.findall(r"[a-z_]{2,}", re.sub(r'\{[^}]*\}|\[[^]]*\]|"[^"]*"|\bby \([^)]*\)', "", query)))
    assert words - LANGUAGE == {name for name, _ in selectors}


def test_everything_that_is_exported_is_on_the_dashboard(exported: dict[str, dict[str, set[str]]]) -> None:
    shown = " ".join(dashboard_queries())
    families = {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in exported if not name.endswith("_created")}
    assert [family for family in families if family not in shown] == []


def test_grafana_can_read_the_dashboard(promtool: str, tmp_path: Path) -> None:
    panels: list[dict[str, Any]] = DASHBOARD["panels"]
    variables = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "prometheus"
    assert all(source == DATA_SOURCE for source in members(DASHBOARD, "datasource"))
    for name in ("id", "title"):
        assert len({panel[name] for panel in panels}) == len(panels)
    assert set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD))) - {"__all", "__rate_interval"} == set(variables)
    rules = [
        {"record": f"panel:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(dashboard_queries())
    ]
    # What is JSON is YAML.
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    subprocess.run([promtool, "check", "rules", str(tmp_path / "rules.yml")], check=True, capture_output=True)


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_acknowledging_is_shown_beside_the_providers_limits() -> None:
    (panel,) = (panel for panel in DASHBOARD["panels"] if panel["title"] == "Acknowledgement time")
    defaults = panel["fieldConfig"]["defaults"]
    assert [step["value"] for step in defaults["thresholds"]["steps"]] == [None, 7, 23]
    assert (defaults["unit"], defaults["custom"]["thresholdsStyle"]["mode"]) == ("s", "line")
    assert [target["legendFormat"] for target in panel["targets"]] == ["p50", "p99"]


def test_the_alerts_are_valid_and_fire_when_they_should(promtool: str) -> None:
    for command in (["check", "rules", "--lint-fatal", "alerts.yml"], ["test", "rules", "alerts.test.yml"]):
        ran = subprocess.run([promtool, *command], cwd=OPERATIONS, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("sound", "changed"),
    [
        ("> 900", "> 9000"),
        ("> 900", ">= 899"),
        ("for: 5m", "for: 8m"),
        ("(yuno_inbox_dead) > 0", "(yuno_inbox_dead) > 3"),
        ('{outcome="unavailable"}', ""),
        ("[5m])) > 0", "[5m])) > 2"),
        ("> 4", "> 6"),
        ("by (job, scope)", "by (job)"),
    ],
)
def test_the_tests_of_the_alerts_find_a_fault(promtool: str, tmp_path: Path, sound: str, changed: str) -> None:
    alerts = ALERTS.read_text(encoding="utf-8")
    assert sound in alerts
    (tmp_path / "alerts.yml").write_text(alerts.replace(sound, changed), encoding="utf-8")
    shutil.copy(OPERATIONS / "alerts.test.yml", tmp_path)
    ran = subprocess.run([promtool, "test", "rules", "alerts.test.yml"], cwd=tmp_path, capture_output=True, check=False)
    assert ran.returncode == 1
