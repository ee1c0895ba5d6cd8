"""The report of a check as a file; what a browser makes of it is in `pages/test_browser`."""

import re
import time
from dataclasses import replace
from html.parser import HTMLParser

import pyarrow as pa
import pytest
from typing_extensions import override

from tests.detect.compared import FAULTY, FEW, HEALTHY, WIDE, compared, wide
from tests.profile.rows import LENDING, table
from tocsin.detect.check import Comparison
from tocsin.web.palette import PAPER
from tocsin.web.report import styles, write

NASTY = "<script>alert('x')</script>\"{{ 7*7 }}"


class Page(HTMLParser):
    """Collects what a page holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href", "style"}]

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("check", [FAULTY, HEALTHY, FEW], ids=["faulty", "healthy", "few"])
def test_the_file_needs_nothing_else_and_runs_nothing(check: Comparison) -> None:
    html = write(check)
    page = Page(html)
    assert "script" not in page.tags
    assert page.links == []
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


def test_pictures_come_first_and_the_healthy_are_folded_away() -> None:
    html = write(FAULTY)
    assert html.index('class="drawn"') < html.index('<h2 id="slices-title"')
    assert html.index('id="alarms"') < html.index('id="slices"') < html.index('id="findings"')
    levels = re.findall(
        r'class="state (harm|at-risk)"><svg[^>]*>.*?</svg><span>(page|ticket)<', html
    )
    said = [level for _, level in levels]
    assert said == sorted(said)
    assert "<details>" in html[html.index('id="findings"') :]


def test_the_table_behind_a_picture_has_its_numbers() -> None:
    text = Page(write(FAULTY)).text
    assert "95.6\u00a0%" in text
    assert "matters beyond" in text
    assert "at most 1 of" in text
    assert f"sha256 {'a' * 64}" in text


def test_too_few_rows_are_said_and_nothing_is_drawn() -> None:
    html = write(FEW)
    assert "There is too little evidence to judge lending." in html
    assert "not judged" in html
    assert "No monitor could judge." in html
    assert 'class="drawn"' not in html


def test_what_columns_and_values_are_called_is_only_text() -> None:
    reference = table(4000, 7).rename_columns(
        [NASTY if name == "income" else name for name in table(1, 7).column_names]
    )
    names = [NASTY if e == "government" else e for e in reference["employer"].to_pylist()]
    reference = reference.set_column(
        reference.column_names.index("employer"), "employer", pa.array(names)
    )
    scaled = reference[NASTY].to_numpy() * 100
    current = reference.set_column(reference.column_names.index(NASTY), NASTY, pa.array(scaled))
    check = compared(current.slice(0, 2000), reference, replace(LENDING, name=NASTY))
    html = write(check)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "49" not in re.findall(r"<title>(.*?)</title>", html)[0]
    assert NASTY in Page(html).text


def test_a_wide_check_is_bounded_and_quick() -> None:
    check = compared(wide(20_000, 2, 100, 60, shift=0.5), wide(40_000, 1, 100, 60), WIDE)
    start = time.process_time()
    html = write(check)
    assert time.process_time() - start < 40
    assert len(html) < 2_000_000
    assert "more that moved less are in the table" in html


def test_every_colour_of_paper_that_pictures_use_has_one_for_the_screen() -> None:
    drawn = "".join(re.findall(r'<svg aria-hidden="true" xmlns.*?</svg>', write(FAULTY), re.DOTALL))
    sheet = styles()
    for colour in PAPER.values():
        for what in ("fill", "stroke"):
            if f'{what}="{colour}"' in drawn:
                assert f'.drawn [{what}="{colour}"]' in sheet
    known = {*PAPER.values(), "none", "transparent"}
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', drawn)) <= known
