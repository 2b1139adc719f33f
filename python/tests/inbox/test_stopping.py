"""How workers end: by a call, by a signal, in time."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from yuno_webhooks.inbox import Delivery, Handlers, Inbox

from .conftest import Opener
from .process import child_environment
from .shop import PATIENCE, accept, is_async, patient, runs_of, seconds, start, until, wait_for, working

# Says when its handler runs and when it has returned, and whether the handlers of signals were put back.
SCRIPT = """
import signal, sys, time
from datetime import timedelta
from inbox.shop import accept, open_inbox
from yuno_webhooks.inbox import Handlers

address, nap, grace = sys.argv[1:]
mine = lambda *_: None
signal.signal(signal.SIGTERM, mine)
# What was started in the background ignores it.
signal.signal(signal.SIGINT, signal.default_int_handler)

def handle(delivery):
    print("begun", flush=True)
    time.sleep(float(nap))
    print("ended", flush=True)

inbox = open_inbox(address)
inbox.run(Handlers(fallback=handle), poll=timedelta(seconds=30), grace=timedelta(seconds=float(grace)))
print(signal.getsignal(signal.SIGTERM) is mine, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


def test_stop_lets_what_runs_finish_and_begins_nothing(inbox: Inbox) -> None:
    begun, goes_on = threading.Semaphore(0), threading.Event()
    story: list[str] = []

    def handle(delivery: Delivery) -> None:
        begun.release()
        assert goes_on.wait(PATIENCE)
        story.append(delivery.key)

    for number in range(6):
        accept(inbox, f"p-{number}")
    thread = start(inbox, Handlers(fallback=handle), workers=2)
    for _ in range(2):
        assert begun.acquire(timeout=PATIENCE)
    inbox.stop()
    time.sleep(0.3)
    assert thread.is_alive()
    goes_on.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert len(story) == 2
    stats = inbox.stats()
    assert (stats.pending, stats.leased) == (4, 0)
    # And another run does the rest.
    with working(inbox, handle):
        until(lambda: len(story) == 6)


def test_idle_workers_stop_at_once(inbox: Inbox) -> None:
    begun = time.monotonic()
    with working(inbox, lambda _: None, workers=4, poll=seconds(30)):
        time.sleep(0.2)
    # A connection that listens ends at its next look.
    assert time.monotonic() - begun < 10


def test_every_run_of_an_inbox_stops(inbox: Inbox) -> None:
    threads = [start(inbox, Handlers(fallback=print)) for _ in range(2)]
    inbox.stop()
    for thread in threads:
        thread.join(PATIENCE)
        assert not thread.is_alive()
    assert runs_of(inbox) == []


def test_a_handler_that_does_not_end_is_left_behind(
    inbox: Inbox, opened: Opener, caplog: pytest.LogCaptureFixture
) -> None:
    begun, goes_on = threading.Event(), threading.Event()

    def hang(_: Delivery) -> None:
        begun.set()
        goes_on.wait(PATIENCE)

    key = accept(inbox)
    thread = start(inbox, Handlers(fallback=hang), grace=seconds(0.3), lease=timedelta(milliseconds=300))
    assert begun.wait(PATIENCE)
    stopped = time.monotonic()
    inbox.stop()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert 0.3 <= time.monotonic() - stopped < 10
    assert "1 handlers still ran at the end" in caplog.text
    # Its lease is extended no more, and somebody else does the work.
    with working(opened(), lambda _: None):
        assert wait_for(inbox, key).attempts == 2
    goes_on.set()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize(("nap", "grace", "ends"), [(1.0, 25, True), (20.0, 0.5, False)])
def test_a_signal_ends_the_workers_in_time(
    address: str, inbox: Inbox, name: str, nap: float, grace: float, ends: bool
) -> None:
    key = accept(inbox)
    command = [sys.executable, "-c", SCRIPT, address, str(nap), str(grace)]
    with subprocess.Popen(command, env=child_environment(), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            told = time.monotonic()
            process.send_signal(signal.Signals[name])
            # Impatient, and told so before.
            time.sleep(0.1)
            process.send_signal(signal.Signals[name])
            output, _ = process.communicate(timeout=PATIENCE)
            took = time.monotonic() - told
        finally:
            process.kill()
    assert (process.returncode, output) == (0, "ended\n" * ends + "True True\n")
    assert took < (nap if ends else grace) + 8
    assert inbox.find(key).state == ("done" if ends else "processing")


def test_a_signal_takes_no_lock(inbox: Inbox, address: str) -> None:
    """It may come while the main thread holds any of the locks by which it waits."""
    if is_async(address):
        pytest.skip("a loop waits by no lock")
    caught: list[object] = []

    def interrupt(_: Delivery) -> None:
        (running,) = runs_of(inbox)
        # The main thread is where the signal would find it: the lock that it holds then is not to be had.
        with running._stopping._cond, running._news:
            handler = signal.getsignal(signal.SIGTERM)
            assert callable(handler)
            thread = threading.Thread(target=handler, args=(signal.SIGTERM, None), daemon=True)
            thread.start()
            thread.join(1)
            caught.append(thread.is_alive())
        inbox.stop()

    accept(inbox)
    before = signal.getsignal(signal.SIGTERM)
    inbox.run(Handlers(fallback=interrupt), **patient())
    assert caught == [False]
    assert signal.getsignal(signal.SIGTERM) is before
