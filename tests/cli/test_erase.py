"""`tocsin erase` against a real server on this machine."""

import json
import threading
from pathlib import Path

from tests.cli.served import Terminal, served
from tests.store.examples import NOW
from tocsin.store import erasures
from tocsin.web.site import Site


def work(site: Site, stop: threading.Event) -> None:
    """Finish whatever is asked, as a worker would."""
    while not stop.wait(0.05):
        with site.database.reading() as conn:
            due = erasures.of_system(conn, "loans", due=True)
        for one in due:
            with site.database.unit("erase", NOW) as unit:
                rows = {"predictions": one.number, "outcomes": 1}
                erasures.count(unit, one, rows)
                erasures.finish(unit, erasures.get(unit.conn, "loans", one.id))


def test_predictions_are_erased_from_the_terminal(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "ids").write_text("p2\n\n p3 \n")
    with served(tmp_path) as (site, url, tokens):
        me = ("--system", "loans", "--url", url, "--token", tokens["admin"])
        code, out, _ = terminal.run("erase", "--id", "p1", *me, "--wait", "0")
        assert code == 0
        assert out.endswith(": recorded; a worker will do it\n")
        code, _, err = terminal.run("erase", "--id", "p1", *me, "--wait", "0.1")
        assert code == 2
        assert "is recorded and not done yet; is a worker running?" in err
        stop = threading.Event()
        worker = threading.Thread(target=work, args=(site, stop))
        worker.start()
        try:
            named = ("--id", "p1", "--ids-from", str(tmp_path / "ids"))
            code, out, err = terminal.run("erase", *named, *me)
            assert (code, err) == (0, "")
            assert ": 3 predictions and 1 outcomes erased at " in out
            code, out, _ = terminal.run("erase", "--id", "p9", *me, "--json")
            assert json.loads(out)["number"] == 1
        finally:
            stop.set()
            worker.join()


def test_bad_words_are_refused_before_anything_is_sent(terminal: Terminal, tmp_path: Path) -> None:
    code, _, err = terminal.run("erase", "--system", "loans")
    assert (code, "no prediction is named" in err) == (2, True)
    code, _, err = terminal.run("erase", "--system", "loans", "--ids-from", str(tmp_path / "no"))
    assert (code, "cannot be read" in err) == (2, True)
