"""An incident with everything known of it, for the pages and endpoints that show it."""

from datetime import timedelta

from tests.profile.made import made
from tests.store import examples
from tests.web.cast import Stage
from tocsin.base.spans import Span
from tocsin.contain.verify import Rate, Recovery, Verification
from tocsin.diagnose.diagnosis import Diagnosis
from tocsin.diagnose.ledger import LedgerRow
from tocsin.diagnose.suspect import Suspect, SuspectKind
from tocsin.ingest.change import Change, ChangeKind
from tocsin.profile.cell import CellKey, Counts
from tocsin.profile.layout import layout_of
from tocsin.store import changes, containment, diagnoses, findings, incidents, profiles

HOUR = timedelta(hours=1)


def declare(stage: Stage, severity: str = "SEV2") -> str:
    """Declare an incident about women as the responder; return its id."""
    order = {"system": "loans", "title": "Denied", "severity": severity, "slice": {"sex": "f"}}
    answer = stage.ask("responder", "POST", "/v1/incidents", order)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def traffic(stage: Stage, *, version: str, hours_ago: int, women: int, everyone: int) -> None:
    """Count one bucket of decisions into the profiles."""
    layout = layout_of(examples.SPEC)
    bucket = (stage.watch() - hours_ago * HOUR).replace(minute=0)
    cells = {CellKey(version, key, bucket): layout.zero() for key in ("", "sex=f")}
    cells[CellKey(version, "", bucket)][layout.places["n"]] = everyone
    cells[CellKey(version, "sex=f", bucket)][layout.places["n"]] = women
    with stage.site.database.unit("test", stage.watch()) as unit:
        at = profiles.watermark(unit.conn, "loans", "predictions")
        profiles.advance(
            unit,
            examples.SPEC,
            moves={"predictions": (at, at + 1)},
            delta=made(cells, examples.SPEC),
        )


def trial(stage: Stage, *, hours: int, wrong_for_women: float, wrong: float = 0.1) -> None:
    """Count hours of a champion "1" and a candidate "2", which errs so often for women."""
    layout, cells = layout_of(examples.SPEC), dict[CellKey, Counts]()
    for k in range(1, hours + 1):
        bucket = (stage.watch() - k * HOUR).replace(minute=0)
        for version, rows in (("1", 20_000), ("2", 4_000)):
            rates = {"sex=f": wrong_for_women if version == "2" else wrong, "sex=m": wrong}
            for key, rate in rates.items():
                cell = layout.zero()
                half, bad = rows // 2, round(rows * rate / 2)
                held = {"n": rows, "n_prediction": rows, "n_positive": half}
                held |= {"tp": half - bad, "fp": bad, "tn": half - bad, "fn": bad}
                for name, value in held.items():
                    layout.get(cell, name)[0] = value
                cells[CellKey(version, key, bucket)] = cell
            parts = [cells[CellKey(version, key, bucket)] for key in rates]
            cells[CellKey(version, "", bucket)] = parts[0] + parts[1]
    with stage.site.database.unit("test", stage.watch()) as unit:
        profiles.advance(unit, examples.SPEC, moves={}, delta=made(cells, examples.SPEC))


def alarm(stage: Stage) -> None:
    """Let the accuracy monitor of women say alarm."""
    with stage.site.database.unit("test", stage.watch()) as unit:
        findings.save(unit, "loans", stage.watch(), [examples.finding()], whole=True)


def known(stage: Stage, incident: str) -> None:
    """Store a change, a diagnosis, a ledger of three decisions and a verification."""
    now = stage.watch()
    change = Change(
        id="chg_1", at=now - HOUR, system="loans", kind=ChangeKind.FEATURE_PIPELINE, title="v311"
    )
    suspect = Suspect(
        rank=1,
        kind=SuspectKind.CHANGE,
        title="v311",
        what={"id": "chg_1"},
        score=0.9,
        why="just before",
    )
    diagnosis = Diagnosis(
        incident=incident,
        made_at=now,
        slice=examples.WOMEN,
        onset=now - HOUR,
        onset_span=Span(now - 2 * HOUR, now),
        affected=3,
        estimated_errors=float("nan"),
        cost=float("nan"),
        suspects=(suspect,),
        summary="Since an hour.",
    )
    rows = [
        LedgerRow(
            prediction_id=f"p{k}",
            at=now - k * timedelta(minutes=1),
            version="1",
            score=None,
            prediction="false",
            attributes={"sex": "f"},
        )
        for k in range(3)
    ]
    look = Verification(
        incident=incident,
        at=now,
        measure="error_rate",
        slice=examples.WOMEN,
        verdict=Recovery.RECOVERED,
        baseline=Rate(10, 100),
        before=Rate(40, 100),
        after=Rate(9, 100),
        evidence=4.2,
        text="women are back to normal",
    )
    with stage.site.database.unit("test", now) as unit:
        changes.add(unit, change)
        diagnoses.save(unit, incident, diagnosis)
        diagnoses.save_ledger(unit, incident, rows)
        containment.add_verification(unit, look)
        incidents.get(unit.conn, incident)
