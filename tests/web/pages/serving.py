"""A site on a real socket, and a headless Chromium to look at it with."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Browser, sync_playwright

from tests.web.pages.test_browser import CHROMIUM, FLAGS, PATIENCE_MS
from tocsin.web.asgi import build
from tocsin.web.serving import listen
from tocsin.web.site import Site


@contextmanager
def serve(made: Callable[[str], Site]) -> Generator[Site]:
    """Serve the site that `made` returns for its address, on a port of its own."""
    listener = listen("127.0.0.1", 0)  # who comes before it serves waits
    site = made(f"http://localhost:{listener.getsockname()[1]}")
    server = uvicorn.Server(uvicorn.Config(build(site), log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield site
    finally:
        site.closing.set()
        server.should_exit = True
        thread.join()


@contextmanager
def chromium() -> Generator[Browser]:
    """Yield a headless Chromium."""
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS, timeout=PATIENCE_MS)
        yield one
        one.close()
