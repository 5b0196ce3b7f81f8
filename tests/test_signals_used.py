"""Alerts, dashboard and the table in the docs speak of what /metrics says, in its words."""

import json
import re
from datetime import timedelta

import pytest
import yaml
from django.conf import settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from promql_parser import AggregateExpr, MatchOp, VectorSelector, parse, walk

from tasks.models import Cluster

ALERTS = settings.BASE_DIR / "deploy/prometheus/alerts.yml"
DASHBOARD = settings.BASE_DIR / "deploy/grafana/microblog.json"
OF_PROMETHEUS = {"up": {"job": {"microblog"}, "instance": set()}}  # what it says by itself
DOCS = settings.BASE_DIR / "docs/reference/operating.md"


def rules():
    return [
        rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
    ]


def panels():
    return [
        panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"
    ]


def queries():
    """(where, query, labels that its words name) of all there are."""
    for rule in rules():
        words = json.dumps(rule["annotations"])
        yield rule["alert"], rule["expr"], re.findall(r"\$labels\.(\w+)", words)
    for panel in panels():
        for target in panel["targets"]:
            expression = target["expr"].replace("$__rate_interval", "5m")
            named = re.findall(r"{{(\w+)}}", target["legendFormat"])
            yield panel["title"], expression, named


def asked(expression):
    """(metric, matchers, the aggregation that is nearest to it or "") of all that a query asks."""
    around, found = [""], []

    def enter(node):
        if isinstance(node, AggregateExpr):
            around.append(str(node.op))
        if isinstance(node, VectorSelector):
            found.append((node.name, node.matchers.matchers, around[-1]))

    def leave(node):
        if isinstance(node, AggregateExpr):
            around.pop()

    walk(parse(expression), enter, leave)
    return found


def grouped(expression):
    """The labels that aggregations keep."""
    kept = re.findall(r"\bby \(([^)]*)\)", expression)
    return {label.strip() for labels in kept for label in labels.split(",")}


@pytest.fixture
def exposed(client, redis, transactional_db, settings):
    """{sample name: {label: values}} of a site that has all and has answered once."""
    settings.DEBUG = True
    now = timezone.now()
    Cluster.objects.create(
        pk="a",
        host="here",
        pid=1,
        workers=2,
        started_at=now,
        seen_at=now,
        swept_at=now - timedelta(seconds=5),
    )
    client.get("/robots.txt")
    found = {}
    said = client.get("/metrics").content.decode()
    for family in text_string_to_metric_families(said):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


def test_there_is_something_to_compare():
    assert len(rules()) > 10
    assert len(panels()) > 20
    assert len(list(queries())) > 30


def test_alerts_and_dashboard_ask_for_what_there_is(exposed):
    exposed |= OF_PROMETHEUS
    for where, expression, named in queries():
        labels = set()
        for metric, matchers, _ in asked(expression):
            assert metric in exposed, f"{where}: {metric}"
            labels |= set(exposed[metric])
            for matcher in matchers:
                values = exposed[metric].get(matcher.name, set())
                known = matcher.op != MatchOp.Equal or matcher.value in values
                assert values and known, f"{where}: {metric} {matcher.name}={matcher.value}"
        assert grouped(expression) <= labels, where
        assert set(named) <= grouped(expression), where


def test_what_comes_from_the_database_is_not_added_over_web_servers():
    """Each of them says all of it: of two, one is enough."""
    for where, expression, _ in queries():
        for metric, _, aggregation in asked(expression):
            assert not metric.startswith("tasks_") or aggregation == "max", where


def test_alerts_are_whole():
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert re.fullmatch(r"\d+[sm]", rule.get("for", "0s"))


def test_panels_do_not_lie_upon_each_other():
    taken = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_the_docs_have_each_metric_with_its_labels_and_no_other(exposed):
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", DOCS.read_text(), re.MULTILINE)
    documented = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    found = {}
    for sample, labels in exposed.items():
        name = re.sub(r"_(bucket|sum|count)$", "", sample)
        found.setdefault(name, set()).update(set(labels) - {"le"})
    assert documented == found
