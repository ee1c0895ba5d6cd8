"""`tocsin incident draft|update|updates|war-room` against a real server on this machine."""

import json
from pathlib import Path

import pytest

from tests.cli.served import Terminal, served


def test_a_draft_is_printed_edited_in_a_file_sent_and_listed(
    terminal: Terminal, tmp_path: Path
) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["responder"])

        def said(*words: str) -> str:
            code, out, err = terminal.run("incident", *words, *me)
            assert (code, err) == (0, ""), err
            return out

        said("declare", "--system", "loans", "--title", "Women are denied")
        assert said("updates", "1").endswith("board\nnone was sent\n")
        draft = said("draft", "1")
        assert draft.startswith("Subject: INC-1 update 1: Women are denied\n\nWhat happened\n")
        assert "Suspected causes" in said("draft", "1", "--voice", "technical")
        text = tmp_path / "update.txt"
        text.write_text(draft.replace("What happened", "What we know"), "utf-8")
        sent = said("update", "1", "--from", str(text))
        assert sent == "sent to board: INC-1 update 1: Women are denied\n"
        listed = said("updates", "INC-1").splitlines()
        assert listed[0].startswith("due")
        assert "executive  0 of 1 arrived  board  INC-1 update 1" in listed[1]
        (one,) = json.loads(said("updates", "1", "--json"))["updates"]
        assert one["text"].startswith("What we know\n")
        said("update", "1", "--voice", "technical", "--to", "engineers", "--from", str(text))
        every = json.loads(said("export", "1"))
        assert sorted(len(u["told"]) for u in every["updates"]["updates"]) == [1, 2]  # one instant


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Denials rose.", "does not begin with a line"),
        ("Subject: Denials\n\n", "has no words"),
        (None, "cannot be read"),
    ],
)
def test_a_text_without_subject_or_words_is_refused_before_it_is_sent(
    terminal: Terminal, tmp_path: Path, text: str | None, says: str
) -> None:
    file = tmp_path / "update.txt"
    if text is not None:
        file.write_text(text, "utf-8")
    code, _, err = terminal.run(
        "incident", "update", "1", "--from", str(file), "--url", "http://localhost:9"
    )
    assert code == 2
    assert says in err


def test_the_war_room_is_named_and_taken_away(terminal: Terminal, tmp_path: Path) -> None:
    with served(tmp_path) as (_site, url, tokens):
        me = ("--url", url, "--token", tokens["responder"])
        terminal.run("incident", "declare", "--system", "loans", "--title", "Wrong", *me)
        link = "https://chat.example.org/inc-1"
        assert terminal.run("incident", "war-room", "1", link, *me)[1] == f"INC-1: {link}\n"
        assert terminal.run("incident", "war-room", "1", "none", *me)[1] == "INC-1: no war room\n"
        code, _, err = terminal.run("incident", "war-room", "1", "chat", *me)
        assert code == 2
        assert "no http(s) address" in err
