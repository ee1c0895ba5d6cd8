import pytest

from tests.ingest.lending import NOW
from tocsin.base.errors import BadInput
from tocsin.base.slices import Slice
from tocsin.ingest.complaints import parse_complaint


def test_a_complaint_is_read() -> None:
    complaint = parse_complaint(
        {"text": " refused ", "prediction_id": "p1", "slice": {"sex": "f"}}, "cmp_1", NOW, "s"
    )
    assert (complaint.text, complaint.prediction_id, complaint.at) == ("refused", "p1", NOW)
    assert complaint.slice == Slice.of({"sex": "f"})


@pytest.mark.parametrize("body", [{}, {"text": 7}, {"text": "t", "mood": "x"}, [], "t"])
def test_a_complaint_without_text_or_with_unknown_fields_is_refused(body: object) -> None:
    with pytest.raises(BadInput):
        parse_complaint(body, "cmp_1", NOW, "s")
