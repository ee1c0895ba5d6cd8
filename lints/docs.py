"""Write the generated pages of `docs/`, or with `--check` say which are out of date."""

import sys
from pathlib import Path

from tocsin.config.reference import markdown

ROOT = Path(__file__).parents[1]


def pages() -> dict[Path, str]:
    """Return every generated page and its text."""
    return {ROOT / "docs" / "configuration.md": markdown()}


def main(arguments: list[str]) -> int:
    """Write or check; return how the process ends."""
    stale = [p for p, text in pages().items() if not p.exists() or p.read_text() != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date; run `make docs`")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages()[path])
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
