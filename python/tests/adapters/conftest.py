"""One process a server, shared by all tests of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from .process import Running, serving


class Setup(NamedTuple):
    """A server with an app, and what they cannot do."""

    server: str
    app: str
    reads_chunks: bool = True
    """Reads a body without a content-length."""
    stops_reading: bool = True
    """Gives the app a body in pieces, so that the app can stop."""
    serves_two: bool = True
    """Answers one client while another waits."""


SETUPS = {
    "asgi": Setup("uvicorn", "make_asgi"),
    "wsgi": Setup("gunicorn", "make_wsgi", serves_two=False),
    "wsgi-wsgiref": Setup("wsgiref", "make_wsgi", reads_chunks=False),
    "fastapi": Setup("uvicorn", "make_fastapi"),
    "starlette": Setup("uvicorn", "make_starlette"),
    "flask": Setup("werkzeug", "make_flask"),
    "flask-gunicorn": Setup("gunicorn_threads", "make_flask"),
    "django": Setup("gunicorn_threads", "make_django"),
    "django-runserver": Setup("runserver", "make_django_by_settings", reads_chunks=False),
    "django-asgi": Setup("uvicorn", "make_django_asgi", stops_reading=False),
    "aiohttp": Setup("aiohttp", "make_aiohttp"),
}


@pytest.fixture(scope="session", params=SETUPS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def setup(name: str) -> Setup:
    return SETUPS[name]


@pytest.fixture(scope="session")
def shared(name: str, setup: Setup, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(setup.server, setup.app, tmp_path_factory.mktemp(name)) as running:
        yield running


@pytest.fixture
def server(shared: Running) -> Running:
    shared.new_entries()
    shared.new_log()
    shared.new_output()
    return shared
