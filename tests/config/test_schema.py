"""The forms refuse what they do not know."""

import pytest
from pydantic import ValidationError

from tocsin.config.schema import ConfigForm


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValidationError, match="extra"):
        ConfigForm.model_validate({"version": 1, "systems": {"a": {"reference": "x"}}, "colour": 1})
