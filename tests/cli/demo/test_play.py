"""What the play does by itself: the reference it writes, and whom it counts as harmed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pyarrow as pa
import pytest

from tests.cli.demo.cast import applicants
from tocsin.cli.demo import play
from tocsin.cli.demo.responder import Responder
from tocsin.cli.demo.traffic import Answer
from tocsin.config.load import load
from tocsin.drill import lending
from tocsin.drill.score import Play
from tocsin.profile.learn import learn

T0 = datetime(2026, 11, 20, tzinfo=UTC)


def test_the_reference_fits_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lending, "TRAIN", 300)
    monkeypatch.setattr(lending, "REFERENCE", 600)
    table = play.reference(applicants(600), seed=1)
    text = lending.config(reference="r.parquet", pager_url="http://x", pager_secret="0" * 16)
    system = load(text, "tocsin.yaml").systems[lending.SYSTEM]
    spec = learn(table, system)
    assert isinstance(table, pa.Table)
    assert table.num_rows == 300
    assert "employer=government" in spec.slices


def test_harmed_are_the_slices_decisions_between_fault_and_containment(tmp_path: Path) -> None:
    people = applicants(40)
    answers = [Answer(f"a{i}", i, T0 + timedelta(seconds=i), approved=True) for i in range(40)]
    scene = SimpleNamespace(
        people=people,
        traffic=SimpleNamespace(answers=answers),
        seen=SimpleNamespace(fault_at=T0 + timedelta(seconds=10)),
    )
    found = set(play.harmed(cast("Any", scene), until=T0 + timedelta(seconds=20)))
    expected = {f"a{i}" for i in range(10, 20) if people[i].employer == "government"}
    assert found == expected != set()


def test_the_repair_goes_out_as_a_canary_and_its_verdict_is_waited_for() -> None:
    asked: list[tuple[str, object]] = []
    compared = [
        {
            "measure": "selection_rate",
            "slice": {"employer": "private"},
            "candidate": {"n": n},
            "champion": {"n": 2 * n},
        }
        for n in (0, 50)
    ]
    verdicts = [
        httpx.Response(400),  # it has decided nothing yet
        httpx.Response(200, json={"call": "hold", "why": "…", "compared": compared[:1]}),
        httpx.Response(200, json={"call": "hold", "why": "…", "compared": compared[1:]}),
    ]

    def server(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, json.loads(request.content or b"{}")))
        if request.method == "GET":
            return verdicts.pop(0)
        return httpx.Response(200, json={"id": "plan_2", "hash": "h", "explain": ["Try it."]})

    client = httpx.Client(transport=httpx.MockTransport(server), base_url="http://t")
    scene = cast(
        "Any",
        SimpleNamespace(
            responder=Responder(client),
            stage=SimpleNamespace(tell=list[str]().append),
            seen=Play(started_at=T0, fault_at=T0),
        ),
    )
    assert play.try_repair(scene, "inc_1") == "plan_2"
    assert (scene.seen.canary_call, scene.seen.canary_n) == ("hold", (50, 100))
    (path, order), (approved, _) = asked[:2]
    assert path == "/v1/incidents/inc_1/plans"
    (step,) = cast("Any", order)["steps"]
    assert (step["action"], step["to_version"], step["on_abort"]) == (
        "canary",
        lending.REPAIRED,
        "stop",
    )
    assert approved == "/v1/plans/plan_2/approve"
    assert verdicts == []
