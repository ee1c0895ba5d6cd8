"""Documents tell the truth: links lead somewhere, commands and words exist."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pytest
from lints.docs import pages

from tocsin.cli.main import COMMANDS
from tocsin.config.load import load
from tocsin.integrations.installed import outlets

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_of_ours(document: Path) -> None:
    targets = [target for target in LINK.findall(document.read_text()) if "://" not in target]
    assert [t for t in targets if not (document.parent / t).exists()] == []


def test_generated_pages_are_fresh() -> None:
    stale = [path.name for path, text in pages().items() if path.read_text() != text]
    assert stale == []


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_stands_in_a_document(command: str) -> None:
    text = "\n".join(path.read_text() for path in DOCUMENTS)
    assert f"tocsin {command}" in text


def test_commands_in_documents_exist() -> None:
    said = {
        match
        for path in DOCUMENTS
        for line in path.read_text().splitlines()
        for match in re.findall(r"(?:^|`|\$\()tocsin ([a-z]+)", line)
    }
    assert said <= set(COMMANDS)


def test_the_tutorials_files_show_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tocsin.app import count  # noqa: PLC0415 - runs commands only here
    from tocsin.cli.main import run  # noqa: PLC0415
    from tocsin.cli.wiring import Wiring  # noqa: PLC0415

    tutorial = (ROOT / "docs" / "tutorial.md").read_text()
    blocks = re.findall(r"```python\n(# make_files\.py\n.*?)```", tutorial, re.DOTALL)
    asked = re.findall(r"tocsin check (.*?)\n```", tutorial, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks[0], "make_files.py", "exec"), {})
    wiring = Wiring(
        serve=lambda _: None,
        open_database=lambda _dir, _url: None,  # pyright: ignore[reportArgumentType] - not opened here
        count=count,
        write_report=str,
    )
    arguments = asked[0].replace("\\\n", " ").split()
    assert run(wiring, ["check", *arguments]) == 1
    assert "region=north" in capsys.readouterr().out.splitlines()[5]
    healthy = [a.replace("today", "yesterday") for a in arguments]
    assert run(wiring, ["check", *healthy]) == 0


class Environment(dict[str, str]):
    """Has every variable; each value is a key that any of the vendors could have drawn."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return "https://example.org/hook" if name.endswith("_URL") else "0123456789abcdef" * 2


def test_the_notifiers_page_shows_every_kind_by_an_example_that_is_one() -> None:
    page = (ROOT / "docs" / "notifiers.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    system = "version: 1\nsystems: {loan: {reference: ref.csv, columns: {score: score}}}\n"
    config = load(system + example, "notifiers.md", Environment())
    kinds = {point.name: point for point in entry_points(group="tocsin.notifiers")}
    with httpx.Client() as client:
        for form in config.notifiers.values():
            assert hasattr(kinds[form.kind].load()(form.settings, client), "send")
    shown = {form.kind for form in config.notifiers.values()}
    assert shown | {"webhook"} == set(kinds)
    for kind in kinds:
        assert f"| `{kind}` |" in page


def test_the_actuators_page_shows_every_kind_by_an_example_that_is_one() -> None:
    page = (ROOT / "docs" / "actuators.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    system = "version: 1\nsystems: {loan-approval: {reference: ref.csv}}\n"
    forms = load(system + example, "actuators.md", Environment()).actuators
    forms["script"].settings.pop("env")
    with httpx.Client() as client:
        found = outlets(forms, client)
    kinds = {point.name for point in entry_points(group="tocsin.actuators")}
    assert {one.kind for one in found.values()} == kinds
    for kind in kinds:
        assert f"| `{kind}` |" in page
