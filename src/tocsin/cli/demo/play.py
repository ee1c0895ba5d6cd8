"""The play: server, scoring service and traffic are started; the fault comes; the team responds.

Every step goes through what users have: the commands, the public API, the SDK, a signed webhook.
"""

import secrets
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import httpx
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.base.spans import parse_instant
from tocsin.cli.demo.dataset import fetch
from tocsin.cli.demo.pager import Pager
from tocsin.cli.demo.processes import Stage, server, service, token
from tocsin.cli.demo.responder import Json, Responder
from tocsin.cli.demo.scorer import Scorer
from tocsin.cli.demo.traffic import Traffic
from tocsin.drill import lending
from tocsin.drill.score import Play
from tocsin_client import Tocsin

HEALTHY_S = 40.0
"""How long all is well before the fault."""
PER_SECOND = 150.0
AFTERMATH_S = 12.0
"""How long traffic goes on once the affected people are decided about well again."""
CANARY_SHARE = 0.3
"""Part of its slice that the repaired version decides."""
PLANTED = f"feature pipeline {lending.BROKEN_RELEASE}"
DECOYS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("deploy", "web front 88", {}),
    ("flag", "new consent banner", {"employer": "private"}),
)
"""Changes that have nothing to do with the fault: kind, title, scope."""


@dataclass(slots=True)
class Scene:
    """What is running, and what has been seen so far."""

    stage: Stage
    people: Sequence[lending.Applicant]
    pager: Pager
    traffic: Traffic
    office: Tocsin
    responder: Responder
    seen: Play

    def pipeline(self, release: str) -> None:
        """Deploy a release of the feature pipeline, as its owners would."""
        address = f"http://127.0.0.1:{self.stage.service_port}/pipeline"
        httpx.post(address, json={"release": release}, timeout=10).raise_for_status()


@contextmanager
def scene(stage: Stage) -> Generator[Scene]:
    """Yield the running scene; whatever was started is ended with it.

    Raises:
        Unavailable: the data set cannot be fetched, or a process does not come up.
    """
    with ExitStack() as stack:
        stage.tell("fetching the applicants")
        people = lending.applicants(*fetch(stage.cache))
        stage.tell(f"training on {lending.TRAIN:,} older applicants")
        file = stage.folder / "reference.parquet"
        pq.write_table(reference(people, stage.seed), file)
        secret = secrets.token_hex(16)
        pager = stack.enter_context(Pager(secret))
        config = stage.folder / "tocsin.yaml"
        config.write_text(
            lending.config(reference=file.name, pager_url=pager.url, pager_secret=secret)
        )
        stage.tell("starting Tocsin, and the scoring service with the SDK's guard")
        stack.enter_context(server(stage, config))
        tokens = {name: token(stage, name, scopes) for name, scopes in _TOKENS.items()}
        stack.enter_context(service(stage, tokens["service"]))
        client = stack.enter_context(
            httpx.Client(
                base_url=stage.url,
                headers={"Authorization": f"Bearer {tokens['responder']}"},
                timeout=30,
            )
        )
        office = stack.enter_context(
            Tocsin(
                stage.url, token=tokens["office"], system=lending.SYSTEM, version=lending.VERSION
            )
        )
        traffic = Traffic(
            people,
            first=lending.REFERENCE,
            port=stage.service_port,
            per_second=PER_SECOND,
            office=office,
        )
        traffic.start()
        stack.callback(traffic.stop)
        now = datetime.now(UTC)
        seen = Play(started_at=now, fault_at=now)
        yield Scene(stage, people, pager, traffic, office, Responder(client), seen)


_TOKENS = {
    "service": ["ingest"],
    "office": ["ingest"],
    "responder": ["read", "respond", "command", "approve"],
}


def healthy(scene: Scene, progress: Callable[[float], None]) -> None:
    """Let all be well for a while; nobody must be paged."""
    began = time.monotonic()
    decoys = list(DECOYS)
    while (elapsed := time.monotonic() - began) < HEALTHY_S:
        progress(elapsed / HEALTHY_S)
        if decoys and elapsed > HEALTHY_S * (0.85 - 0.4 * (len(decoys) - 1)):
            kind, title, scope = decoys.pop(0)
            scene.office.change(kind, title, scope=scope)
        time.sleep(0.2)
    progress(1.0)
    scene.seen = replace(scene.seen, pages_before_fault=len(scene.pager.received()))


def break_it(scene: Scene) -> None:
    """Deploy the broken release; record it as the change that it is."""
    scene.seen = replace(scene.seen, fault_at=datetime.now(UTC))
    scene.pipeline(lending.BROKEN_RELEASE)
    scene.office.change(
        "feature_pipeline",
        PLANTED,
        at=scene.seen.fault_at,
        features=[lending.FAULTY_FEATURE],
        release=lending.BROKEN_RELEASE,
    )


