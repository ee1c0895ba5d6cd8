"""The composition root: what stops the server from starting is one message, and changes nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.ports import free_port
from tocsin.app import open_database, open_lake, serve
from tocsin.base.errors import BadInput, TocsinError, Unavailable
from tocsin.cli.wiring import Role, UpOptions

CONFIG = "version: 1\nsystems:\n  loan:\n    reference: ref.csv\n    columns: {score: score}\n"
REFERENCE = "score,income\n" + "\n".join(f"0.{i},{i * 10}" for i in range(1, 99)) + "\n"


def options(folder: Path, **changes: object) -> UpOptions:
    told: dict[str, object] = {
        "config": folder / "tocsin.yaml",
        "data_dir": folder / "data",
        "host": "127.0.0.1",
        "port": free_port(),
        "role": Role.ALL,
        "database": None,
        "lake": None,
        "base_url": None,
        **changes,
    }
    return UpOptions(**told)  # pyright: ignore[reportArgumentType] - the changes keep the types


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tocsin.yaml").write_text(CONFIG)
    (tmp_path / "ref.csv").write_text(REFERENCE)
    return tmp_path


def refused(wanted: UpOptions, kind: type[TocsinError], message: str) -> None:
    with pytest.raises(kind, match=message):
        serve(wanted)


def test_a_missing_configuration_says_how_to_write_one(tmp_path: Path) -> None:
    refused(options(tmp_path), BadInput, "no such file; write one with `tocsin init")
    assert not (tmp_path / "data").exists()


def test_a_bad_key_is_named_with_its_line_and_nothing_is_made(folder: Path) -> None:
    (folder / "tocsin.yaml").write_text(CONFIG + "    slcies: [x]\n")
    refused(options(folder), BadInput, r"tocsin.yaml:6: unknown key 'systems.loan.slcies'")
    assert not (folder / "data").exists()


def test_a_port_in_use_is_found_before_anything_is_made(folder: Path) -> None:
    from tocsin.web.serving import listen  # noqa: PLC0415 - this test's own neighbour

    with listen("127.0.0.1", 0) as other:
        port = other.getsockname()[1]
        refused(options(folder, port=port), BadInput, f"port {port} is in use")
    assert not (folder / "data").exists()


def test_a_data_directory_that_cannot_be_written_is_said(folder: Path) -> None:
    (folder / "file").write_text("in the way")
    wanted = options(folder, data_dir=folder / "file" / "data")
    refused(wanted, Unavailable, "the data directory is not writable")


def test_a_reference_that_is_missing_is_said(folder: Path) -> None:
    (folder / "ref.csv").unlink()
    refused(options(folder), BadInput, "the reference of loan does not exist")


def test_an_unknown_notifier_kind_lists_the_installed_ones(folder: Path) -> None:
    (folder / "tocsin.yaml").write_text(CONFIG + "notifiers:\n  p: {kind: pigeon}\n")
    refused(options(folder), BadInput, "'pigeon' is not installed; installed are apprise, console")


def test_a_wrong_setting_is_told_with_its_channel(folder: Path) -> None:
    notifiers = "notifiers:\n  duty: {kind: pagerduty, settings: {routing_key: hush}}\n"
    (folder / "tocsin.yaml").write_text(CONFIG + notifiers)
    refused(options(folder), BadInput, r"notifiers.duty \(pagerduty\): routing_key has not 32")


def test_opening_a_database_that_was_never_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no database here"):
        open_database(tmp_path, None)


def test_the_command_says_one_line_and_exits_with_two(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tocsin.app", "up", "--config", str(tmp_path / "no.yaml")]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ended.returncode == 2
    assert ended.stderr.startswith("tocsin: ")
    assert ended.stderr.count("\n") == 1


def test_listening_everywhere_needs_the_address_that_people_use(folder: Path) -> None:
    refused(options(folder, host="0.0.0.0"), BadInput, "--host: .* add --base-url")
    assert not (folder / "data").exists()


def test_a_lake_rests_where_it_is_told(tmp_path: Path) -> None:
    open_lake(None, tmp_path, {}).check_writable()
    assert (tmp_path / "lake").is_dir()
    open_lake(str(tmp_path / "elsewhere"), tmp_path, {}).check_writable()
    assert (tmp_path / "elsewhere").is_dir()
    with pytest.raises(BadInput, match="write s3://bucket/prefix"):
        open_lake("ftp://host/lake", tmp_path, {})


@pytest.mark.parametrize(
    ("told", "reached_at"),
    [
        ({"port": 8470}, "http://127.0.0.1:8470"),
        ({"port": 8470, "host": "::1"}, "http://[::1]:8470"),
        ({"base_url": "https://tocsin.example.org/"}, "https://tocsin.example.org"),
    ],
)
def test_messages_link_to_where_people_reach_the_server(
    tmp_path: Path, told: dict[str, object], reached_at: str
) -> None:
    assert options(tmp_path, **told).reached_at == reached_at
