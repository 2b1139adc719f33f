"""The server of bench_http.py in Python: FastAPI under uvicorn, on a socket that is given by its number.

Its arguments are that number and the name and address of a store: without them it calls a handler that does nothing.
"""

from __future__ import annotations

import sys
from socket import socket

import uvicorn
from fastapi import FastAPI

from yuno_webhooks import Event, Receiver, Verifier, inbox
from yuno_webhooks.fastapi import router

PATH = "/webhooks/yuno"
SECRET = "a-bench-secret"


async def do_nothing(_: Event) -> None:
    """The handler beside which storing is measured."""


def main() -> None:
    """Serves until it is ended."""
    descriptor, *store = sys.argv[1:]
    verifier = Verifier(hmac_secret=SECRET)
    if store:
        name, address = store
        receiver = Receiver(verifier, inbox=getattr(inbox, name)(address))
    else:
        receiver = Receiver(verifier, fallback=do_nothing)
    app = FastAPI()
    app.include_router(router(receiver, PATH))
    # Its own `fd` takes the socket for a Unix one, which delays answers by 40 ms on TCP.
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning"))
    server.run([socket(fileno=int(descriptor))])


if __name__ == "__main__":
    main()
