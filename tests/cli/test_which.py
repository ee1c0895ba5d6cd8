"""What a command is about, as a path."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.cli.which import line, path_of, segment


def test_a_path_is_quoted_and_names_something() -> None:
    assert path_of("INC-1") == "/v1/incidents/INC-1"
    assert path_of(" 1 ", "roles/leave") == "/v1/incidents/1/roles/leave"
    assert segment("a/b") == "a%2Fb"
    for nothing in ("", " ", ".", ".."):
        with pytest.raises(BadInput, match="names nothing"):
            path_of(nothing)


def test_an_incident_is_one_row() -> None:
    one = {
        "name": "INC-1",
        "severity": "SEV2",
        "state": "open",
        "system": "loans",
        "detected_at": "2026-11-20T14:05:00Z",
        "title": "Denied",
    }
    assert line(one) == ("INC-1", "SEV2", "open", "loans", "2026-11-20 14:05", "Denied")
