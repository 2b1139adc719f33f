"""Processes that are killed at any moment, and a server that crashes: what was accepted is done, and once.

`YUNO_KILLS` is how many are killed on each store, and `YUNO_SEED` repeats the choices of another run, though not its
moments.
"""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import threading
import time
from collections import Counter, deque
from contextlib import suppress

import pytest

from yuno_webhooks import Event
from yuno_webhooks.types import Kind

from . import redis_server
from .conftest import Opener
from .postgres import Server
from .process import child_command, child_environment
from .shop import PATIENCE, Effects, is_async, make_body, states, until

KILLS = int(os.environ.get("YUNO_KILLS", "20"))
# A crash of the server for so many kills.
CRASHES = max(2, KILLS // 30)


class Child:
    """A process that is there again whenever it was killed."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            child_command(*self._arguments),
            env=child_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    def kill(self) -> None:
        assert self.process.poll() is None, "it ended by itself"
        self.process.kill()
        self.process.wait()
        self._close()
        self.process = self._start()

    def end(self) -> int:
        """Ends it in good order."""
        assert self.process.stdin is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        self._close()
        return code

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            # It was not told its last line.
            with suppress(BrokenPipeError):
                pipe.close()

    def ask(self, line: bytes) -> str | None:
        """Its answer to a line; None if it was killed before."""
        process = self.process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line.decode() + "\n")
            process.stdin.flush()
            return process.stdout.readline() or None
        except (OSError, ValueError):
            return None


class Provider(threading.Thread):
    """Sends deliveries until told not to, and each again until it is acknowledged; and now and then once more."""

    def __init__(self, receiver: Child, seed: int) -> None:
        super().__init__(daemon=True)
        self._receiver = receiver
        self._random = random.Random(seed)  # noqa: S311, no secret
        self._open: deque[tuple[str, int, Kind, int]] = deque()
        self._new: list[tuple[str, int, Kind, int]] = []
        self._old: list[tuple[str, int, Kind, int]] = []
        self._ends = threading.Event()
        #: The kind of each that was acknowledged, by its key.
        self.acknowledged: dict[str, Kind] = {}
        self.tries = 0

    def run(self) -> None:
        while not self._ends.is_set() or self._open:
            own = self._next()
            payment, second, kind, retry = own
            body = make_body(payment, second, retry=retry, kind=kind)
            self.tries += 1
            answer = self._receiver.ask(body)
            if answer is not None and answer.startswith("200 "):
                self.acknowledged[Event.parse_unverified(body).dedupe_key] = kind
                self._old.append(own)
            else:
                # Lost, or 503. Nobody knows whether it was stored.
                self._open.append((payment, second, kind, retry + 1))
            time.sleep(0.005)

    def finish(self) -> None:
        """No new ones."""
        self._ends.set()
        self.join(60)
        assert not self.is_alive(), "something is never acknowledged"

    def _next(self) -> tuple[str, int, Kind, int]:
        chance = self._random.random()
        if self._open and (chance < 0.7 or self._ends.is_set()):
            return self._open.popleft()
        if self._old and chance < 0.15:
            payment, second, kind, retry = self._random.choice(self._old)
            return payment, second, kind, retry + 1
        if not self._new:
            # Several states of several payments, in any order.
            first = len(self._old)
            kinds: tuple[Kind, Kind] = ("payment.purchase", "payment.refund")
            for number in range(5):
                name = f"p-{first}-{number}"
                for second in range(4):
                    self._new.append((name, second, kinds[self._random.random() < 0.3], 0))
            self._random.shuffle(self._new)
        return self._new.pop()


def test_what_is_accepted_is_done_once_whoever_is_killed(
    request: pytest.FixtureRequest, opened: Opener, address: str
) -> None:
    seed = int(os.environ.get("YUNO_SEED") or secrets.randbelow(1 << 32))
    chance, begun = random.Random(seed), time.monotonic()  # noqa: S311, no secret
    store = address.partition(":")[0] if "://" in address else "sqlite"
    print(f"YUNO_SEED={seed} on {store}")
    names = {"postgresql": "server", "redis": "redis_host"}
    server: Server | redis_server.Server | None = request.getfixturevalue(names[store]) if store in names else None
    inbox = opened()
    effects = Effects(address).create()
    children = [Child("worker", address, str(seed + number), "0.02") for number in range(2)]
    receiver = Child("receiver", address)
    provider = Provider(receiver, seed)
    provider.start()
    # The async stores run the same statements by the same rules.
    kills = KILLS // 4 if is_async(address) else KILLS
    crash_after = {(own + 1) * kills // (CRASHES + 1) for own in range(CRASHES)}
    crashes = 0
    try:
        for kill in range(kills):
            time.sleep(chance.random() * 0.5)
            chance.choice([*children, receiver]).kill()
            if server is not None and kill in crash_after:
                server.stop()
                crashes += 1
                time.sleep(chance.random())
                server.start()
        provider.finish()
        until(lambda: inbox.stats()[:1] == (0,) and inbox.stats().leased == 0, 120)
        assert [child.end() for child in children] == [0, 0]
        assert receiver.process.poll() is None
    finally:
        for child in (*children, receiver):
            child.process.kill()
    check(address, effects, provider)
    done = effects.keys()
    seconds = time.monotonic() - begun
    print(
        f"inbox: {kills} kills and {crashes} crashes of the server, {provider.tries} tries of"
        f" {len(provider.acknowledged)} deliveries, {len(done)} effects, {seconds:.0f} s"
    )


def check(address: str, effects: Effects, provider: Provider) -> None:
    """Each accepted delivery is done, no other is there, and its effect is as often as was promised."""
    accepted = provider.acknowledged
    assert states(address) == dict.fromkeys(accepted, "done")
    counts = Counter(effects.keys())
    assert counts.keys() == accepted.keys(), "an effect is missing, or one of nothing is there"
    if not address.startswith("redis:"):
        twice = {key for key, count in counts.items() if count > 1 and accepted[key] == "payment.purchase"}
        assert twice == set(), "an effect in the delivery's transaction happened twice"
