"""Settings are texts, lists or mappings; this reads them, and says in one voice what is wrong."""

from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlsplit

from tocsin.base.errors import BadInput

Setting = str | Sequence[str] | Mapping[str, str]
"""One setting as the configuration wrote it."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TIMEOUT_MAX_S = 8


class Fields:
    """The settings of one adapter as the configuration wrote them."""

    def __init__(self, where: str, settings: Mapping[str, Setting], known: Collection[str]) -> None:
        """Hold the texts.

        Raises:
            BadInput: one has a name that is not in `known`.
        """
        self._where, self._settings = where, settings
        unknown = sorted(settings.keys() - set(known))
        if unknown:
            raise self.bad(
                f"unknown setting {unknown[0]!r}", f"known are {', '.join(sorted(known))}"
            )

    def text(self, name: str) -> str:
        """Return a setting without the space around it; empty if it is not set.

        Raises:
            BadInput: it is no text.
        """
        return self.exact(name).strip()

    def exact(self, name: str) -> str:
        """Return a setting with the space around it, which may be part of a secret.

        Raises:
            BadInput: it is no text.
        """
        value = self._settings.get(name, "")
        if not isinstance(value, str):
            raise self.bad(f"{name} is not one text", f"write {name}: text")
        return value

    def needed(self, name: str, do: str) -> str:
        """Return a text that must be set.

        Raises:
            BadInput: it is missing.
        """
        value = self.text(name)
        if not value:
            raise self.bad(f"{name} is missing", do)
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty if it is not set.

        Raises:
            BadInput: it is no list.
        """
        value = self._settings.get(name, ())
        if isinstance(value, str | Mapping):
            raise self.bad(f"{name} is not a list", f"write {name}: [one, two]")
        return tuple(value)

    def pairs(self, name: str) -> dict[str, str]:
        """Return a mapping of texts; empty if it is not set.

        Raises:
            BadInput: it is no mapping.
        """
        value = self._settings.get(name, {})
        if not isinstance(value, Mapping):
            raise self.bad(f"{name} is not a mapping", f"write {name}: {{one: two}}")
        return dict(value)

    def secret(self, name: str, do: str) -> str:
        """Return a key or token, which must be set and fit into a header.

        Raises:
            BadInput: it is missing, or holds a sign that no key has.
        """
        value = self.text(name)
        if not value:
            raise self.bad(f"{name} is missing", do)
        if not value.isascii() or not value.isprintable() or " " in value:
            raise self.bad(f"{name} holds a space or a sign that no key has", do)
        return value

    def address(self, default: str = "", *, secure: bool = True, name: str = "url") -> str:
        """Return a web address.

        Args:
            default: taken if it is not set.
            secure: whether only https will do, or this machine itself.
            name: of the setting.

        Raises:
            BadInput: it is missing, no web address, or would tell secrets in the clear.
        """
        url = self.text(name) or default
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:  # e.g. a port that is no number; the error quotes the address
            parts, host = urlsplit(""), None
        if parts.scheme not in ("http", "https") or not host:
            raise self.bad(f"{name} is missing or no web address", "write https://host/path")
        if secure and parts.scheme == "http" and host not in _LOOPBACK:
            raise self.bad(f"{name} would carry a secret in the clear", "write https://host/path")
        return url

    def timeout_s(self) -> float:
        """Return how long to wait for each part of a call.

        Raises:
            BadInput: it is no number, or longer than a page may be held up.
        """
        try:
            timeout_s = float(self.text("timeout_s") or "5")
        except ValueError:
            timeout_s = 0.0
        if not 0 < timeout_s <= _TIMEOUT_MAX_S:
            # a page's claim lasts 8 s, renewed while it is sent: for as long as three waits here
            raise self.bad(
                f"timeout_s is no number between 0 and {_TIMEOUT_MAX_S}", "write seconds, e.g. 5"
            )
        return timeout_s

    def bad(self, what: str, do: str) -> BadInput:
        """Return the error to raise; it must not quote a value that may be secret."""
        return BadInput(what, where=self._where, do=do)
