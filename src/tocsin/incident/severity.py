"""Severity: a matrix of harm × reach × risk, and one sentence that says why.

Read the table, then move one step: risk `high` makes it one graver, `low` one milder.

                   few        some       many
    unfair         SEV2       SEV2       SEV1
    wrong          SEV3       SEV2       SEV1
    shifted        SEV3       SEV2       SEV2
    silent         SEV2       SEV2       SEV1
    broken         SEV3       SEV2       SEV1
    suspicious     SEV4       SEV3       SEV3

Reach is the larger of two: the share of traffic affected, and the affected decisions an hour.
Drift and quality alarms alone (`suspicious`) never wake anybody: that row stops at SEV3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.incident.incident import Severity


class Harm(StrEnum):
    """What is going wrong for people, from the layer and measure of a finding."""

    UNFAIR = "unfair"
    WRONG = "wrong"
    SHIFTED = "shifted"
    SILENT = "silent"
    BROKEN = "broken"
    SUSPICIOUS = "suspicious"


class Reach(StrEnum):
    """How many are hit."""

    FEW = "few"
    SOME = "some"
    MANY = "many"


Row = tuple[Severity, Severity, Severity]
_S1, _S2, _S3, _S4 = Severity.SEV1, Severity.SEV2, Severity.SEV3, Severity.SEV4
ROWS: Mapping[Harm, Row] = {
    Harm.UNFAIR: (_S2, _S2, _S1),
    Harm.WRONG: (_S3, _S2, _S1),
    Harm.SHIFTED: (_S3, _S2, _S2),
    Harm.SILENT: (_S2, _S2, _S1),
    Harm.BROKEN: (_S3, _S2, _S1),
    Harm.SUSPICIOUS: (_S4, _S3, _S3),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The severity settings: a row of (few, some, many) per harm, and where reach changes its name.

    `some_share` and `many_share` are shares of traffic (0-1); `some_per_hour` and `many_per_hour`
    are affected decisions an hour.
    """

    rows: Mapping[Harm, Row] = field(default_factory=lambda: dict(ROWS))
    some_share: float = 0.05
    many_share: float = 0.25
    some_per_hour: float = 200.0
    many_per_hour: float = 5000.0
