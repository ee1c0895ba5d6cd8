"""The status page as configured: what it shows, who speaks first, and how subscribers are told."""

from dataclasses import dataclass

from tocsin.incident.board import Site
from tocsin.incident.bulletin import Component
from tocsin.incident.incident import Severity
from tocsin.incident.subscriber import Network, Way


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPage:
    """What a person decided about the status page.

    `publish_from` is the severity from which a rule publishes in fixed words; None: only people do.
    `mail` names the channel by which letters go; None: nobody subscribes by e-mail.  `internal`
    are networks inside the house that webhooks may call.  `directory` is where the static copy
    stands; None: beside the other data.
    """

    site: Site
    components: tuple[Component, ...]
    publish_from: Severity | None = None
    mail: str | None = None
    webhooks: bool = False
    internal: tuple[Network, ...] = ()
    directory: str | None = None

    @property
    def ways(self) -> tuple[Way, ...]:
        """How people may subscribe."""
        mail = (Way.MAIL,) if self.mail else ()
        return (*mail, Way.WEBHOOK) if self.webhooks else mail

    def component(self, key: str) -> Component | None:
        """Return the component with this key."""
        return next((one for one in self.components if one.key == key), None)
