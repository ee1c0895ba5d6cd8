"""A real server on a port of this machine, and the command line in front of it."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.patience import PATIENCE_S
from tests.web.cast import Watch, site_at, tokens_of
from tocsin.app import count, write_report
from tocsin.cli.main import run
from tocsin.cli.up import UpOptions
from tocsin.cli.wiring import Wiring
from tocsin.contain.approval import Approvals
from tocsin.store.unit import Database
from tocsin.web import serving
from tocsin.web.site import Site


@dataclass
class Terminal:
    """Runs commands and gives what they printed and how they ended."""

    capsys: pytest.CaptureFixture[str]
    folder: Path

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return the exit code, standard output and standard error."""
        wiring = Wiring(
            serve=_never, open_database=self._open, count=count, write_report=write_report
        )
        code = run(wiring, arguments)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def _open(self, data_dir: Path, url: str | None) -> Database:
        return Database(url or f"sqlite:///{data_dir}/tocsin.db")


def _never(_options: UpOptions) -> None:
    raise AssertionError("no command of these tests starts a server")


@contextmanager
def served(
    folder: Path, approvals: Approvals | None = None
) -> Generator[tuple[Site, str, dict[str, str]]]:
    """Yield a site that a thread serves, its address, and the cast's tokens."""
    site = replace(site_at(folder, Watch()), approvals=approvals or Approvals())
    with address_of(site) as url:
        yield site, url, tokens_of(site)


@contextmanager
def address_of(site: Site) -> Generator[str]:
    """Yield the address at which a thread serves `site`, which is closed in the end."""
    listener = serving.listen("127.0.0.1", 0)
    thread = threading.Thread(target=serving.run, args=(site, listener))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        site.closing.set()
        thread.join(PATIENCE_S)
        listener.close()
        site.committer.close()
        site.database.close()
    assert not thread.is_alive()
