"""A stage with a status page, and an incident of which nobody outside may read a word."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.store import examples
from tests.web.cast import Stage, client_of
from tocsin.alert.matching import parse_all
from tocsin.alert.silence import Kind, Silence
from tocsin.base.slices import Slice
from tocsin.incident.board import Site as Words
from tocsin.incident.bulletin import Component
from tocsin.incident.incident import Incident
from tocsin.incident.statuspage import StatusPage
from tocsin.store import bulletins, silences
from tocsin.web.pages.public import files
from tocsin.web.publish import Public

APPLY = Component(
    key="apply",
    title="Loan applications",
    systems=("loans",),
    about="Decisions on applications",
    wording={"sex=f": "women who apply"},
)
NORTH = Component(
    key="north", title="Northern branch", systems=("loans",), slice=Slice.of({"region": "north"})
)
PAGE = StatusPage(
    site=Words(title="Acme lending", about="How our services are.", contact="+44 20 7946 0000"),
    components=(APPLY, NORTH),
    mail="letters",
    webhooks=True,
)
INTERNAL = (
    *("INC-", "inc_", "blt_", "pst_", "sil_", "cmp_", "sub_", "ent_", "SEV", "oncall", "aspen"),
    *("sex=", "region=", "Wrong denials", "accuracy", "recall", "v20", "v21", "retrain"),
    *("Tocsin", "tocsin", "lending@", "console", "fallback", "commander", "harm it does"),
    *("finding", "monitor", "alert", "slice", "loans"),
)
"""Words of the incident below, of its people, systems, slices and measures, and of the product."""


def with_page(stage: Stage, folder: Path, page: StatusPage = PAGE) -> Stage:
    """Return the stage with a status page, its components on record for 200 days."""
    draw = partial(files, page=page, base_url=stage.site.base_url)
    site = replace(stage.site, public=Public(page, folder, draw))
    stage.site = site
    stage.client = client_of(site)
    with site.database.unit("test", stage.watch() - 200 * examples.HOUR * 24) as unit:
        bulletins.stand(unit, [one.key for one in page.components])
    return stage


def rich(stage: Stage) -> Incident:
    """Open an incident full of internal words, with notes, findings and maintenance beside it."""
    incident = examples.opened(stage.site.database)
    path = f"/v1/incidents/{incident.number}"
    stage.ask("responder", "POST", f"{path}/acknowledge")
    for note in (
        "recall of v20 fell for sex=f",
        "fallback is on; aspen is commander, harm it does",
    ):
        stage.ask("responder", "POST", f"{path}/notes", {"text": note})
    window = Silence(
        id="sil_1",
        kind=Kind.MAINTENANCE,
        matchers=parse_all(["system=loans"]),
        starts_at=stage.watch() + examples.HOUR,
        ends_at=stage.watch() + 3 * examples.HOUR,
        author="aspen",
        reason="accuracy of v20",
        title="retrain v21",
    )
    with stage.site.database.unit("aspen", stage.watch()) as unit:
        silences.add(unit, window)
    return incident


def say(stage: Stage, incident: Incident, text: str, how: str = "investigating") -> None:
    """Let the responder say something in public."""
    body = {
        "stage": how,
        "text": text,
        "title": "Wrong answers to applications",
        "components": ["apply"],
        "whom": "women who apply",
    }
    path = f"/v1/incidents/{incident.number}/bulletins"
    answer = stage.ask("responder", "POST", path, body)
    assert answer.status_code == 201, answer.text
