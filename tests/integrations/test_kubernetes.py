"""Two kinds of actuators from one cluster, with its own authority where it has one."""

from pathlib import Path

import httpx
import pytest

from tocsin.base.errors import BadInput
from tocsin.integrations.kubernetes import kserve, seldon

GOOD = {"namespace": "ml", "name": "credit", "token": "hush-hush"}


def test_both_kinds_are_built_from_texts() -> None:
    with httpx.Client() as client:
        assert kserve(GOOD, client).target == (
            "InferenceService ml/credit at kubernetes.default.svc"
        )
        assert seldon(GOOD, client).target == "Experiment ml/credit at kubernetes.default.svc"
        with pytest.raises(BadInput, match="candidate does not say which version"):
            seldon(GOOD | {"candidate": "credit"}, client)


def test_a_file_that_is_no_authority_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "ca.pem"
    bad.write_text("no certificate")
    with httpx.Client() as client:
        for place in (bad, tmp_path / "none.pem"):
            with pytest.raises(BadInput, match="kserve: ca_file cannot be used"):
                kserve(GOOD | {"ca_file": str(place)}, client)
