"""Headers of one hop, and bodies without their compression."""

import gzip

import pytest

from tocsin.base.errors import BadInput
from tocsin.gateway.wire import Call, back


def call(body: bytes = b"", **headers: str) -> Call:
    named = [(n.replace("_", "-").encode(), v.encode()) for n, v in headers.items()]
    return Call("POST", "/", "/", named, body)


def test_headers_of_the_hop_and_those_that_connection_names_stay_behind() -> None:
    sent = call(
        connection="close, X-Hop", x_hop="1", te="trailers", host="a", content_length="3", x="y"
    )
    assert sent.onward() == [(b"x", b"y")]
    assert back([(b"Transfer-Encoding", b"chunked"), (b"X-A", b"1")], length=True) == [
        (b"x-a", b"1")
    ]


def test_a_body_that_is_put_together_anew_is_plain_json() -> None:
    sent = call(
        content_encoding="gzip",
        content_type="application/octet-stream",
        inference_header_content_length="7",
        accept_encoding="br",
    )
    assert sent.onward(plain=True, rebuilt=True) == [
        (b"accept-encoding", b"identity"),
        (b"content-type", b"application/json"),
    ]


def test_gzip_is_unpacked_within_the_limit() -> None:
    packed = gzip.compress(b"x" * 1000)
    assert call(packed, content_encoding="gzip").unpacked(1000) == b"x" * 1000
    assert call(b"abc").unpacked(1) == b"abc"


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (gzip.compress(b"x" * 1001), "gzip"),
        (gzip.compress(b"xyz")[:-4], "gzip"),
        (b"plain", "gzip"),
        (b"", "br"),
    ],
    ids=["too long", "cut", "plain", "unknown"],  # gzip writes the time into what would name them
)
def test_what_cannot_be_unpacked_is_bad_input(body: bytes, encoding: str) -> None:
    with pytest.raises(BadInput):
        call(body, content_encoding=encoding).unpacked(1000)
