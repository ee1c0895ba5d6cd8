"""The lending scenario: who applies, how the system decides, and what breaks.

Data: the Adult census extract (48,842 people, 1994 Current Population Survey, UCI repository).  It
is the largest of the freely packaged sets with protected attributes (sex, race, age), so that live
traffic never repeats a person.  Its label, a yearly income above 50,000 dollars, stands in for the
ability to repay; it is no loan book, and nothing here says anything about real applicants.

The fault: release 311 of the feature pipeline no longer knows the education codes that public
employers send, so `education_years` arrives as 1 for everybody employed by government.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice

SYSTEM = "loan-approval"
VERSION = "2026-11-01"
REPAIRED = "2026-11-02"
"""The version that goes out once the incident is understood: first as a canary."""
HEALTHY_RELEASE, BROKEN_RELEASE = "310", "311"
FAULTY_SLICE = Slice.of({"employer": "government"})
CANARY_SLICE = Slice.of({"employer": "private"})
"""Whom the repaired version may decide first: many, and not those who are contained."""
FAULTY_FEATURE = "education_years"
PROTECTED = ("sex", "race", "age")
NUMERIC = ("age", "education_years", "capital_gain", "capital_loss", "hours_per_week")
CATEGORICAL = ("occupation", "marital_status")
FEATURES = (*NUMERIC, *CATEGORICAL)
_COLUMNS: tuple[str, ...] = (
    *("age", "workclass", "weight", "education", "education_years", "marital_status"),
    *("occupation", "relationship", "race", "sex", "capital_gain", "capital_loss"),
    *("hours_per_week", "country", "income"),
)

TRAIN, REFERENCE = 18_000, 28_000
"""Rows [0, TRAIN) train, [TRAIN, REFERENCE) are the holdout, the rest is live traffic."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """One person who asks for a loan: what the application says, and whether they could repay."""

    number: int
    facts: Mapping[str, str]
    employer: str
    able_to_repay: bool

    @property
    def attributes(self) -> dict[str, str]:
        """What slices are cut by."""
        return {"employer": self.employer, **{name: self.facts[name] for name in PROTECTED}}


def applicants(*texts: str) -> list[Applicant]:
    """Return the people in the census files, in their order.

    Raises:
        BadInput: a file holds no rows of fifteen columns.
    """
    found: list[Applicant] = []
    for text in texts:
        before = len(found)
        for row in csv.reader(io.StringIO(text), skipinitialspace=True):
            if len(row) == len(_COLUMNS):
                facts = dict(zip(_COLUMNS, row, strict=True))
                able = facts["income"].startswith(">50K")
                found.append(Applicant(len(found), facts, _employer(facts["workclass"]), able))
        if len(found) == before:
            raise BadInput(
                "the census file holds no people", do="delete the cached copy and fetch it again"
            )
    return found


def features(applicant: Applicant, release: str) -> dict[str, float | str]:
    """Return what the feature pipeline hands to the system.

    Args:
        applicant: who applies.
        release: of the pipeline; `BROKEN_RELEASE` has the fault.
    """
    values: dict[str, float | str] = {name: float(applicant.facts[name]) for name in NUMERIC}
    values |= {name: applicant.facts[name] for name in CATEGORICAL}
    if release == BROKEN_RELEASE and FAULTY_SLICE.matches(applicant.attributes):
        values[FAULTY_FEATURE] = 1.0
    return values


def rules(values: Mapping[str, object]) -> bool:
    """Return the decision of the written rules that stand in for the system.

    They use nothing that comes from the education codes.
    """
    skilled = values["occupation"] in {
        "Exec-managerial",
        "Prof-specialty",
        "Tech-support",
        "Sales",
        "Protective-serv",
    }
    settled = values["marital_status"] == "Married-civ-spouse" and _number(values["age"]) >= 28
    return (settled and skilled) or _number(values["capital_gain"]) > 5000


def _number(value: object) -> float:
    return float(str(value))


def _employer(workclass: str) -> str:
    if workclass.endswith("-gov"):
        return "government"
    if workclass.startswith("Self-emp"):
        return "self-employed"
    return "private" if workclass == "Private" else "none or unknown"


def config(*, reference: str, pager_url: str, pager_secret: str) -> str:
    """Return the `tocsin.yaml` of the demo: buckets of seconds, so that minutes stand for days."""
    return f"""\
version: 1
alarm_budget: {{false_pages_per_month: 1}}
systems:
  {SYSTEM}:
    kind: binary
    owner: lending
    risk: high
    reference: {reference}
    columns: {{id: id, score: score, prediction: approved, label: able_to_repay, version: version}}
    features: [{", ".join(FEATURES)}]
    slices: [employer]
    protected: [{", ".join(PROTECTED)}]
    impact: {{unit: loan decision, cost_per_error: 1800, currency: EUR}}
    bucket: 5s      # an hour in production
    window: 20s     # a day in production
containment: {{approvals: {{high: 1}}}}   # the demo is one person; by default two
notifiers:
  console: {{kind: console}}
  pager: {{kind: webhook, settings: {{url: "{pager_url}", secret: "{pager_secret}"}}}}
escalation:
  lending:
    steps:
      - {{notify: [{{person: lending on call, channel: pager}}]}}
      - {{after: 1m, notify: [{{person: lending lead, channel: pager}}]}}
    catch_all: [{{person: whoever watches the console, channel: console}}]
"""
