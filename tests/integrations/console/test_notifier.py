"""Two threads do not mix their lines."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from tests.contracts.notifier import NOTICE
from tocsin.integrations.console import Console, Settings, wire


def test_each_page_is_written_whole() -> None:
    stream = io.StringIO()
    notices = [replace(NOTICE, key=f"key-{k}") for k in range(40)]
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(Console(Settings(), stream).send, notices))
    assert [one.external_id for one in receipts] == [one.key for one in notices]
    assert all(wire.to_lines(one) in stream.getvalue() for one in notices)
