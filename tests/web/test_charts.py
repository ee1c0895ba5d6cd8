import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.web.views.nouns import HOUR, NOW
from tocsin.base.spans import Span
from tocsin.web.charts import LETTER_PX, time_chart, to_svg
from tocsin.web.palette import PAPER
from tocsin.web.views.marks import Mark
from tocsin.web.views.series import Chart, Line, Panel, Point, Shade, Tick

START = NOW - timedelta(days=1)


def line(label: str = "", mark: Mark | None = None, level: float = 0.6) -> Line:
    points = tuple(
        Point(START + k * HOUR, 0)
        if k in {5, 6}
        else Point(START + k * HOUR, 100, level, level - 0.05, level + 0.05)
        for k in range(24)
    )
    return Line(label=label, points=points, mark=mark)


def chart(*lines: Line, ticks: int = 2) -> Chart:
    panel = Panel(
        key="selection_rate",
        title="Selection rate",
        unit="share",
        lines=lines or (line(),),
        usual=(0.55, 0.65),
        threshold=0.57,
        interval=True,
    )
    return Chart(
        title="loans over time",
        span=Span(START, NOW),
        step=HOUR,
        panels=(panel, panel),
        ticks=tuple(Tick(START + (k + 1) * HOUR, f"deploy {k}") for k in range(ticks)),
        shades=(Shade(Span(NOW - 3 * HOUR, NOW)),),
    )


def test_the_specification_draws_with_changes_shades_and_names() -> None:
    svg = to_svg(time_chart(chart()))
    for said in ("Selection rate", "deploy 0", "deploy 1", "60.0 %", PAPER["harm"]):
        assert said in svg


def test_a_gap_breaks_the_line_in_two() -> None:
    svg = to_svg(time_chart(chart()))
    strokes = re.findall(r'<path [^>]*?d="([^"]+)"[^>]*stroke="#17191d"', svg)
    assert strokes
    assert all(path.count("M") == 2 for path in strokes)


def test_only_what_harms_is_coloured() -> None:
    calm = json.dumps(time_chart(chart(line("f"), line("m", level=0.5)))["vconcat"])
    hit = json.dumps(time_chart(chart(line("f", Mark.HARM), line("m")))["vconcat"])
    assert "line-harm" not in calm
    assert "line-harm" in hit


def test_marks_name_styles_and_never_colours() -> None:
    body = json.dumps(time_chart(chart())["vconcat"])
    assert not re.search(r"#[0-9a-f]{6}", body)


def test_names_of_changes_never_run_into_one_another() -> None:
    many = chart(ticks=20)
    long = tuple(Tick(tick.at, f"{tick.label} of the feature pipeline") for tick in many.ticks)
    lane = time_chart(replace(many, ticks=long), width_px=720)["vconcat"][0]
    named = lane["layer"][1]["data"]["values"]
    assert 0 < len(named) < 20
    for number in {row["lane"] for row in named}:
        ends = float("-inf")
        for row in (row for row in named if row["lane"] == number):
            at_px = (row["at"] / 1000 - START.timestamp()) / 86400 * 720
            length_px = len(row["label"]) * LETTER_PX
            assert (at_px - length_px if row["side"] else at_px) >= ends
            ends = at_px if row["side"] else at_px + length_px


def test_lines_that_end_together_have_their_names_apart() -> None:
    spec = time_chart(chart(line("f"), line("m")))
    names = [
        row["y"]
        for layer in spec["vconcat"][-1]["layer"]
        if str(layer.get("mark", {}).get("style", "")).startswith("name")
        for row in layer["data"]["values"]
    ]
    assert len(names) == 2
    assert abs(names[0] - names[1]) > 0.01


@pytest.mark.parametrize("days", [1, 30])
def test_the_axis_spans_the_whole_chart(days: int) -> None:
    whole = Span(NOW - timedelta(days=days), NOW)
    one = chart()
    spec = time_chart(Chart(title="", span=whole, step=HOUR, panels=one.panels))
    ends = spec["vconcat"][0]["layer"][0]["data"]["values"]
    assert ends[1]["at"] - ends[0]["at"] == days * 86_400_000


def test_an_index_is_told_as_a_plain_number() -> None:
    points = tuple(Point(START + k * HOUR, 1, 0.4 + k / 100) for k in range(24))
    panel = Panel(key="n", title="NDCG@5", unit="index", lines=(Line(label="", points=points),))
    svg = to_svg(time_chart(replace(chart(ticks=0), panels=(panel,))))
    assert "0.63" in svg
    assert ">0.6<" in svg
    assert "m<" not in svg
    assert "%" not in svg


def test_amounts_are_drawn_on_an_axis_of_their_own_size() -> None:
    points = tuple(Point(START + k * HOUR, 1, -50.0 + 10 * k) for k in range(24))
    panel = Panel(key="m", title="Basket", unit="amount", lines=(Line(label="", points=points),))
    spec = time_chart(replace(chart(ticks=0), panels=(panel,)))
    line = next(one for one in spec["vconcat"][0]["layer"] if "layer" in one)
    low, high = line["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert low < -50
    assert high > 180
    svg = to_svg(spec)
    assert "180" in svg
    assert "%" not in svg


def test_a_name_that_does_not_fit_beside_its_value_shows_that_it_was_cut() -> None:
    svg = to_svg(time_chart(chart(line("north"), line("a very long class", level=0.2))))
    assert "north 60.0 %" in svg
    assert re.search(r"a very …\s20.0 %", svg)
