"""Systems that are not all numbers and yes or no, from the file of declarations to the page."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.detect import shelves
from tests.detect.desks import Fault, table
from tests.fresh import fresh
from tests.jobs.counting import rings_of
from tests.web.cast import Stage, Watch, client_of, site_of, tokens_of
from tocsin.config.load import load
from tocsin.detect.finding import Finding, Verdict
from tocsin.jobs import detect
from tocsin.jobs import profile as duty
from tocsin.jobs.systems import declare
from tocsin.store import findings

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRICES = """\
version: 1
systems:
  prices:
    kind: regression
    reference: reference.parquet
    columns: {id: id, time: at, prediction: price, label: sold}
    slices: [region]
    protected: [sex]
    window: 4h
"""
DESKS = """\
version: 1
systems:
  desks:
    kind: multiclass
    reference: reference.parquet
    columns: {id: id, time: at, prediction: sent, score: sure, label: meant}
    slices: [channel]
    protected: [sex]
    window: 4h
"""
SHELF = """\
version: 1
systems:
  shelf:
    kind: ranking
    top: 5
    reference: reference.parquet
    columns: {id: request, time: at, item: items, position: position, label: clicked}
    slices: [device]
    protected: [sex]
    window: 4h
"""
LETTERS = """\
version: 1
systems:
  letters:
    reference: reference.parquet
    columns: {id: id, time: at, score: score, label: right}
    kinds: {note: text, asked_at: timestamp}
    window: 4h
"""


@pytest.fixture
def stage(tmp_path: Path) -> Generator[Stage]:
    database = fresh(f"sqlite:///{tmp_path}/tocsin.db")
    site = site_of(database, tmp_path, Watch(NOW))
    with client_of(site) as client:
        yield Stage(site, Watch(NOW), client, tokens_of(site))
    site.committer.close()
    database.close()


def declared(stage: Stage, folder: Path, text: str, rows: list[dict[str, Any]]) -> list[bool]:
    """Declare the system twice; return whether anything changed."""
    pq.write_table(pa.Table.from_pylist(rows), folder / "reference.parquet")
    config, quiet = load(text, "tocsin.yaml"), list[str]().append
    database, secret = stage.site.database, stage.site.secret
    return [
        declare(database, config.systems, folder, NOW, tell=quiet, secret=secret)[0].changed
        for _ in range(2)
    ]


def sent(stage: Stage, table: str, system: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    answer = stage.ask("service", "POST", f"/v1/{table}?system={system}", rows)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def judged(stage: Stage, folder: Path, system: str) -> list[Finding]:
    """Count and look as the server's duties do; return what they found."""
    rings = rings_of(stage.site.database, folder)
    duty.run(rings, NOW)
    detect.run(rings, NOW)
    with stage.site.database.reading() as conn:
        return list(findings.latest(conn, system))


def alarming(found: list[Finding]) -> set[tuple[str, str | None]]:
    return {(f.measure, f.column) for f in found if f.verdict is Verdict.ALARM}


def prices(n: int, *, scale: float) -> list[dict[str, Any]]:
    r = np.random.default_rng(1)
    return [
        {
            "id": f"h{k}",
            "at": NOW - HOUR - timedelta(seconds=k),
            "rooms": float(r.normal(4, 1)),
            "region": "north" if k % 2 else "south",
            "sex": "f" if k % 3 else "m",
            "price": float(r.normal(300_000, 20_000)) * scale,
            "sold": float(r.normal(300_000, 30_000)),
        }
        for k in range(n)
    ]


def test_a_regression_is_counted_and_judged_and_has_a_page(stage: Stage, tmp_path: Path) -> None:
    assert declared(stage, tmp_path, PRICES, prices(2000, scale=1)) == [True, False]
    rows = [
        {
            "id": one["id"],
            "at": one["at"].isoformat(),
            "prediction": one["price"],
            "features": {"rooms": one["rooms"]},
            "attributes": {"region": one["region"], "sex": one["sex"]},
        }
        for one in prices(1500, scale=1.5)
    ]
    answer = sent(stage, "predictions", "prices", [*rows, rows[0] | {"id": "x", "prediction": "?"}])
    assert (answer["accepted"], answer["rejected"][0]["field"]) == (1500, "prediction")
    labels = [{"id": one["id"], "label": one["sold"]} for one in prices(500, scale=1)]
    told = sent(stage, "outcomes", "prices", [*labels, {"id": "h900", "label": "dear"}])
    assert (told["accepted"], told["rejected"][0]["field"]) == (500, "label")
    found = judged(stage, tmp_path, "prices")
    assert ("jsd", "estimate") in alarming(found)
    assert ("jsd", "rooms") not in alarming(found)
    stage.sign_in("oncall")
    for path in ("/systems/prices", "/systems/prices?slice=region%3Dnorth", "/"):
        page = stage.client.get(path)
        assert page.status_code == 200
        assert "prices" in page.text


