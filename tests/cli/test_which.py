"""How a command names an incident."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.cli.which import path, segment


def test_a_name_is_one_part_of_a_path_whatever_it_holds() -> None:
    assert path("INC-42") == "/v1/incidents/INC-42"
    assert path(" a/b?c ", "updates") == "/v1/incidents/a%2Fb%3Fc/updates"


@pytest.mark.parametrize("text", ["", "  ", ".", ".."])
def test_what_names_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="names nothing"):
        segment(text)
