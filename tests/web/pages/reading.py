"""What a test sees of a page: its parts by id or tag, as text."""

from html.parser import HTMLParser

from typing_extensions import override

VOID = {"meta", "link", "input", "br", "img", "rect", "circle", "path", "line"}


class Page(HTMLParser):
    """The text below each element that has an id, and below `h1` and `title`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: dict[str, str] = {}
        self.forms: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "form":
            self.forms.append(known.get("action") or "")
        if tag not in VOID:
            name = known.get("id") or (tag if tag in {"h1", "title"} else "")
            self._open.append((tag, name))

    @override
    def handle_endtag(self, tag: str) -> None:
        while tag not in VOID and self._open and self._open.pop()[0] != tag:
            pass

    @override
    def handle_data(self, data: str) -> None:
        for name in {name for _, name in self._open if name}:
            self.parts[name] = f"{self.parts.get(name, '')} {data}".replace("\u00a0", " ")

    def text(self, name: str) -> str:
        """Return the text of a part with single spaces."""
        return " ".join(self.parts.get(name, "").split())
