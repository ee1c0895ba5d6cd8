"""What keeps alerts quiet and how outside alerts are read, as declared in `tocsin.yaml`."""

import json
import re
from pathlib import Path

import pytest

from tests.config.test_load import SMALL
from tocsin.alert.inhibit import DEFAULTS, Inhibition
from tocsin.alert.matching import parse_all
from tocsin.base.errors import BadInput
from tocsin.config.load import load
from tocsin.ingest.outside import ALERTMANAGER, Reading, read
from tocsin.ingest.system import System

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
CLOUD = """
intake:
  cloud:
    alerts: data.items
    system: resource.name
    systems: {projects/7/loan: loan}
    fingerprint: id
    status: state
    resolved: [Closed]
    title: [message, text]
    level: severity
    tickets: [P4, P5]
    started: since
    slice: {region: zone}
"""


def test_without_a_word_the_usual_holds() -> None:
    config = load(SMALL, "tocsin.yaml")
    assert (config.inhibitions, config.readings) == (DEFAULTS, {})


def test_inhibitions_are_as_declared_and_none_may_be() -> None:
    text = SMALL + "inhibit:\n  - {source: [layer=slo], target: ['layer=~kpi|drift']}\n"
    rule = Inhibition(source=parse_all(["layer=slo"]), target=parse_all(["layer=~kpi|drift"]))
    assert load(text, "tocsin.yaml").inhibitions == (rule,)
    assert load(SMALL + "inhibit: []\n", "tocsin.yaml").inhibitions == ()


def test_a_mapping_is_as_declared() -> None:
    assert load(SMALL + CLOUD, "tocsin.yaml").readings["cloud"] == Reading(
        name="cloud",
        alerts="data.items",
        system=("resource.name",),
        systems={"projects/7/loan": "loan"},
        fingerprint=("id",),
        status=("state",),
        resolved=frozenset({"closed"}),
        title=("message", "text"),
        level=("severity",),
        tickets=frozenset({"p4", "p5"}),
        started=("since",),
        slice={"region": "zone"},
    )


def test_what_is_like_another_says_only_what_differs() -> None:
    text = SMALL + "intake: {prod: {like: alertmanager, system: labels.app}}\n"
    found = load(text, "tocsin.yaml").readings["prod"]
    assert (found.name, found.system) == ("prod", ("labels.app",))
    assert (found.title, found.version) == (ALERTMANAGER.title, "4")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("inhibit:\n  - {source: [layer], target: [layer=drift]}\n", "is not a matcher"),
        ("inhibit:\n  - {source: ['layer=~.*'], target: [layer=drift]}\n", "every alert"),
        ("inhibit:\n  - {source: [layer=slo]}\n", "inhibit.0.target"),
        (CLOUD.replace("fingerprint: id", "url: link"), "intake.cloud.fingerprint"),
        (CLOUD.replace(": loan}", ": laon}"), "system 'laon' is not declared"),
        (CLOUD.replace("status:", "statsu:"), "did you mean 'status'?"),
        ("intake: {x: {like: pager}}\n", "intake.x.like"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_line(more: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        load(SMALL + more, "tocsin.yaml")
    assert says in str(refused.value)
    assert refused.value.where.startswith("tocsin.yaml:")
    assert refused.value.where != "tocsin.yaml:1"


def test_what_the_document_declares_holds_and_reads_its_example() -> None:
    (inhibit,) = re.findall(r"```yaml\n(inhibit:.*?)```", PAGE, re.DOTALL)
    (intake,) = re.findall(r"```yaml\n(intake:.*?)```", PAGE, re.DOTALL)
    (body,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    config = load(SMALL.replace("loan:", "loans:") + inhibit + intake, "tocsin.yaml")
    assert config.inhibitions[:1] == DEFAULTS
    loans = System(name="loans", slices=("region",))
    found = read(json.dumps(json.loads(body)).encode(), config.readings["cloud"], [loans])
    assert found.rejected == ()
    (alert,) = found.alerts
    assert (alert.title, alert.pages, alert.slice.key) == (
        "Errors in the loan API", True, "region=north",
    )  # fmt: skip
    assert config.readings["prod"].system == ("labels.app",)
