from dataclasses import replace

from tests.store.examples import HOUR, NOW, WOMEN, opened
from tocsin.base.spans import Span
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.ledger import LedgerRow
from tocsin.diagnose.suspect import Suspect, SuspectKind
from tocsin.store import diagnoses
from tocsin.store.codec import encode
from tocsin.store.unit import Database


def _row(k: int, remedy: str = "") -> LedgerRow:
    return LedgerRow(
        prediction_id=f"p{k}",
        at=NOW + k * HOUR,
        version="v1",
        score=None,
        prediction="false",
        attributes={"sex": "f"},
        remedy=remedy,
    )


def test_the_latest_diagnosis_stands(database: Database) -> None:
    incident = opened(database)
    first = Diagnosis(
        incident=incident.id,
        made_at=NOW,
        slice=WOMEN,
        onset=NOW - HOUR,
        onset_span=Span(NOW - HOUR, NOW),
        affected=120,
        estimated_errors=31.5,
        cost=31.5 * 1800,
        currency="EUR",
        suspects=(
            Suspect(
                rank=1,
                kind=SuspectKind.CHANGE,
                title="income v311",
                what={"id": "chg_1"},
                score=0.9,
                why="just before",
            ),
        ),
        summary="the pipeline",
    )
    second = replace(first, made_at=NOW + HOUR, affected=140)
    with database.reading() as conn:
        assert diagnoses.get(conn, incident.id) is None
    for diagnosis in (first, second):
        with database.unit("diagnose", NOW) as unit:
            diagnoses.save(unit, incident.id, diagnosis)
    with database.reading() as conn:
        # NaN differs from itself, so diagnoses are compared as they are written
        assert encode(diagnoses.get(conn, incident.id)) == encode(second)


def test_the_ledger_is_read_page_by_page_and_forgets_nobody(database: Database) -> None:
    incident, other = opened(database), opened(database)
    with database.unit("diagnose", NOW) as unit:
        diagnoses.save_ledger(unit, incident.id, [_row(k) for k in range(5)])
        diagnoses.save_ledger(unit, other.id, [_row(0)])
    with database.unit("ana", NOW) as unit:
        diagnoses.save_ledger(unit, incident.id, [_row(1, "decided again")])
    with database.reading() as conn:
        assert diagnoses.ledger_count(conn, incident.id) == 5
        assert diagnoses.ledger(conn, incident.id, 2, 0) == [_row(0), _row(1, "decided again")]
        assert diagnoses.ledger(conn, incident.id, 2, 4) == [_row(4)]
        assert diagnoses.ledger_count(conn, "nothing") == 0
        assert diagnoses.ledger_ids(conn, incident.id) == {f"p{k}" for k in range(5)}


def test_remedies_on_the_ledger_are_counted(database: Database) -> None:
    incident = opened(database)
    rows = [_row(n, "decided again" if n < 2 else "") for n in range(5)]
    with database.unit("w", NOW) as unit:
        diagnoses.save_ledger(unit, incident.id, rows)
    with database.reading() as conn:
        assert diagnoses.remedied(conn, incident.id) == 2
        assert diagnoses.remedied(conn, "inc_other") == 0