def letters(n: int, *, long: int) -> list[dict[str, Any]]:
    r = np.random.default_rng(2)
    return [
        {
            "id": f"l{k}",
            "at": NOW - HOUR - timedelta(seconds=k),
            "note": "a" * int(r.integers(20, 60) * long),
            "asked_at": NOW - 2 * HOUR - timedelta(seconds=k + int(r.integers(0, 600))),
            "urgent": bool(r.random() < 0.3),
            "meaning": r.normal(1, 0.2, 8).tolist(),
            "score": float(r.random()),
            "right": bool(r.random() < 0.5),
        }
        for k in range(n)
    ]


def test_features_of_every_kind_come_in_as_json_and_are_judged(
    stage: Stage, tmp_path: Path
) -> None:
    assert declared(stage, tmp_path, LETTERS, letters(2000, long=1)) == [True, False]
    rows = [
        {
            "id": one["id"],
            "at": one["at"].isoformat(),
            "score": one["score"],
            "features": {
                "note": one["note"],
                "asked_at": one["asked_at"].isoformat(),
                "urgent": one["urgent"],
                "meaning": one["meaning"] if k % 5 else "not a vector",
            },
        }
        for k, one in enumerate(letters(1500, long=3))
    ]
    assert sent(stage, "predictions", "letters", rows)["accepted"] == 1500
    lake = stage.site.lake.scan("letters", "predictions")
    assert lake.schema.field("f_meaning").type == pa.list_(pa.float32())
    assert lake["mistyped"].drop_null().unique().to_pylist() == ["meaning"]
    found = judged(stage, tmp_path, "letters")
    alarms = alarming(found)
    assert {("jsd", "note.chars"), ("mistyped", "meaning.norm")} <= alarms
    assert not {("jsd", "urgent"), ("jsd", "asked_at.age_s")} & alarms
    stage.sign_in("oncall")
    assert "note.chars" in stage.client.get("/systems/letters").text


def desks_rows(n: int, seed: int, fault: Fault | None = None) -> list[dict[str, Any]]:
    """Return letters of the four hours before the last one, a whole number of seconds apart."""
    letters = table(n, np.random.default_rng(seed), fault).to_pylist()
    first, apart = NOW - 5 * HOUR, 4 * HOUR / n
    return [one | {"id": f"d{k}", "at": first + k * apart} for k, one in enumerate(letters)]


def test_a_choice_among_classes_is_counted_judged_and_drawn(stage: Stage, tmp_path: Path) -> None:
    assert declared(stage, tmp_path, DESKS, desks_rows(6000, 1)) == [True, False]
    served = desks_rows(4000, 2, Fault(lost=0.7))
    rows = [
        {
            "id": one["id"],
            "at": one["at"].isoformat(),
            "prediction": one["sent"],
            "score": one["sure"],
            "features": {"pages": one["pages"]},
            "attributes": {"channel": one["channel"], "sex": one["sex"]},
        }
        for one in served
    ]
    answer = sent(stage, "predictions", "desks", [*rows, rows[0] | {"id": "x", "score": 2}])
    assert (answer["accepted"], answer["rejected"][0]["field"]) == (4000, "score")
    labels = [{"id": one["id"], "label": one["meant"]} for one in served]
    assert sent(stage, "outcomes", "desks", labels)["accepted"] == 4000
    found = judged(stage, tmp_path, "desks")
    first = found[0]
    assert (first.measure, first.column, first.slice.key) == ("recall", "fraud", "channel=app")
    own = [o for o in served if (o["channel"], o["meant"]) == ("app", "fraud")]
    assert first.value == pytest.approx(sum(o["sent"] == "fraud" for o in own) / len(own))
    (right,) = [f for f in found if f.measure == "accuracy" and not f.slice.conditions]
    assert right.value == pytest.approx(sum(o["sent"] == o["meant"] for o in served) / 4000)
    assert {f.column for f in found if f.measure == "jsd"} >= {"prediction", "label", "score"}
    stage.sign_in("oncall")
    page = stage.client.get("/systems/desks?span=24h").text
    for title in ("Answers by class", "Accuracy", "Mean confidence", "Accuracy by sex"):
        assert title in page
    for absent in ("Selection rate", "Mean score", "four fifths"):
        assert absent not in page
    for one in (first, right, *(f for f in found if f.measure == "macro_f1")):
        drawn = stage.client.get("/systems/desks/explain", params={"finding": one.key})
        assert drawn.status_code == 200, drawn.text[:300]
        assert "any more" not in drawn.text


