import json
import re

from tests.web.cast import Stage
from tests.web.pages.reading import Page


def test_a_system_answers_what_changed_and_for_whom(bad_day: Stage) -> None:
    page = Page(bad_day.client.get("/systems/loan-approval").text)
    assert page.text("h1") == "contained: Loan approvals denied in north."
    assert "region=north" in page.text("slices")
    assert "income · out of range" in page.text("monitors")
    assert "Feature pipeline 311" in page.text("changes")
    assert "2026-11-18" in page.text("versions")


def test_protected_groups_and_their_combinations_stand_side_by_side(bad_day: Stage) -> None:
    groups = Page(bad_day.client.get("/systems/loan-approval").text).text("groups")
    for title in ("sex", "age_band", "sex and age_band"):
        assert title in groups
    assert "got a yes" in groups
    assert "41–60, m" in groups


def test_the_chart_and_its_table_hold_the_same_numbers(bad_day: Stage) -> None:
    html = bad_day.client.get("/systems/loan-approval?span=24h").text
    found = re.search(r'id="chart-system">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    spec = json.loads(found[1])
    drawn = spec["vconcat"][-1]["layer"]
    said = [
        row["said"]
        for layer in drawn
        for row in layer.get("data", {}).get("values", [])
        if "said" in row
    ]
    assert said
    table = Page(html).text("over-time")
    assert all(one in table for one in said)


def test_a_slice_is_the_same_page_for_the_slice(bad_day: Stage) -> None:
    page = Page(bad_day.client.get("/systems/loan-approval?slice=region%3Dnorth").text)
    assert page.text("over-time").startswith("region=north over time")
    assert "everyone" not in page.text("monitors")


def test_a_combination_is_the_same_page_for_its_people(bad_day: Stage) -> None:
    where = "/systems/loan-approval?slice=age_band%3D41%E2%80%9360%26sex%3Dm"
    page = Page(bad_day.client.get(where).text)
    assert page.text("over-time").startswith("age_band=41–60 and sex=m over time")
    assert "Selection rate" in page.text("over-time")
    assert "2026-11-18" in page.text("versions")


def test_what_is_no_slice_or_no_system_is_said_on_a_page(bad_day: Stage) -> None:
    bad = bad_day.client.get("/systems/loan-approval?slice=north", headers={"Accept": "text/html"})
    assert bad.status_code == 400
    assert "is not a slice" in Page(bad.text).text("h1")
    assert bad_day.client.get("/systems/nothing").status_code == 404


def test_a_system_without_a_single_decision_has_a_page(stage: Stage) -> None:
    stage.sign_in("oncall")
    page = Page(stage.client.get("/systems/loans").text)
    assert page.text("h1") == "no data: loans has not been judged yet."


def test_accuracy_is_drawn_as_known_and_as_estimated(bad_day: Stage) -> None:
    html = bad_day.client.get("/systems/loan-approval?span=24h&slice=region%3Dsouth").text
    found = re.search(r'id="chart-system">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    assert "Accuracy, known and estimated" in found[1]
    ranges = [
        row
        for panel in json.loads(found[1])["vconcat"]
        for layer in panel["layer"]
        for part in layer.get("layer", [])
        if part.get("encoding", {}).get("tooltip", [{}, {}])[1].get("title") == "estimate"
        for row in layer["data"]["values"]
        if row.get("low") is not None
    ]
    assert ranges
    assert all(row["low"] < row["value"] < row["high"] for row in ranges)
