"""The notifiers that are installed: each kind is an entry point, ours and those of others."""

from collections.abc import Mapping
from importlib.metadata import entry_points

import httpx

from tocsin.alert.ports import Notifier
from tocsin.base.errors import BadInput
from tocsin.config.schema import NotifierForm


def installed(forms: Mapping[str, NotifierForm], client: httpx.Client) -> dict[str, Notifier]:
    """Return the notifier of every channel.

    Raises:
        BadInput: a kind is not installed, or its settings are wrong; it names the channel.
    """
    kinds = {point.name: point for point in entry_points(group="tocsin.notifiers")}
    built: dict[str, Notifier] = {}
    for channel, form in forms.items():
        if form.kind not in kinds:
            raise BadInput(
                f"notifier kind {form.kind!r} is not installed",
                where=f"notifiers.{channel}.kind",
                do=f"installed are {', '.join(sorted(kinds))}",
            )
        try:
            built[channel] = kinds[form.kind].load()(form.settings, client)
        except BadInput as error:  # an adapter knows its kind; which of its channels, we know
            where = f"notifiers.{channel} ({error.where})"
            raise BadInput(error.what, where=where, do=error.do) from None
    return built
