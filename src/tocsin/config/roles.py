"""Who may do what: the names under `roles:`; and the secrets by which senders show who they are."""

from collections.abc import Mapping

from tocsin.base.rights import Role
from tocsin.config.schema import NotifierForm
from tocsin.config.source import Source


def roles(forms: Mapping[Role, tuple[str, ...]], source: Source) -> dict[str, Role]:
    """Return the role of each person that has one.

    Raises:
        BadInput: one person has two.
    """
    found: dict[str, Role] = {}
    for role, people in forms.items():
        for place, person in enumerate(people):
            if found.setdefault(person, role) is not role:
                what = f"{person!r} is {found[person]} already"
                raise source.error(("roles", role.value, place), what, "give one role to each")
    return found


def secrets_of(notifiers: Mapping[str, NotifierForm]) -> dict[str, tuple[str, ...]]:
    """Return the `webhook_secret` of each PagerDuty channel that has one; several are by comma."""
    found = {
        channel: tuple(
            secret.strip()
            for secret in form.settings.get("webhook_secret", "").split(",")
            if secret.strip()
        )
        for channel, form in notifiers.items()
        if form.kind == "pagerduty"
    }
    return {channel: secrets for channel, secrets in found.items() if secrets}
