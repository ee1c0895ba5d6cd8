"""The switch is built from the configuration's words."""

import httpx

from tocsin.integrations.launchdarkly import build


def test_it_says_which_flag_it_turns() -> None:
    given = {"project": "lending", "environment": "production", "flag": "model", "token": "api-x"}
    with httpx.Client() as client:
        switch = build(given | {"off_when": ("block",)}, client)
    assert switch.target == "flag model of lending in production"
    assert switch.shows("false") == "flag model of lending in production is off"
