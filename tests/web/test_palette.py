from pathlib import Path

import tocsin.web
from tocsin.web.palette import PAPER, config

STYLES = Path(tocsin.web.__file__).parent / "static" / "tocsin.css"


def test_the_colours_of_paper_are_those_of_the_style_sheet_in_daylight() -> None:
    sheet = STYLES.read_text()
    names = {"strong": "line-strong", "at-risk": "risk-shape"}
    for name, colour in PAPER.items():
        if name != "sans":
            assert f"--{names.get(name, name)}: light-dark({colour}," in sheet


def test_every_style_takes_its_colour_from_the_palette() -> None:
    other = {name: f"<{name}>" for name in PAPER}
    styles = config(other)["style"]
    assert all(str(style["color"]).startswith("<") for style in styles.values())
