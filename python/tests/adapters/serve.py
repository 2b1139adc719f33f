"""Serves one app on a free port until it is ended: `python -m adapters.serve SERVER APP`. It prints the port.

An app is a function of `adapters.apps`, or a file that has the app in `app`.
"""

from __future__ import annotations

import os
import runpy
import socket
import sys
from collections.abc import Callable
from typing import Any

from . import apps, shop


def make(name: str) -> Any:
    """The app of this name."""
    shop.write_log()
    if name.endswith(".py"):
        return runpy.run_path(name)["app"]
    return getattr(apps, name)()


def listen() -> socket.socket:
    made = socket.create_server(("127.0.0.1", 0))
    made.set_inheritable(True)
    announce(made.getsockname()[1])
    return made


def announce(port: int) -> None:
    print(port, flush=True)


def uvicorn(name: str) -> None:
    import uvicorn

    # An app that knows lifespans is held to it.
    app = make(name)
    config = uvicorn.Config(app, log_level="warning", lifespan="auto" if "django" in name else "on")
    uvicorn.Server(config).run(sockets=[listen()])


def gunicorn(name: str, *options: str) -> None:
    bound = listen()
    target = f"adapters.serve:make({name!r})"
    arguments = ["-m", "gunicorn", "--bind", f"fd://{bound.fileno()}", "--log-level", "warning", *options, target]
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606


def gunicorn_threads(name: str) -> None:
    gunicorn(name, "--worker-class", "gthread", "--threads", "4")


def werkzeug(name: str) -> None:
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, make(name), threaded=True)
    announce(server.port)
    server.serve_forever()


def wsgiref(name: str) -> None:
    from socketserver import ThreadingMixIn
    from wsgiref.simple_server import WSGIServer, make_server

    class Server(ThreadingMixIn, WSGIServer):
        daemon_threads = True

    server = make_server("127.0.0.1", 0, make(name), server_class=Server)
    announce(server.server_port)
    server.serve_forever()


def runserver(name: str) -> None:
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    app = make(name)
    server = ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler)
    server.set_app(app)
    announce(server.server_port)
    server.serve_forever()


def aiohttp(name: str) -> None:
    from aiohttp import web

    web.run_app(make(name), sock=listen(), print=None)


SERVERS: dict[str, Callable[[str], None]] = {
    each.__name__: each for each in (uvicorn, gunicorn, gunicorn_threads, werkzeug, wsgiref, runserver, aiohttp)
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]](sys.argv[2])
