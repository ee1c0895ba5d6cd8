"""The static copy is fresh within a minute, at once after a change, and never half written."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from tests.jobs.public import say, with_page
from tests.jobs.scene import MINUTE, SECOND, Scene
from tocsin.incident.bulletin import Stage
from tocsin.jobs import statuscopy
from tocsin.jobs.statuscopy import LOOK, Copier


def page(folder: Path) -> str:
    return (folder / "index.html").read_text()


def test_a_change_is_there_at_the_next_look_and_nothing_is_written_for_no_news(
    stage: Scene, tmp_path: Path
) -> None:
    folder = tmp_path / "public"
    with_page(stage, folder)
    copier = Copier()
    copier.run(stage.rings, stage.clock())
    assert page(folder) == "Everything works."
    written = (folder / "index.html").stat().st_mtime_ns
    copier.run(stage.rings, stage.clock.move(LOOK))
    assert (folder / "index.html").stat().st_mtime_ns == written
    incident = stage.declare_incident()
    say(stage, incident, "We look into it.")
    copier.run(stage.rings, stage.clock.move(SECOND))
    assert page(folder) == "Everything works."
    copier.run(stage.rings, stage.clock.move(LOOK))
    assert page(folder) == "Loan applications is affected by an incident."
    say(stage, incident, "Over.", Stage.RESOLVED)
    copier.run(stage.rings, stage.clock.move(LOOK))
    assert page(folder) == "Everything works."


@pytest.mark.parametrize("by", [MINUTE, -timedelta(hours=1)])
def test_it_is_written_anew_each_minute_and_when_the_clock_jumps_back(
    stage: Scene, tmp_path: Path, by: timedelta
) -> None:
    with_page(stage, tmp_path)
    copier = Copier()
    copier.run(stage.rings, stage.clock())
    (tmp_path / "index.html").unlink()
    copier.run(stage.rings, stage.clock.move(by))
    assert page(tmp_path) == "Everything works."


def test_every_web_server_may_read_it_and_no_draft_is_left(stage: Scene, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    with_page(stage, folder)
    statuscopy.write(stage.rings, stage.clock())
    files = sorted(str(one.relative_to(folder)) for one in folder.rglob("*") if one.is_file())
    assert files == ["index.html", "status/status.json"]
    assert stat.S_IMODE((folder / "index.html").stat().st_mode) == 0o644
    assert stat.S_IMODE((folder / "status").stat().st_mode) == 0o755


def test_a_reader_sees_the_old_page_or_the_new_one(tmp_path: Path) -> None:
    statuscopy.put(tmp_path, {"index.html": b"old" * 1000})
    with (tmp_path / "index.html").open("rb") as open_before:
        statuscopy.put(tmp_path, {"index.html": b"new" * 1000})
        assert open_before.read() == b"old" * 1000
    assert (tmp_path / "index.html").read_bytes() == b"new" * 1000


def test_without_a_status_page_nothing_is_written(stage: Scene, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    Copier().run(stage.rings, stage.clock())
    statuscopy.write(stage.rings, stage.clock())
    assert sorted(tmp_path.rglob("*")) == before
