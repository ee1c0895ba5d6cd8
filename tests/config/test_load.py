"""`tocsin.yaml` becomes nouns, or an error that names file, line and key."""

from datetime import timedelta

import pytest

from tocsin.base.errors import BadInput
from tocsin.config.load import DEFAULT_POLICY, load
from tocsin.ingest.kpi import Kpi, KpiKind, Season, Way
from tocsin.ingest.monitor import Against
from tocsin.ingest.slo import Slo
from tocsin.ingest.system import Kind, Risk, Undo
from tocsin.profile.retention import Retention

GOOD = """\
version: 1
alarm_budget: {false_pages_per_month: 0.5}
systems:
  loan-approval:
    owner: lending
    risk: high
    reference: reference.parquet
    columns: {id: application_id, score: score, prediction: approved, label: repaid, positive: 1}
    slices: [region]
    protected: [sex]
    impact: {unit: loan decision, cost_per_error: 1800, currency: EUR}
    bucket: 1h
    window: 24h
notifiers:
  mail: {kind: smtp, settings: {host: localhost, password: "${MAIL_PASSWORD}"}}
escalation:
  lending:
    steps:
      - {after: 5m, notify: [{person: deputy, channel: mail, address: deputy@example.org}]}
      - {notify: [{person: lending, channel: mail, address: lending@example.org}]}
    catch_all: [{person: everyone, channel: mail, address: all@example.org}]
"""
SMALL = "version: 1\nsystems:\n  loan:\n    reference: r.parquet\n"


def test_retention_is_as_declared_and_must_grow() -> None:
    assert load(SMALL, "tocsin.yaml").retention == Retention()
    kept = load(SMALL + "retention: {as_of: 7d, profiles: 100d}\n", "tocsin.yaml").retention
    assert kept == Retention(as_of=timedelta(days=7), profiles=timedelta(days=100))
    with pytest.raises(BadInput, match=r"tocsin\.yaml:5: retention must grow"):
        load(SMALL + "retention: {profiles: 10d}\n", "tocsin.yaml")


def test_the_nouns_hold_what_the_file_says() -> None:
    config = load(GOOD, "tocsin.yaml", {"MAIL_PASSWORD": "s3cret"})
    system = config.systems["loan-approval"]
    assert system.risk is Risk.HIGH
    assert system.columns.positive == "true"
    assert system.attributes == ("region", "sex")
    assert (system.bucket_s, system.window_s) == (3600, 86400)
    assert config.alarm_budget.false_pages_per_month == 0.5
    assert config.alarm_budget.false_tickets_per_month == 4.0
    assert config.notifiers["mail"].settings["password"] == "s3cret"


def test_kpis_are_as_declared() -> None:
    text = SMALL + (
        "    kpis:\n"
        "      ctr: {kind: rate, watch: down, least: 0.1, season: week, every: 15m, wait: 1h,"
        " learn: 14d, holidays: [2026-12-25]}\n"
        "      sales: {kind: sum}\n"
    )
    ctr, sales = load(text, "tocsin.yaml").systems["loan"].kpis
    assert ctr == Kpi(
        name="ctr",
        kind=KpiKind.RATE,
        watch=Way.DOWN,
        least=0.1,
        season=Season.WEEK,
        holidays=frozenset({"2026-12-25"}),
        every_s=900,
        wait_s=3600,
        learn_s=14 * 86400,
    )
    assert sales == Kpi(name="sales", kind=KpiKind.SUM)


def test_objectives_are_as_declared() -> None:
    text = SMALL + (
        "    slices: [region]\n"
        "    kpis: {ctr: {kind: rate}}\n"
        "    slos:\n"
        "      - {name: accuracy-7d, sli: accuracy, target: 0.92, window: 7d}\n"
        "      - {name: fast, sli: latency, under_ms: 200, target: 0.99, slice: {region: north}}\n"
        "      - {name: clicks, sli: kpi, column: ctr, target: 0.05, fewest: 500}\n"
    )
    right, fast, clicks = load(text, "tocsin.yaml").systems["loan"].slos
    assert right == Slo(name="accuracy-7d", sli="accuracy", target=0.92, period_s=7 * 86400)
    assert (fast.under_ms, fast.slice, fast.period_s) == (200.0, "region=north", 30 * 86400)
    assert (clicks.column, clicks.fewest) == ("ctr", 500)