def lists_rows(n: int, seed: int, fault: shelves.Fault | None = None) -> list[dict[str, Any]]:
    """Return requests of the four hours before the last one."""
    lists = shelves.table(n, np.random.default_rng(seed), fault).to_pylist()
    first, apart = NOW - 5 * HOUR, 4 * HOUR / n
    return [one | {"at": first + k * apart} for k, one in enumerate(lists)]


def test_lists_are_counted_by_request_judged_and_drawn(stage: Stage, tmp_path: Path) -> None:
    reference = [
        {**one, "items": item, "clicked": click, "position": place}
        for one in lists_rows(5000, 1)
        for place, (item, click) in enumerate(zip(one["items"], one["clicked"], strict=True), 1)
    ]
    assert declared(stage, tmp_path, SHELF, reference) == [True, False]
    served = lists_rows(3000, 2, shelves.Fault(shuffled=0.7))
    rows = [
        {
            "id": one["request"],
            "at": one["at"].isoformat(),
            "prediction": one["items"],
            "features": {"words": one["words"]},
            "attributes": {"device": one["device"], "sex": one["sex"]},
        }
        for one in served
    ]
    answer = sent(stage, "predictions", "shelf", [*rows, rows[0] | {"id": "x", "prediction": "a"}])
    assert (answer["accepted"], answer["rejected"][0]["field"]) == (3000, "prediction")
    labels: list[dict[str, Any]] = []
    for k, one in enumerate(served):  # in each of the forms that outcomes may have
        pairs = list(zip(one["items"], one["clicked"], strict=True))
        forms = (
            one["clicked"],
            [item for item, click in pairs if click],
            {item: click for item, click in pairs if click},
        )
        labels.append({"id": one["request"], "label": forms[k % 3]})
    assert sent(stage, "outcomes", "shelf", labels)["accepted"] == 3000
    lake = stage.site.lake.scan("shelf", "predictions")
    assert lake["prediction"][0].as_py().startswith('["p')
    found = judged(stage, tmp_path, "shelf")
    assert found[0].slice.key == "device=phone"
    (click,) = [f for f in found if (f.measure, f.column, f.slice.key) == ("ctr", None, "")]
    clicked = sum(sum(one["clicked"]) for one in served)
    assert click.value == pytest.approx(clicked / sum(len(one["items"]) for one in served))
    (hit,) = [f for f in found if f.measure == "hit_rate" and not f.slice.conditions]
    assert hit.value == pytest.approx(sum(any(one["clicked"][:5]) for one in served) / 3000)
    assert ("ndcg", None) in alarming(found)
    stage.sign_in("oncall")
    page = stage.client.get("/systems/shelf?span=24h").text
    for title in ("Hit rate", "Click-through rate", "NDCG@5", "Lists by the item on top"):
        assert title in page
    assert "Hit rate by sex" in page
    for absent in ("Selection rate", "Mean score", "four fifths", "Accuracy"):
        assert absent not in page
    for one in [f for f in found if f.measure in {"ndcg", "ctr", "hit_rate", "jsd"}][:12]:
        drawn = stage.client.get("/systems/shelf/explain", params={"finding": one.key})
        assert drawn.status_code == 200, drawn.text[:300]
        assert "any more" not in drawn.text
