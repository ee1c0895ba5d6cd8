"""What an answer means, and that nothing secret leaves in an error."""

import threading
from email.utils import formatdate

import pytest
from stand_in import PLENTY_S, StandIn

from tocsin_client.server import NDJSON, Later, Refused, Server, Taken, Unreachable

SECRET = "tsn_very_secret"


def post(server: Server) -> object:
    return server.post("/v1/predictions", b'{"id":"a"}\n', content_type=NDJSON)


@pytest.fixture
def client(server: StandIn) -> Server:
    return Server(server.url, SECRET, timeout_s=30)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ({}, Taken()),
        ({"rejected": 2}, Taken(2)),
        ({"rejected": []}, Taken()),
        ({"rejected": [{"field": "b"}, {"field": "a"}, {"field": "a"}]}, Taken(3, "a, b")),
        ({"rejected": "all"}, Taken()),
        ({"rejected": [{"field": "a"}], "rejected_total": 1200}, Taken(1200, "a")),
    ],
)
def test_an_accepted_body_may_hold_refused_rows(
    server: StandIn, client: Server, answer: dict[str, object], meaning: Taken
) -> None:
    server.answers.append((202, {}, answer))
    assert post(client) == meaning
    client.close()


@pytest.mark.parametrize(
    ("header", "at_least_s", "at_most_s"),
    [
        ("7", 7, 7),
        (formatdate(), 0, 1),
        (formatdate(4_000_000_000), 3600, 3600),
        ("-1", 0, 0),
        ("nan", 0, 0),
        ("soon", 0, 0),
        ("999999", 3600, 3600),
    ],
    ids=["seconds", "now", "far-date", "negative", "nan", "words", "too-long"],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(
    server: StandIn, client: Server, header: str, at_least_s: float, at_most_s: float
) -> None:
    server.answers.append((503, {"Retry-After": header}, {}))
    answer = post(client)
    assert isinstance(answer, Later)
    assert answer.reason == "503"
    assert at_least_s <= answer.after_s <= at_most_s
    client.close()


def test_a_refusal_carries_its_status(server: StandIn, client: Server) -> None:
    server.answers.append((422, {}, {}))
    assert post(client) == Refused(422)
    client.close()


def test_no_error_quotes_address_or_token(server: StandIn, client: Server) -> None:
    server.stop()
    answer = post(client)
    assert answer == Later("ConnectError")
    with pytest.raises(Unreachable) as caught:
        client.get("/v1/directives", {})
    assert str(caught.value) == "ConnectError"
    assert caught.value.__cause__ is None
    client.close()
    assert isinstance(post(client), Later)


def test_hanging_up_wakes_the_reader_of_a_silent_stream(server: StandIn, client: Server) -> None:
    reading, ended = threading.Event(), threading.Event()

    def read() -> None:
        try:
            with client.stream("/v1/directives/stream", {}) as lines:
                for _ in lines:
                    reading.set()
        except Unreachable:
            pass
        ended.set()

    reader = threading.Thread(target=read)
    reader.start()
    assert reading.wait(PLENTY_S)
    client.hang_up()
    assert ended.wait(PLENTY_S)
    reader.join()
    with pytest.raises(Unreachable, match="closed"), client.stream("/v1/directives/stream", {}):
        pass
    client.close()


def test_a_body_is_compressed_for_another_machine_only(server: StandIn) -> None:
    body = b'{"id":"a","version":"v2"}\n' * 100
    for compress, encoding in ((None, None), (True, "gzip")):  # the stand-in is on this machine
        client = Server(server.url, SECRET, timeout_s=30, compress=compress)
        assert client.post("/v1/predictions", body, content_type=NDJSON) == Taken()
        assert post(client) == Taken()
        (_, headers, rows), (_, short, _) = server.posts[-2:]
        assert headers.get("Content-Encoding") == encoding
        assert "Content-Encoding" not in short
        assert len(rows) == 100
        client.close()


def test_a_server_that_cannot_unpack_gets_the_rows_as_they_are(server: StandIn) -> None:
    server.unpacks = False
    client = Server(server.url, SECRET, timeout_s=30, compress=True)
    body = b'{"id":"a"}\n' * 200
    for _ in range(2):
        assert client.post("/v1/predictions", body, content_type=NDJSON) == Taken()
    assert server.received == 400
    client.close()