@pytest.mark.parametrize(
    ("slo", "what"),
    [
        ("{name: a, sli: speed, target: 0.9}", "sli"),
        ("{name: a, sli: accuracy, target: 1}", "target"),
        ("{name: a, sli: accuracy, target: 0.9, window: 1h}", "window"),
        ("{name: a, sli: missing, target: 0.9}", "missing needs a column"),
        ("{name: a, sli: accuracy, column: income, target: 0.9}", "accuracy has no column"),
        ("{name: a, sli: latency, target: 0.9}", "latency needs under_ms"),
        ("{name: a, sli: kpi, column: ctr, target: 0.9}", "rate 'ctr' is not declared"),
        ("{name: a, sli: accuracy, target: 0.9, slice: {sea: north}}", "attribute 'sea'"),
    ],
)
def test_an_objective_that_cannot_be_is_told_by_line_and_key(slo: str, what: str) -> None:
    with pytest.raises(BadInput, match=what) as error:
        load(SMALL + f"    slos:\n      - {slo}\n", "tocsin.yaml")
    assert "tocsin.yaml:6: " in str(error.value)


def test_own_monitors_stand_beside_the_automatic_ones_or_alone() -> None:
    own = (
        "{name: gaps, measure: missing, column: income, above: 0.1, level: page},"
        " {name: week, measure: f1, previous: 7d, least: 0.05, slice: {region: north}}"
    )
    text = SMALL + "    slices: [region]\n"
    said = load(text + "    monitors: auto\n", "tocsin.yaml").systems["loan"]
    assert (said.auto, said.monitors) == (True, ())
    text += f"    monitors: [{own}]\n"
    both = load(text, "tocsin.yaml").systems["loan"]
    assert both.auto
    gaps, week = both.monitors
    assert (gaps.against, gaps.above, gaps.pages) == (Against.STATIC, 0.1, True)
    assert (week.against, week.previous_s, week.slice) == (
        Against.PREVIOUS,
        7 * 86400,
        "region=north",
    )
    assert not load(text + "    automatic: false\n", "tocsin.yaml").systems["loan"].auto


@pytest.mark.parametrize(
    ("own", "what"),
    [
        ("{name: a, measure: f1}", "no rule"),
        ("{name: a, measure: f1, below: 0.1, k_sigma: 3}", "several rules"),
        ("{name: a, measure: f1, previous: 90m}", "whole number of buckets"),
        ("{name: a, measure: f1, below: 0.1, slice: {sea: north}}", "attribute 'sea'"),
        ("{name: a, measure: f1, below: 0.1, sigma: 3}", "unknown key"),
    ],
)
def test_an_own_monitor_that_cannot_be_is_told_by_line_and_key(own: str, what: str) -> None:
    with pytest.raises(BadInput, match=what) as error:
        load(SMALL + f"    monitors:\n      - {own}\n", "tocsin.yaml")
    assert "tocsin.yaml:6: " in str(error.value)


def test_two_objectives_of_one_name_are_refused() -> None:
    one = "      - {name: a, sli: accuracy, target: 0.9}\n"
    with pytest.raises(BadInput, match="declared twice"):
        load(SMALL + "    slos:\n" + one + one, "tocsin.yaml")


@pytest.mark.parametrize(
    ("kpi", "what"),
    [
        ("{kind: ratio}", "kind"),
        ("{kind: rate, every: 2d}", "every"),
        ("{kind: rate, holidays: [christmas]}", "holidays"),
        ("{kind: rate, seasons: day}", "did you mean 'season'"),
    ],
)
def test_a_kpi_that_cannot_be_is_told_by_line_and_key(kpi: str, what: str) -> None:
    with pytest.raises(BadInput, match=what) as told:
        load(SMALL + f"    kpis:\n      ctr: {kpi}\n", "tocsin.yaml")
    assert "tocsin.yaml:6" in str(told.value)


def test_steps_are_sorted_by_their_delay() -> None:
    policy = load(GOOD, "tocsin.yaml").policies["loan-approval"]
    assert [step.after for step in policy.steps] == [timedelta(0), timedelta(minutes=5)]
    assert policy.steps[0].contacts[0].person == "lending"


def test_without_an_escalation_the_console_is_told() -> None:
    assert load(SMALL, "tocsin.yaml").policies["loan"] == DEFAULT_POLICY


