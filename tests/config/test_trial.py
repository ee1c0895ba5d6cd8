from datetime import timedelta

import pytest
from pydantic import ValidationError

from tocsin.config.trial import CanaryForm
from tocsin.ingest.trial import Trial


def test_the_form_says_what_the_trial_says_by_default() -> None:
    assert Trial(**CanaryForm().model_dump()) == Trial()


def test_bounds_that_cross_are_refused() -> None:
    with pytest.raises(ValidationError, match="not below"):
        CanaryForm(most_of={"failed_calls": 0.001})


def test_lengths_are_read() -> None:
    assert CanaryForm.model_validate({"lasts": "36h"}).lasts == timedelta(hours=36)
