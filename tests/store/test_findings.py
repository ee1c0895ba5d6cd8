from dataclasses import replace

import pytest

from tests.store.examples import DAY, HOUR, NOW, finding
from tocsin.base.errors import NotFound
from tocsin.base.spans import Span
from tocsin.detect.finding import Origin, Verdict
from tocsin.store import findings
from tocsin.store.epochs import Stamp
from tocsin.store.unit import Database


def test_the_latest_word_of_each_monitor_is_kept_in_order(database: Database) -> None:
    alarm, quiet = finding("recall"), finding("auc", Verdict.OK)
    with database.unit("detect", NOW) as unit:
        findings.save(unit, "loans", NOW, [alarm, quiet])
        findings.save(unit, "loans", NOW + HOUR, [finding("recall", Verdict.OK)])
    with database.reading() as conn:
        latest = findings.latest(conn, "loans")
        assert [(one.measure, one.verdict) for one in latest] == [("recall", "ok"), ("auc", "ok")]
        assert findings.evaluated_at(conn, "loans") == NOW + HOUR
        assert findings.latest(conn, "other") == []
        assert findings.evaluated_at(conn, "other") is None


def test_the_gist_of_every_system_is_read_at_once(database: Database) -> None:
    with database.unit("detect", NOW) as unit:
        findings.save(unit, "loans", NOW, [finding("recall"), finding("auc", Verdict.OK)])
        findings.save(unit, "other", NOW + HOUR, [finding("auc")])
    with database.reading() as conn:
        gists = findings.gists(conn)
        assert sorted(one.verdict for one in gists["loans"]) == ["alarm", "ok"]
        assert [(one.layer, one.level) for one in gists["other"]] == [("performance", "page")]
        assert findings.evaluated_ats(conn) == {"loans": NOW, "other": NOW + HOUR}


def test_a_whole_evaluation_forgets_monitors_that_are_gone(database: Database) -> None:
    with database.unit("detect", NOW) as unit:
        findings.save(unit, "loans", NOW, [finding("recall"), finding("auc")])
        findings.save(unit, "other", NOW, [finding("auc")])
        findings.save(unit, "loans", NOW, [finding("auc")], whole=True)
    with database.reading() as conn:
        assert findings.latest(conn, "loans") == [finding("auc")]
        assert findings.latest(conn, "other") == [finding("auc")]


def test_alarms_are_kept_for_ever_and_nothing_else_is(database: Database) -> None:
    for k in range(3):
        with database.unit("detect", NOW) as unit:
            both = [finding("recall"), finding("auc", Verdict.OK)]
            findings.save(unit, "loans", NOW + k * HOUR, both)
    with database.reading() as conn:
        alarms = findings.alarms(conn, "loans", DAY)
        assert alarms == [(NOW + k * HOUR, finding("recall")) for k in range(3)]
        assert len(findings.alarms(conn, "loans", Span(NOW, NOW + 2 * HOUR))) == 2


def test_findings_carry_the_counts_they_were_computed_from(database: Database) -> None:
    first, second = Stamp("abc", 3), Stamp("abc", 4)
    with database.unit("detect", NOW) as unit:
        assert findings.latest_stamp(unit.conn, "loans") is None
        findings.save(unit, "loans", NOW, [finding("auc")])
        assert findings.latest_stamp(unit.conn, "loans") is None
        for stamp in (first, second):
            both = [finding("recall"), finding("auc", Verdict.OK)]
            findings.save(unit, "loans", NOW, both, whole=True, stamp=stamp)
    with database.reading() as conn:
        assert findings.latest_stamp(conn, "loans") == second
        stamped = findings.stamps(conn, "loans", DAY)
        assert stamped == [(first, finding("recall")), (second, finding("recall"))]


def test_what_a_finding_was_computed_from_and_by_is_kept_with_it(database: Database) -> None:
    origin = Origin(reference_sha256="d" * 64, spec_hash="abc", epoch=3, code="0.1.0", config="c0f")
    one = replace(finding("auc"), method="window", alpha=1e-5, origin=origin)
    with database.unit("detect", NOW) as unit:
        findings.save(unit, "loans", NOW, [one])
    with database.reading() as conn:
        assert findings.latest(conn, "loans") == [one]
        assert [alarm for _, alarm in findings.alarms(conn, "loans", DAY)] == [one]


def test_an_alarm_is_found_by_its_number_and_a_monitor_by_its_key(database: Database) -> None:
    stamp = Stamp("abc", 3)
    with database.unit("detect", NOW) as unit:
        findings.save(unit, "loans", NOW, [finding("auc"), finding("recall")], stamp=stamp)
        findings.save(unit, "loans", NOW + HOUR, [finding("auc")])
    with database.reading() as conn:
        log = findings.logged(conn, "loans", DAY, 10)
        assert [(one.at, one.finding.measure) for one in log] == [
            (NOW + HOUR, "auc"),
            (NOW, "auc"),
            (NOW, "recall"),
        ]
        assert len(findings.logged(conn, "loans", DAY, 1)) == 1
        assert findings.find(conn, "loans", str(log[1].number)) == (finding("auc"), stamp)
        assert findings.find(conn, "loans", finding("auc").key) == (finding("auc"), None)
        for system, name in (
            ("other", str(log[1].number)),
            ("loans", "99"),
            ("loans", "9" * 30),
            ("loans", "²"),
            ("loans", ""),
        ):
            with pytest.raises(NotFound, match="no finding is called"):
                findings.find(conn, system, name)
