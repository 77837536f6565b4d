"""Dashboard, alert rules and documentation speak of numbers that there are."""

import json
import re
from pathlib import Path
from typing import Any

from app.measures import MEASURES, VALUES, Kind, Measure
from app.tracing import ATTRIBUTES

DOCS = Path(__file__).parents[2] / "docs"
RULES = DOCS / "deployment" / "prometheus" / "alerts.yml"
DASHBOARD = DOCS / "deployment" / "grafana" / "beredskap.json"
_NAME = re.compile(r"\bberedskap_\w+")
_SELECTED = re.compile(r"(beredskap_\w+)\{([^}]*)\}")
_MATCHED = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')
# What Prometheus adds to each target.
_ADDED = {"host", "instance", "job"}


def series_of(measure: Measure) -> set[str]:
    match measure.kind:
        case Kind.COUNTER:
            return {f"{measure.name}_total"}
        case Kind.GAUGE:
            return {measure.name}
        case Kind.HISTOGRAM:
            return {f"{measure.name}_{part}" for part in ("bucket", "count", "sum")}


KNOWN = {name: measure for measure in MEASURES for name in series_of(measure)}


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def expressions() -> list[str]:
    """Every expression of the dashboard and the rules."""
    found: list[str] = []

    def look(part: Any) -> None:  # noqa: ANN401 - whatever stands in the file
        if isinstance(part, dict):
            found.extend(value for key, value in part.items() if key in {"expr", "definition"})
            for value in part.values():
                look(value)
        elif isinstance(part, list):
            for value in part:
                look(value)

    look(json.loads(DASHBOARD.read_text(encoding="utf-8")))
    blocks = re.findall(r"expr: (?:>-\n)?((?:.|\n)*?)\n +(?:for|labels):", RULES.read_text())
    assert len(blocks) == RULES.read_text().count("- alert:")
    return found + blocks


def test_they_ask_for_nothing_that_is_not_told() -> None:
    every = expressions()

    named = {name for one in every for name in _NAME.findall(one)}
    assert len(named) > 25
    assert named <= set(KNOWN)


def test_they_ask_for_labels_and_words_that_there_are() -> None:
    for one in expressions():
        for name, selected in _SELECTED.findall(one):
            for label, how, said in _MATCHED.findall(selected):
                assert label in {*KNOWN[name].labels, *_ADDED}, f"{name} has no {label}"
                if label in VALUES and how in {"=", "=~"}:
                    assert set(said.split("|")) <= set(VALUES[label]), f"{label} is never {said}"
        labels = {label for name in _NAME.findall(one) for label in KNOWN[name].labels}
        for grouped in re.findall(r"by \(([^)]*)\)", one):
            assert set(grouped.split(", ")) <= labels | _ADDED | {"le"}, one


def test_nothing_is_counted_once_for_each_process() -> None:
    """Every process tells the same sums, so adding them up counts them as often as are asked."""
    for one in expressions():
        assert not re.search(r"sum(?: by \([^)]*\))? ?\((?:increase|rate)\(", one), one


def test_every_alert_says_what_is_wrong_what_to_do_and_who_is_woken() -> None:
    alerts = RULES.read_text(encoding="utf-8").split("- alert: ")[1:]

    assert len({one.partition("\n")[0] for one in alerts}) == len(alerts)
    for one in alerts:
        assert re.search(r"severity: (page|ticket)\}", one), one
        assert re.search(r"summary: .{10}", one), one
        assert re.search(r"action: .{10}", one), one


def test_every_panel_has_a_place_a_unit_and_a_title() -> None:
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]

    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["title"]
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, f"{panel['title']} lies upon another"
        assert at["x"] + at["w"] <= 24
        taken |= cells
        if panel["type"] != "row":
            assert panel["fieldConfig"]["defaults"]["unit"]
            assert panel["targets"]


def test_the_page_tells_of_every_number_and_word() -> None:
    written = [line for line in page("metrics.md").splitlines() if line.startswith("| `")]

    for measure in MEASURES:
        name = measure.name + ("_total" if measure.kind is Kind.COUNTER else "")
        labels = ", ".join(f"`{label}`" for label in measure.labels)
        assert f"| `{name}` | {measure.kind} | {labels} | {measure.help} |" in written
    for label, words in VALUES.items():
        assert f"| `{label}` | {', '.join(f'`{word}`' for word in words)} |" in written
    told = [line for line in written if line.startswith("| `beredskap_")]
    assert len(told) == len(MEASURES)


def test_the_page_tells_of_every_attribute_of_a_span() -> None:
    table = page("metrics.md").partition("| span |")[2].partition("\n\n")[0]

    assert set(re.findall(r"`(\w+)`", table)) - {"webhook", "letter", "rest"} == ATTRIBUTES
