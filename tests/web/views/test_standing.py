"""The room's panel: what the public reads of this incident, what lags, and what to say next."""

from dataclasses import replace

import pytest

from tests.incident.public import HOUR, KNOWN, NOW, incident, over, published
from tocsin.incident.board import Site
from tocsin.incident.bulletin import Stage
from tocsin.incident.incident import Incident, State
from tocsin.incident.statuspage import StatusPage
from tocsin.web.views.standing import standing

PAGE = StatusPage(site=Site(title="Acme"), components=KNOWN)
OPEN = incident()
ENDED = replace(OPEN, state=State.RESOLVED, resolved_at=NOW)


def test_nothing_published_offers_neutral_words_and_those_a_person_chose_for_the_slice() -> None:
    panel = standing(PAGE, OPEN, ())
    assert (panel.open, panel.bulletin, panel.stage) == (False, None, Stage.INVESTIGATING)
    assert panel.title == "Disturbance of Loan applications"
    assert panel.touched == ("loans",)
    assert panel.whom == "people who live in the north"
    assert standing(PAGE, replace(OPEN, system="other"), ()).title == ""


def test_the_one_that_goes_on_counts_before_those_that_are_over() -> None:
    ended = over(published(id_="blt_9"), NOW + HOUR)
    panel = standing(PAGE, OPEN, [published(), ended])
    assert panel.open
    assert panel.bulletin == published()
    assert standing(PAGE, OPEN, [ended]).says == "The public was told that it is over."


@pytest.mark.parametrize(
    ("one", "is_over", "warns"),
    [
        (OPEN, False, ""),
        (OPEN, True, "the incident is not resolved"),
        (ENDED, False, "still says that it goes on"),
        (ENDED, True, ""),
    ],
)
def test_page_and_incident_that_differ_are_told(
    one: Incident, warns: str, *, is_over: bool
) -> None:
    bulletin = over(published(), NOW + HOUR) if is_over else published()
    said = standing(PAGE, one, [bulletin]).warns
    assert (warns in said) if warns else not said


@pytest.mark.parametrize(
    ("one", "stage"),
    [
        (OPEN, Stage.IDENTIFIED),
        (replace(OPEN, contained_at=NOW), Stage.MONITORING),
        (ENDED, Stage.RESOLVED),
    ],
)
def test_the_next_stage_follows_the_incident(one: Incident, stage: Stage) -> None:
    assert standing(PAGE, one, [published()]).stage is stage
