"""A notice as lines on a terminal.  Pure."""

from tocsin.alert.notice import Notice

_WIDTH = 78


def to_lines(notice: Notice) -> str:
    """Return the notice between two rules; control characters of foreign text are made visible."""
    rule, what = "=" * _WIDTH, "PAGE" if notice.acknowledge_url else "TELL"
    body = "\n".join(_plain(line) for line in notice.text.splitlines())
    return f"{rule}\n{what} {_plain(notice.subject)}\nkey {_plain(notice.key)}\n\n{body}\n{rule}\n"


def _plain(line: str) -> str:
    r"""Return `line` with escape sequences shown, not obeyed, by the terminal.

    >>> _plain("a" + chr(27) + "[2J")
    'a\\x1b[2J'
    """
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)
