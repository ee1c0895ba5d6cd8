"""The generated reference knows every key."""

from tocsin.config.people import PolicyForm
from tocsin.config.reference import markdown
from tocsin.config.schema import ConfigForm, SystemForm


def test_every_key_is_in_the_reference() -> None:
    page = markdown()
    for form in (ConfigForm, SystemForm, PolicyForm):
        for key in form.model_fields:
            assert f"| `{key}` |" in page
