"""What people are shown of a row: inputs in words, no vectors, no endless texts."""

from datetime import UTC, datetime

from tocsin.contain.refer import TEXT_MAX_CHARS, referred
from tocsin.contain.referral import Kind
from tocsin.ingest.rows import Attribute, Field, FieldKind, Schema
from tocsin.ingest.system import Kind as SystemKind
from tocsin.ingest.system import System

AT = datetime(2026, 11, 20, 14, 5, tzinfo=UTC)
SCHEMA = Schema(
    (
        Field("income", FieldKind.NUMERIC),
        Field("letter", FieldKind.TEXT),
        Field("face", FieldKind.EMBEDDING),
        Field("born", FieldKind.TIMESTAMP),
        Field("purpose", FieldKind.CATEGORICAL),
    ),
    (Attribute("sex"), Attribute("region")),
)
ROW = {
    "id": "a",
    "at": AT,
    "version": "v1",
    "score": 0.4,
    "prediction": "true",
    "directive": "dir_1",
    "f_income": 40_000.0,
    "f_letter": "x" * 30_000,
    "f_face": [0.1, 0.2],
    "f_born": AT,
    "f_purpose": None,
    "s_sex": "f",
    "s_region": None,
}


def test_inputs_are_shown_as_people_read_them() -> None:
    found = referred(
        ROW, SCHEMA, System(name="loans"), kind=Kind.ROUTED, probability=1.0, why="because"
    )
    assert found.inputs == {
        "income": 40_000,
        "letter": "x" * TEXT_MAX_CHARS + "…",
        "face": "a vector of 2 numbers",
        "born": AT.isoformat(),
        "purpose": None,
    }
    assert found.attributes == {"sex": "f"}
    assert (found.score, found.answer, found.directive) == (0.4, "true", "dir_1")
    assert (found.why, found.kind, found.probability) == ("because", Kind.ROUTED, 1.0)


def test_the_answer_of_a_regression_is_its_number() -> None:
    eta = System(name="eta", kind=SystemKind.REGRESSION)
    found = referred(ROW, SCHEMA, eta, kind=Kind.SAMPLED, probability=0.1)
    assert (found.score, found.answer) == (None, "0.4")


def test_what_nobody_decided_has_no_answer() -> None:
    row = ROW | {"score": None, "prediction": None, "directive": None}
    found = referred(row, SCHEMA, System(name="loans"), kind=Kind.ROUTED, probability=1.0)
    assert (found.score, found.answer, found.directive) == (None, None, None)
