"""One verifier for all threads, processes and greenlets, and events that go between them."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from operator import attrgetter

from yuno_webhooks import Event, Verifier, testing

SECRET = "a-test-secret"
VERIFIER = Verifier(hmac_secret=SECRET)
BODY = testing.sample("payment.purchase", merchant_reference="x" * 100_000)
HEADERS = testing.headers(BODY, SECRET)

UNDER_GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent
from yuno_webhooks import Verifier, testing

verifier = Verifier(hmac_secret="a-test-secret")
body = testing.sample("payment.purchase", merchant_reference="x" * 100_000)
headers = testing.headers(body, "a-test-secret")
jobs = [gevent.spawn(lambda: verifier.verify(body, headers).data["payment"]["id"]) for _ in range(200)]
gevent.joinall(jobs, raise_error=True)
print(len({job.value for job in jobs}))
"""


def verify(_: int) -> Event:
    return VERIFIER.verify(BODY, HEADERS)


def test_threads_share_a_verifier_and_an_event() -> None:
    event = verify(0)
    with ThreadPoolExecutor(16) as threads:
        assert set(threads.map(verify, range(400))) == {event}
        assert {id(data) for data in threads.map(attrgetter("data"), [event] * 400)} == {id(event.data)}


def test_an_event_goes_through_a_process_pool() -> None:
    event = verify(0)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as processes:
        assert processes.submit(attrgetter("dedupe_key"), event).result(timeout=60) == event.dedupe_key


def test_a_verifier_works_after_fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0 if VERIFIER.verify(BODY, HEADERS).signed else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_verifier_works_under_gevent() -> None:
    done = subprocess.run([sys.executable, "-c", UNDER_GEVENT], check=True, capture_output=True, text=True)
    assert done.stdout == "1\n"
