"""The one file of this folder that touches the network, by a library that may not be installed."""

import apprise
from apprise.result import AppriseResultStatus

from tocsin.alert.notice import Notice
from tocsin.alert.ports import DeliveryError, Reason, Receipt
from tocsin.base.errors import BadInput
from tocsin.integrations.apprise import wire
from tocsin.integrations.apprise.settings import Settings
from tocsin.integrations.http.quiet import quiet

_LOGGERS = ("apprise", "urllib3.connectionpool", "urllib3.util.retry")


class Apprise:
    """A `Notifier`.  One object of the library per notice: they keep state between sendings."""

    def __init__(self, settings: Settings) -> None:
        """Hold the settings of one service.

        Raises:
            BadInput: Apprise knows no such service, or its address is wrong.
        """
        self._settings = settings
        # with the contact's address still to come, it can only be judged when there is one
        if wire.ADDRESS not in settings.url and self._target(settings.url) is None:
            raise BadInput("Apprise does not understand url", where="apprise", do="see its manual")

    def send(self, notice: Notice) -> Receipt:
        """Tell `notice` once; no retry here, the delivery duty owns that."""
        target = self._target(wire.address(self._settings.url, notice))
        if target is None:
            raise DeliveryError(
                "apprise does not understand url with the contact's address",
                retryable=False,
                reason=Reason.CONFIGURATION,
            )
        with quiet(_LOGGERS):
            told = target.notify(
                body=wire.body(notice),
                title=wire.title(notice),
                notify_type=wire.kind(notice),
                body_format="text",
                timeout=self._settings.timeout_s,
            )
        if told.status == AppriseResultStatus.TIMEOUT:
            raise DeliveryError("apprise: no answer in time", retryable=True, reason=Reason.NETWORK)
        if not told:
            raise DeliveryError(
                "apprise: the service did not take it", retryable=True, reason=Reason.SERVER
            )
        return Receipt(channel="apprise", external_id=notice.key)

    def _target(self, url: str) -> apprise.Apprise | None:
        """Return the library's object for one address; None if it does not understand it."""
        asset = apprise.AppriseAsset(http_redirects=False, secure_logging=True, app_id="Tocsin")
        target = apprise.Apprise(asset=asset)
        with quiet(_LOGGERS):
            if not target.add(url) or len(target) != 1:
                return None
        for service in target:
            # also if the address says otherwise: a redirect would carry keys elsewhere
            service.redirects = False
            service.socket_connect_timeout = self._settings.timeout_s
            service.socket_read_timeout = self._settings.timeout_s
        return target
