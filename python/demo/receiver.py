"""The receiver of the demo: verifies each delivery, stores it in the inbox, and answers. `receiver.py FILE`."""

import logging
import os
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from yuno_webhooks import Receiver, Verifier, wsgi
from yuno_webhooks.inbox import SQLiteInbox

MAX_BODY_BYTES = 256 * 1024


class Server(ThreadingMixIn, WSGIServer):
    """The standard library's, with a thread for each request."""

    daemon_threads = True


class Quiet(WSGIRequestHandler):
    """Without a line for each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the standard library's name
        """Says nothing: the package's own log tells what was refused and why."""


def main() -> None:
    """Serves on a free port of this machine, which it prints, until it is ended."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    verifier = Verifier(hmac_secret=os.environ["YUNO_WEBHOOK_HMAC_SECRET"], max_body_bytes=MAX_BODY_BYTES)
    receiver = Receiver(verifier, inbox=SQLiteInbox(sys.argv[1]))
    app = wsgi.app(receiver, path="/webhooks")
    with make_server("127.0.0.1", 0, app, server_class=Server, handler_class=Quiet) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
