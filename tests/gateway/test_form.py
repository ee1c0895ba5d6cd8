"""`gateway.yaml`."""

import re
from pathlib import Path

import pytest

from tocsin.base.errors import BadInput
from tocsin.gateway.form import read
from tocsin.ingest.system import Kind

ENVIRONMENT = {"TOCSIN_TOKEN": "tsn_1"}
TEXT = """
version: 1
server: http://127.0.0.1:8470
ca_file: ca.pem
shadow: {waiting: 10, timeout: 2s}
systems:
  loans:
    upstream: http://127.0.0.1:8080/
    version: v2
    models: [loans, loans-eu]
    versions: {v1: http://127.0.0.1:8081/}
    fallback:
      - {when: {income: "<1000", region: north}, answer: {score: 0.1}}
      - {when: {age: ">=60"}, answer: {score: 0.3}}
      - answer: {score: 0.2}
    headers: {X-Channel: channel}
    timeout: 2s
    on_control_loss: closed
    grace: 15s
    inputs: [income, region]
  prices:
    upstream: https://prices
    version: "7"
    kind: regression
"""


def test_a_whole_file_is_read() -> None:
    settings = read(TEXT, "gateway.yaml", ENVIRONMENT)
    loans, prices = settings.systems
    assert (loans.upstream, loans.models) == ("http://127.0.0.1:8080", ("loans", "loans-eu"))
    assert loans.address("v1") == "http://127.0.0.1:8081"
    assert loans.address("v0") is None
    assert (loans.headers, loans.timeout_s, loans.grace_s) == ({"x-channel": "channel"}, 2.0, 15.0)
    assert loans.system.serving.inputs == ("income", "region")
    assert (prices.models, prices.system.kind) == (("prices",), Kind.REGRESSION)
    assert (settings.shadow.waiting, settings.shadow.timeout_s) == (10, 2.0)
    assert settings.ca_file == "ca.pem"
    assert "tsn_1" not in repr(settings)


def test_the_first_rule_that_holds_answers() -> None:
    rules = read(TEXT, "gateway.yaml", ENVIRONMENT).systems[0].fallback
    assert rules is not None
    assert rules.answer({"income": 999, "region": "north"}) == {"score": 0.1}
    assert rules.answer({"income": 1000, "region": "north", "age": 60}) == {"score": 0.3}
    assert rules.answer({}) == {"score": 0.2}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: v2", "versoin: v2", "gateway.yaml:9: unknown key 'systems.loans.versoin'"),
        ("    version: v2\n", "", "key 'systems.loans.version' is missing"),
        ("models: [loans, loans-eu]", "models: [prices]", "'prices' is also a name of loans"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080", "is no address"),
        ("      - answer: {score: 0.2}\n", "", "does not hold for everyone"),
        ("timeout: 2s\n    on", "timeout: never\n    on", "systems.loans.timeout"),
        ("server: http://127.0.0.1:8470", "server: tocsin", "is no address"),
        ("version: v2", "version: 1.10", "put the version in quotes"),
        ("version: v2", "version: v2\n    negative: yes", "True means yes as well as no"),
    ],
)
def test_a_mistake_is_named_with_its_line(old: str, new: str, said: str) -> None:
    assert old in TEXT
    with pytest.raises(BadInput, match=said):
        read(TEXT.replace(old, new), "gateway.yaml", ENVIRONMENT)


def test_the_words_for_yes_and_no_are_kept_as_they_are_written() -> None:
    text = TEXT.replace("    timeout: 2s\n", "    positive: 2\n    negative: 1\n    timeout: 2s\n")
    loans, prices = read(text, "gateway.yaml", ENVIRONMENT).systems
    assert (loans.yes, loans.no, loans.system.columns.positive) == (2, 1, "2")
    assert (prices.yes, prices.no) == (True, None)


def test_failing_closed_without_a_fallback_is_refused() -> None:
    text = TEXT.replace("    kind: regression", "    on_control_loss: closed")
    with pytest.raises(BadInput, match="nobody would be answered"):
        read(text, "gateway.yaml", ENVIRONMENT)


def test_without_a_token_it_says_how_to_get_one() -> None:
    with pytest.raises(BadInput, match="tocsin token make"):
        read(TEXT, "gateway.yaml", {})


def test_the_example_of_the_document_is_read() -> None:
    text = (Path(__file__).parents[2] / "docs" / "gateway.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    (loans,) = read(example, "gateway.yaml", ENVIRONMENT).systems
    assert loans.address("2026-10-01") == "http://127.0.0.1:8081"
    assert loans.version == "2026-11-20"
