"""A real OpenFeature provider reads the flag file that we write: `make test-vendors`."""

import json
import os
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.contracts.actuator import directive
from tocsin.base.slices import Slice
from tocsin.contain.directive import Action
from tocsin.integrations.flagd import Flag, build

PYTHON = os.environ.get("OPENFEATURE_PYTHON", "")
ASK = """
import json, sys, time
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
file = sys.argv[1]
api.set_provider(FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=file))
client = api.get_client()
ask = lambda key, **known: client.get_string_value("loans", "none", EvaluationContext(key, known))
until = time.monotonic() + 30
while ask("a", region="north") == "none" and time.monotonic() < until:  # it reads in a thread
    time.sleep(0.1)
print(json.dumps({
    "north": ask("a", region="north"), "south": ask("a", region="south"),
    "old": ask("a", region="south", age=70), "text": ask("a", region="south", age="70"),
    "canary": [ask(str(k), region="west") for k in range(500)].count("v7"),
}))
api.shutdown()
"""


def flag(folder: Path) -> Flag:
    variants = {"v8": "v8", "v7": "v7", "rules": "rules", "people": "people"}
    loans = {"state": "ENABLED", "variants": variants, "defaultVariant": "v8"}
    file = folder / "flags.json"
    file.write_text(json.dumps({"flags": {"loans": loans}}))
    given = {"fallback": "rules", "review": "people", "canary": "v{version}"}
    with httpx.Client() as client:
        return build({"file": str(file), "flag": "loans", "variants": given}, client)


def test_it_is_built_from_the_configuration(tmp_path: Path) -> None:
    actuator = flag(tmp_path)
    assert actuator.target == f"flag loans in {tmp_path}/flags.json"
    assert actuator.serves(Action.REVIEW, everyone=False)
    assert not actuator.serves(Action.SHADOW, everyone=True)


@pytest.mark.real
def test_a_real_provider_gives_everybody_what_was_aimed_at(tmp_path: Path) -> None:
    if not PYTHON:
        pytest.skip("no OpenFeature provider: make test-vendors, or $OPENFEATURE_PYTHON")
    actuator = flag(tmp_path)
    before = actuator.read()
    held = [
        directive(Action.FALLBACK, id="1", slice=Slice.of({"region": "north"})),
        directive(Action.REVIEW, id="2", slice=Slice.of({"age": "≥60", "region": "south"})),
        directive(Action.CANARY, id="3", slice=Slice.of({"region": "west"})),
    ]
    actuator.write(actuator.aim(before, held), expecting=before, key="act_1")
    file = str(tmp_path / "flags.json")
    said = subprocess.run(
        [PYTHON, "-c", ASK, file], check=True, capture_output=True, text=True, timeout=60
    )
    got = json.loads(said.stdout)
    assert 60 < got.pop("canary") < 140
    assert got == {"north": "rules", "south": "v8", "old": "people", "text": "people"}