def test_a_secret_that_is_not_set_is_an_error_that_names_it() -> None:
    with pytest.raises(BadInput, match="MAIL_PASSWORD is not set"):
        load(GOOD, "tocsin.yaml", {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "t.yaml: is empty"),
        ("- a\n", "t.yaml: is not a mapping"),
        ("version: 1\n  x: [", "t.yaml:2: not valid YAML"),
        (
            SMALL + "    slcies: [b]\n",
            "t.yaml:5: unknown key 'systems.loan.slcies'; did you mean 'sl",
        ),
        (SMALL + "    threshold: high\n", "t.yaml:5: 'systems.loan.threshold' is 'high'"),
        (
            SMALL + "    columns: {positiv: 1}\n",
            "t.yaml:5: unknown key 'systems.loan.columns.positiv'",
        ),
        (
            SMALL + "    bucket: 7m\n    window: 1h\n",
            "t.yaml:6: 'systems.loan.window' is not a whole",
        ),
        (SMALL + "    bucket: soon\n", "'soon' is not a length of time"),
        (SMALL + "    policy: p\n", "t.yaml:5: policy 'p' is not declared"),
        (
            "version: 1\nsystems:\n  loan:\n    risk: low\n",
            "key 'systems.loan.reference' is missing",
        ),
        (
            SMALL
            + "escalation:\n  p:\n    steps: [{notify: [{person: a, channel: pigeon}]}]\n"
            + "    catch_all: [{person: a, channel: console}]\n",
            "t.yaml:7: channel 'pigeon' is not declared; declared are console",
        ),
        (
            SMALL
            + "escalation:\n  p:\n    steps: [{notify: [{person: a, channel: console}]}]\n"
            + "    catch_all: [{person: a, channel: console, address: x},"
            + " {person: a, channel: console, address: y}]\n",
            "t.yaml: escalation.p: policy 'p': step 2 names one person twice on one channel",
        ),
    ],
)
def test_an_error_names_line_and_key_and_what_to_do(text: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        load(text, "t.yaml")
    assert message in str(caught.value)


def test_channels_without_an_escalation_still_leave_the_console_to_tell() -> None:
    text = SMALL + "notifiers:\n  mail: {kind: smtp, settings: {host: h, from: a@example.org}}\n"
    config = load(text, "tocsin.yaml")
    told = {contact.channel for contact in config.policies["loan"].catch_all}
    assert told <= set(config.notifiers)


def treated(treatment: str) -> str:
    return GOOD.replace(
        "    bucket: 1h\n", f"    privacy: {{columns: {{{treatment}}}}}\n    bucket: 1h\n"
    )


def test_columns_of_personal_data_are_dropped_hashed_or_kept() -> None:
    config = load(treated("ssn: drop, region: hash, application_id: hash, x: keep"), "tocsin.yaml")
    system = config.systems["loan-approval"]
    assert (system.dropped, system.hashed) == (("ssn",), ("application_id", "region"))
    assert system.hashes_ids


@pytest.mark.parametrize(
    ("treatment", "why"),
    [
        ("score: hash", "'score' is the score and cannot be treated; treat features"),
        ("sex: drop", "'sex' is to be dropped and is used as slice; hash it"),
        ("application_id: drop", "'application_id' is to be dropped and is used as id"),
        ("region: burn", "region"),
    ],
)
def test_a_treatment_that_takes_away_what_is_counted_is_refused(treatment: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        load(treated(treatment), "tocsin.yaml")


def test_predictions_are_kept_for_as_long_as_the_file_says() -> None:
    assert load(GOOD, "tocsin.yaml").keep_predictions is None
    kept = load(GOOD + "retention: {predictions: 400d}\n", "tocsin.yaml").keep_predictions
    assert kept == timedelta(days=400)
    with pytest.raises(BadInput, match="not a length of time"):
        load(GOOD + "retention: {predictions: 0d}\n", "tocsin.yaml")


def test_kinds_of_features_and_of_the_answer_are_read() -> None:
    text = SMALL.replace(
        "    reference:",
        "    kind: regression\n    columns: {prediction: price}\n    kinds: {note: text}\n"
        "    reference:",
    )
    system = load(text, "tocsin.yaml").systems["loan"]
    assert (system.kind, system.kinds) == (Kind.REGRESSION, {"note": "text"})


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ("kinds: {note: prose}", "kinds.note' is 'prose'"),
        ("features: [income]\n    kinds: {note: text}", "feature 'note' is not declared"),
    ],
)
def test_a_kind_that_is_none_or_of_no_feature_is_refused(keys: str, why: str) -> None:
    text = SMALL.replace("    reference:", f"    {keys}\n    reference:")
    with pytest.raises(BadInput, match=why):
        load(text, "tocsin.yaml")


def test_a_choice_among_classes_needs_the_column_of_its_answers() -> None:
    several = "    kind: multiclass\n    columns: {%s}\n    reference:"
    read = load(SMALL.replace("    reference:", several % "prediction: desk"), "tocsin.yaml")
    assert read.systems["loan"].kind is Kind.MULTICLASS
    with pytest.raises(BadInput, match=r"classes need a column.*set columns\.prediction"):
        load(SMALL.replace("    reference:", several % "score: sure"), "tocsin.yaml")


@pytest.mark.parametrize(
    ("text", "undo", "takes_effect"),
    [
        ("{}", None, None),
        ("{undo: never, takes_effect: 0}", Undo.NEVER, timedelta(0)),
        ("{undo: easily, takes_effect: 3d}", Undo.EASILY, timedelta(days=3)),
    ],
)
def test_an_impact_says_how_decisions_are_undone_and_when_they_take_effect(
    text: str, undo: Undo | None, takes_effect: timedelta | None
) -> None:
    source = f"version: 1\nsystems: {{loan: {{reference: r.parquet, impact: {text}}}}}\n"
    impact = load(source, "t.yaml").systems["loan"].impact
    assert (impact.undo, impact.takes_effect) == (undo, takes_effect)
