"""Alerts of other systems are read as documented; what cannot be read says where and why."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.ingest.payloads import alertmanager, alertmanager_alert, grafana
from tests.store.examples import SYSTEM
from tocsin.base.errors import BadInput
from tocsin.base.slices import EVERYONE, Slice
from tocsin.ingest.outside import (
    ALERTMANAGER,
    GRAFANA,
    MOST_ALERTS,
    OutsideAlert,
    Read,
    Reading,
    read,
)
from tocsin.ingest.system import Serving, System

CARDS = System(name="cards", serving=Serving(names=("card-scorer", "shared")))
LOANS = replace(SYSTEM, serving=Serving(names=("lending/loan-scorer", "shared")))
MONITOR = Reading(
    name="cloud",
    system=("resource.name",),
    systems={"projects/7/loan": "loans"},
    fingerprint=("id",),
    status=("state",),
    title=("message",),
    level=("severity",),
    started=("since",),
    slice={"region": "zone"},
    alerts="data.items",
)
ITEM = {
    "id": 17,
    "state": "OPEN",
    "message": "Errors",
    "resource": {"name": "projects/7/loan"},
    "since": 1_795_183_500,
    "zone": "north",
}


def said(body: object, reading: Reading = ALERTMANAGER, default: str = "") -> Read:
    return read(json.dumps(body).encode(), reading, [LOANS, CARDS], default)


def one(body: object, reading: Reading = ALERTMANAGER, default: str = "") -> OutsideAlert:
    found = said(body, reading, default)
    assert found.rejected == ()
    (alert,) = found.alerts
    return alert


def fault(body: object, reading: Reading = ALERTMANAGER, default: str = "") -> tuple[str, str]:
    found = said(body, reading, default)
    assert found.alerts == ()
    (rejection,) = found.rejected
    return rejection.field, rejection.reason


def test_alertmanager_is_read_as_documented() -> None:
    assert one(alertmanager(alertmanager_alert())) == OutsideAlert(
        system="loans",
        source="alertmanager",
        fingerprint="c4b1f0a1d2e3f405",
        rule="LoanApiErrors",
        title="One in ten calls of the loan API fails",
        firing=True,
        pages=True,
        slice=EVERYONE,
        started_at=datetime(2026, 11, 20, 14, 1, 30, 739266, tzinfo=UTC),
        url="http://prometheus.example.org/graph?g0.expr=up",
    )


def test_grafana_is_read_as_documented() -> None:
    alert = one(grafana(), GRAFANA)
    assert (alert.rule, alert.title) == ("Slow answers", "The 95th percentile is above 2 s")
    assert alert.slice == Slice.of({"region": "north"})
    assert alert.url.endswith("orgId=1")  # empty links are none
    assert not one(grafana("resolved"), GRAFANA).firing


def test_labels_that_are_attributes_make_the_slice_and_others_do_not() -> None:
    labels = {"region": "north", "sex": "f", "pod": "loan-7"}
    alert = one(alertmanager(alertmanager_alert(labels=labels)))
    assert alert.slice == Slice.of({"region": "north", "sex": "f"})


@pytest.mark.parametrize(
    ("severity", "pages"),
    [("critical", True), ("", True), ("odd", True), ("Warning", False), ("info", False)],
)
def test_only_what_is_known_to_be_mild_wakes_nobody(severity: str, pages: bool) -> None:
    alert = alertmanager_alert(labels={"severity": severity})
    assert one(alertmanager(alert)).pages is pages


@pytest.mark.parametrize(
    ("labels", "default", "system"),
    [
        ({"system": "cards"}, "", "cards"),
        ({"system": "lending/loan-scorer"}, "", "loans"),
        ({"tocsin_system": "cards"}, "", "cards"),
        ({"system": "", "service": "card-scorer"}, "", "cards"),
        ({"system": "prod", "job": "card-scorer"}, "", "cards"),  # the first that is known
        ({"system": ""}, "cards", "cards"),
        ({"system": "elsewhere"}, "cards", "cards"),
    ],
)
def test_the_system_is_the_first_known_name(
    labels: dict[str, str], default: str, system: str
) -> None:
    alert = alertmanager_alert(labels=labels)
    assert one(alertmanager(alert), default=default).system == system


def test_an_unknown_system_is_told_with_those_that_are_declared() -> None:
    where, why = fault(alertmanager(alertmanager_alert(labels={"system": "laons"})))
    assert where == "labels.system"
    assert why.startswith("no system is called 'laons'; declared are cards and loans")
    where, why = fault(alertmanager(alertmanager_alert(labels={"system": ""})))
    assert (where.split(" | ")[0], why[:15]) == ("labels.tocsin_system", "names no system")
    assert "'shared'" in fault(alertmanager(alertmanager_alert(labels={"system": "shared"})))[1]


def test_one_that_cannot_be_read_does_not_hold_up_its_neighbours() -> None:
    bad = alertmanager_alert(fingerprint="b", labels={"system": "x"})
    found = said(alertmanager(alertmanager_alert(), bad, alertmanager_alert(fingerprint="c")))
    assert [alert.fingerprint for alert in found.alerts] == ["c4b1f0a1d2e3f405", "c"]
    assert [rejection.row for rejection in found.rejected] == [1]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"startsAt": "yesterday"}, "startsAt"),
        ({"startsAt": "2026-11-20T14:00:00"}, "startsAt"),
        ({"startsAt": True}, "startsAt"),
        ({"startsAt": 1e300}, "startsAt"),
        ({"annotations": {"summary": ["a"]}}, "annotations.summary"),
        ({"status": {}}, "status"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(change: dict[str, Any], where: str) -> None:
    assert fault(alertmanager(alertmanager_alert() | change))[0] == where


def test_what_an_alert_does_not_say_the_body_around_it_may() -> None:
    body = alertmanager(alertmanager_alert() | {"status": None})
    assert one(body | {"status": "firing"}).firing
    assert not one(body | {"status": "resolved"}).firing


def test_without_a_fingerprint_the_labels_name_an_alert() -> None:
    first = alertmanager_alert(fingerprint="")
    same = one(alertmanager(first)).fingerprint
    assert same == one(alertmanager(first | {"status": "resolved"})).fingerprint
    other = alertmanager_alert(fingerprint="", labels={"pod": "b"})
    assert same != one(alertmanager(other)).fingerprint


def test_a_year_that_means_nothing_is_no_start() -> None:
    alert = alertmanager_alert(started="0001-01-01T00:00:00Z")
    assert one(alertmanager(alert)).started_at is None


def test_any_json_is_read_by_its_mapping() -> None:
    alert = one({"data": {"items": [ITEM]}}, MONITOR)
    assert (alert.system, alert.source, alert.fingerprint) == ("loans", "cloud", "17")
    assert (alert.slice, alert.rule) == (Slice.of({"region": "north"}), "Errors")
    assert alert.started_at == datetime.fromtimestamp(1_795_183_500, UTC)
    in_ms = ITEM | {"since": 1_795_183_500_000}
    assert one({"data": {"items": [in_ms]}}, MONITOR).started_at == alert.started_at


def test_a_body_may_be_one_alert_or_a_list() -> None:
    single = replace(MONITOR, alerts=None)
    assert one(ITEM, single) == one([ITEM], single)
    assert one({"alerts": [ITEM]}, replace(MONITOR, alerts="alerts")) == one(ITEM, single)


def test_what_ends_needs_no_title() -> None:
    ended = {key: value for key, value in ITEM.items() if key != "message"} | {"state": "Closed"}
    assert not one([ended], replace(MONITOR, alerts=None)).firing
    missing = ended | {"state": "open"}
    assert fault([missing], replace(MONITOR, alerts=None))[0] == "message"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "body"),
        (b"nonsense", "body"),
        (b'"\\ud800"', "body"),
        (b"[" * 100_000, "body"),
        (b"[]", "body.version"),
        (b'{"version": "3", "alerts": []}', "body.version"),
        (b'{"version": "4"}', "body.alerts"),
        (b'{"version": "4", "alerts": {}}', "body.alerts"),
    ],
)
def test_a_body_that_is_none_is_refused(body: bytes, where: str) -> None:
    with pytest.raises(BadInput) as refused:
        read(body, ALERTMANAGER, [LOANS])
    assert refused.value.where == where


def test_too_many_alerts_are_refused() -> None:
    with pytest.raises(BadInput, match="10,001 alerts"):
        said(alertmanager() | {"alerts": [0] * (MOST_ALERTS + 1)})


def test_what_no_database_takes_is_left_out() -> None:
    alert = alertmanager_alert(labels={"region": "no\0rth"}) | {"fingerprint": "a\0b"}
    found = one(alertmanager(alert))
    assert (found.slice.as_dict(), found.fingerprint) == ({"region": "north"}, "ab")


def test_the_sort_of_failure_is_read_where_it_is_named() -> None:
    named = alertmanager_alert()
    assert one(alertmanager(named)).failure == ""
    named["labels"]["failure"] = " Vendor"
    assert one(alertmanager(named)).failure == "vendor"
    named["labels"]["tocsin_failure"] = "input"
    assert one(alertmanager(named)).failure == "input"
    cloud = {**ITEM, "kind": "GENERATION"}
    where = replace(MONITOR, failure=("kind",))
    assert one({"data": {"items": [cloud]}}, where).failure == "generation"
    assert one({"data": {"items": [cloud]}}, MONITOR).failure == ""
