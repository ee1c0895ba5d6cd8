"""The nouns that systems become; what is refused stands beside `load`, with file, line and key."""

from datetime import timedelta

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.schema import SystemForm
from tocsin.config.source import Source
from tocsin.config.systems import check_system, kpi_of, system_of
from tocsin.config.watched import KpiForm
from tocsin.ingest.kpi import KpiKind
from tocsin.ingest.trial import Trial

FORM = SystemForm.model_validate(
    {
        "reference": "r.parquet",
        "columns": {"id": "id", "positive": "1", "score": "score"},
        "slices": ["region"],
        "privacy": {"columns": {"name": "drop", "id": "hash"}},
        "window": "12h",
        "outcomes_after": "30d",
        "canary": {"most": 0.02, "lasts": "2d"},
        "playbook": "kpi-drop",
    }
)


def test_a_system_says_what_its_form_says() -> None:
    system = system_of("loans", FORM, ())
    assert (system.name, system.slices, system.columns.positive) == ("loans", ("region",), "true")
    assert (system.dropped, system.hashed) == (("name",), ("id",))
    assert (system.window_s, system.outcomes_after_s) == (12 * 3600, 30 * 86400)
    assert system.trial == Trial(most=0.02, lasts=timedelta(days=2))
    assert system.playbook == "kpi-drop"


def test_a_kpi_says_what_its_form_says() -> None:
    kpi = kpi_of("ctr", KpiForm.model_validate({"kind": "rate", "every": "1d", "wait": "2h"}))
    assert (kpi.name, kpi.kind) == ("ctr", KpiKind.RATE)


def test_what_is_needed_to_count_is_not_taken_away() -> None:
    source = Source.of("version: 1\n", "tocsin.yaml")
    check_system("loans", FORM, source)
    hidden = {"reference": "r", "slices": ["region"], "privacy": {"columns": {"region": "drop"}}}
    with pytest.raises(BadInput, match="is to be dropped and is used as slice"):
        check_system("loans", SystemForm.model_validate(hidden), source)