def respond(scene: Scene) -> None:
    """Play the people on call until the incident is resolved and its review is written.

    Raises:
        Gone: a step did not happen in time.
    """
    answer, tell = scene.responder, scene.stage.tell

    def page() -> str | None:
        return next((received.incident for received in scene.pager.received()), None)

    incident = answer.wait("a page", page, timeout_s=60)
    shown = answer.get(f"/v1/incidents/{incident}")
    tell(f"paged: {shown['severity']} {shown['title']}")
    answer.post(f"/v1/incidents/{incident}/acknowledge")
    plan = answer.post(f"/v1/incidents/{incident}/plans")
    for sentence in plan["explain"]:
        tell(f"plan: {sentence}")
    answer.post(f"/v1/plans/{plan['id']}/approve", {"hash": plan["hash"]})
    tell("plan approved; waiting for the guard to obey and the verifier to speak")

    def recovered() -> Json:
        shown = answer.get(f"/v1/incidents/{incident}")
        return shown if shown["recovered_at"] else None

    answer.wait("recovery", recovered, timeout_s=90)
    tell("recovered; the pipeline's owners go back to the release before")
    scene.pipeline(lending.HEALTHY_RELEASE)
    scene.office.change("feature_pipeline", f"feature pipeline {lending.HEALTHY_RELEASE} again")
    began = time.monotonic()
    repair = try_repair(scene, incident)
    time.sleep(max(0.0, AFTERMATH_S - (time.monotonic() - began)))
    for ended in (repair, plan["id"]):
        answer.post(f"/v1/plans/{ended}/revert")
    note = f"{PLANTED} is out of service; the plan is reverted."
    answer.post(f"/v1/incidents/{incident}/resolve", {"note": note})
    scene.seen = observed(scene, incident)


def try_repair(scene: Scene, incident: str) -> str:
    """Put the repaired version before a share of people until it is judged; return the plan's id.

    Raises:
        Gone: there was no verdict in time.
    """
    answer, slice_ = scene.responder, lending.CANARY_SLICE.as_dict()
    step = {
        "action": "canary",
        "slice": slice_,
        "to_version": lending.REPAIRED,
        "share": CANARY_SHARE,
        "for": "10m",
        "on_abort": "stop",
    }
    plan = answer.post(f"/v1/incidents/{incident}/plans", {"steps": [step]})
    answer.post(f"/v1/plans/{plan['id']}/approve", {"hash": plan["hash"]})
    scene.stage.tell(f"plan: {plan['explain'][0]}")
    asked = {
        "candidate": lending.REPAIRED,
        "champion": lending.VERSION,
        "since": datetime.now(UTC).isoformat(),
    }

    def judged() -> Json:
        try:
            told = answer.get(f"/v1/systems/{lending.SYSTEM}/canary?{urlencode(asked)}")
        except httpx.HTTPStatusError:  # the repaired version has decided nothing yet
            return None
        return next((told | {"n": n} for n in _compared(told, slice_) if min(n)), None)

    told = answer.wait("a verdict on the repair", judged, timeout_s=40)
    scene.stage.tell(f"canary: {told['call']}. {told['why']}")
    scene.seen = replace(scene.seen, canary_call=told["call"], canary_n=told["n"])
    return str(plan["id"])


def _compared(told: Json, slice_: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    """Yield how many decisions of both versions a verdict rests on in a slice."""
    for one in told["compared"]:
        if one["slice"] == slice_ and one["measure"] == "selection_rate":
            yield one["candidate"]["n"], one["champion"]["n"]


def observed(scene: Scene, incident: str) -> Play:
    """Return what the API says of the incident, and whom the fault really harmed."""
    answer = scene.responder
    shown = answer.get(f"/v1/incidents/{incident}")
    pages = answer.get(f"/v1/incidents/{incident}/pages")["pages"]
    suspects = answer.get(f"/v1/incidents/{incident}/diagnosis")["suspects"]
    changes = [suspect["title"] for suspect in suspects if suspect["kind"] == "change"]
    contained = _instant(shown["contained_at"])
    until = contained or datetime.now(UTC)
    return replace(
        scene.seen,
        finding_at=_instant(shown["detected_at"]),
        paged_at=min((at for p in pages if (at := _instant(p["accepted_at"]))), default=None),
        acknowledged_at=_instant(shown["acknowledged_at"]),
        contained_at=contained,
        recovered_at=_instant(shown["recovered_at"]),
        resolved_at=_instant(shown["resolved_at"]),
        incidents=len(answer.get("/v1/incidents?state=all")["incidents"]),
        harmed_ids=frozenset(harmed(scene, until)),
        ledger_ids=frozenset(_ledger(answer, incident)),
        first_change=changes[0] if changes else "",
        review=answer.text(f"/v1/incidents/{incident}/review.md"),
    )


def harmed(scene: Scene, until: datetime) -> Iterator[str]:
    """Yield the decisions made on broken features: faulty slice, from the fault to containment."""
    for sent in scene.traffic.answers:
        if scene.seen.fault_at <= sent.at < until:
            attributes = scene.people[sent.number].attributes
            if lending.FAULTY_SLICE.matches(attributes):
                yield sent.id


def _ledger(answer: Responder, incident: str) -> Iterator[str]:
    offset = 0
    while rows := answer.get(f"/v1/incidents/{incident}/ledger?limit=1000&offset={offset}")["rows"]:
        yield from (row["prediction_id"] for row in rows)
        offset += len(rows)


def _instant(text: str | None) -> datetime | None:
    return parse_instant(text) if text else None


def reference(people: Sequence[lending.Applicant], seed: int) -> pa.Table:
    """Return the holdout as the system would have decided about it."""
    scorer = Scorer(people[: lending.TRAIN], seed=seed)
    holdout = people[lending.TRAIN : lending.REFERENCE]
    rows = [lending.features(person, lending.HEALTHY_RELEASE) for person in holdout]
    scores = scorer.scores(rows)
    return pa.table(
        {
            "id": [f"ref-{person.number}" for person in holdout],
            "version": [lending.VERSION] * len(holdout),
            **{name: [row[name] for row in rows] for name in lending.FEATURES},
            "employer": [person.employer for person in holdout],
            "sex": [person.facts["sex"] for person in holdout],
            "race": [person.facts["race"] for person in holdout],
            "score": scores,
            "approved": scores >= 0.5,
            "able_to_repay": [person.able_to_repay for person in holdout],
        }
    )
