"""The status page stays up while the database is away, and says as of when."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.web.cast import NOW, Stage
from tests.web.public import PAGE, rich, say, with_page
from tocsin.base.errors import Unavailable
from tocsin.jobs import statuscopy
from tocsin.store import boards
from tocsin.web.pages.public import files
from tocsin.web.publish import FRESH, PAUSE, Public

MINUTE = timedelta(minutes=1)


def copy(stage: Stage, folder: Path) -> None:
    """Write the static copy, as the worker does."""
    with stage.site.database.reading() as conn:
        board = boards.get(conn, PAGE, stage.watch())
    statuscopy.put(folder, files(board, PAGE, stage.site.base_url))


def broken(stage: Stage) -> None:
    """Break the database under the running server."""
    path = Path(stage.site.database.url.database or "")
    for one in sorted(path.parent.glob(f"{path.name}*")):
        garbage = one.with_name("garbage")  # in one step: half written, it would be an empty one
        garbage.write_bytes(b"not a database any more" * 1000)
        garbage.replace(one)
    stage.site.database.close()  # last: whoever connects before is not heard of again


def test_with_the_database_lost_the_static_copy_is_served(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    public = with_page(stage, folder)
    with public.client as client:
        say(public, rich(public), "We look into it.")
        copy(public, folder)
        public.watch.forward(10 * MINUTE)
        broken(public)
        for path in ("/status", "/status/atom.xml", "/status/status.json"):
            assert client.get(path).status_code == 200, path
        page = client.get("/status", headers={"Cookie": "tocsin=stale", "Authorization": ""})
        assert "We look into it." in page.text
        assert "This page could not be brought up to date" in page.text
        assert f"it shows what was known on {NOW:%Y-%m-%d at %H:%M} UTC" in page.text
        assert page.headers["cache-control"] == "no-cache"
        assert client.get("/readyz").status_code == 503


def test_what_was_drawn_last_is_shown_where_it_is_younger_than_the_copy(
    stage: Stage, tmp_path: Path
) -> None:
    folder = tmp_path / "copy"
    public = with_page(stage, folder)
    with public.client as client:
        copy(public, folder)
        public.watch.forward(5 * MINUTE)
        assert client.get("/status").status_code == 200
        public.watch.forward(MINUTE)
        broken(public)
        late = client.get("/status").text
    assert f"{NOW + 5 * MINUTE:%H:%M} UTC.</p>" in late


def test_with_nothing_at_hand_it_says_so_without_words_from_inside(
    stage: Stage, tmp_path: Path
) -> None:
    public = with_page(stage, tmp_path / "none")
    with public.client as client:
        broken(public)
        answer = client.get("/status")
    assert answer.status_code == 503
    assert "cannot do this at the moment" in answer.text
    assert str(tmp_path) not in answer.text


def test_half_a_copy_is_no_copy(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    public = with_page(stage, folder)
    copy(public, folder)
    (folder / "status" / "status.json").write_text(json.dumps({"as_of": "noon"}))
    page = public.site.public
    assert page is not None
    broken(public)
    with pytest.raises(Unavailable):
        page.show(public.site.database, public.watch())
    copy_of = page.folder / "status" / "status.json"
    copy_of.write_text(json.dumps({"as_of": NOW.isoformat()}))
    later = NOW + PAUSE + MINUTE
    assert page.show(public.site.database, later).as_of == NOW


def test_a_database_that_is_away_is_left_alone_for_a_while_and_found_again(
    stage: Stage, tmp_path: Path
) -> None:
    class Flaky:
        asked = 0
        away = True

        def reading(self) -> object:
            self.asked += 1
            if self.away:
                raise Unavailable("away")
            return stage.site.database.reading()

    flaky = Flaky()
    draw = with_page(stage, tmp_path).site.public
    assert draw is not None
    copy(stage, tmp_path)
    page = Public(PAGE, tmp_path, draw.draw)
    for second in range(5, 9):
        assert page.show(flaky, NOW + timedelta(seconds=second)).late  # pyright: ignore[reportArgumentType]
    assert flaky.asked == 1
    flaky.away = False
    back = NOW + timedelta(seconds=5) + PAUSE
    assert not page.show(flaky, back).late  # pyright: ignore[reportArgumentType]
    assert page.show(flaky, back + FRESH / 2).as_of == back  # pyright: ignore[reportArgumentType]
    assert flaky.asked == 2


def test_the_copy_works_from_any_folder(stage: Stage, tmp_path: Path) -> None:
    """Links within are relative; those to forms are whole."""
    with stage.site.database.reading() as conn:
        board = boards.get(conn, replace(PAGE, mail=None), NOW)
    drawn = files(board, PAGE, "https://status.example")
    page = drawn["index.html"].decode()
    assert list(drawn)[-1] == "index.html"
    assert 'href="status/status.css"' in page
    assert 'href="https://status.example/status/report"' in page
    assert 'href="/' not in page
