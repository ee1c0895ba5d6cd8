"""There is nothing to set."""

import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.console.settings import Settings


def test_any_setting_is_refused() -> None:
    assert Settings.parse({}) == Settings()
    with pytest.raises(BadInput, match="console: unknown setting 'a'; console takes none"):
        Settings.parse({"b": "1", "a": "1"})
