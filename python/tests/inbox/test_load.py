"""Four receivers and four workers on one server, and redeliveries to any of them: the counts are exact.

`YUNO_LOAD` is the number of deliveries.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from .conftest import Opener
from .process import child_command, child_environment
from .shop import Effects, is_async, make_body, until

LOAD = int(os.environ.get("YUNO_LOAD", "1500"))
PROCESSES = 4


def test_counts_are_exact_under_load(opened: Opener, address: str, tmp_path: Path) -> None:
    is_redis = address.startswith("redis:")
    if "://" not in address:
        pytest.skip("one machine's file is for few processes")
    # The async stores run the same statements by the same rules.
    load = LOAD // 10 if is_async(address) else LOAD
    redeliveries = load * 3 // 10
    inbox = opened()
    effects = Effects(address).create()
    chance = random.Random(load)  # noqa: S311, no secret
    sent = [(number, 0) for number in range(load)]
    sent += [(number, 1) for number in chance.sample(range(load), redeliveries)]
    chance.shuffle(sent)
    bodies = [make_body(f"p-{number // 3}", number % 3, retry=retry) for number, retry in sent]
    inputs = [tmp_path / f"in-{own}" for own in range(PROCESSES)]
    for own, file in enumerate(inputs):
        file.write_bytes(b"".join(body + b"\n" for body in bodies[own::PROCESSES]))
    del bodies
    begun = time.monotonic()
    workers = [
        subprocess.Popen(
            child_command("worker", address, str(own), "0", "0"), env=child_environment(), stdout=subprocess.DEVNULL
        )
        for own in range(PROCESSES)
    ]
    try:
        receivers: list[subprocess.Popen[bytes]] = []
        for own, file in enumerate(inputs):
            with file.open("rb") as given, (tmp_path / f"out-{own}").open("wb") as output:
                receivers.append(
                    subprocess.Popen(
                        child_command("receiver", address), env=child_environment(), stdin=given, stdout=output
                    )
                )
        patience = 60 + load / 20
        assert [receiver.wait(patience) for receiver in receivers] == [0] * PROCESSES
        took_in = time.monotonic() - begun
        until(lambda: inbox.stats()[:1] == (0,) and inbox.stats().leased == 0, patience)
        took = time.monotonic() - begun
    finally:
        for worker in workers:
            worker.terminate()
        assert [worker.wait(30) for worker in workers] == [0] * PROCESSES
    answers = Counter(line for own in range(PROCESSES) for line in (tmp_path / f"out-{own}").read_text().splitlines())
    assert answers == {"ready": PROCESSES, "200 accepted": load, "200 duplicate": redeliveries}
    keys = effects.keys()
    assert len(set(keys)) == load
    # Without a transaction, a lease that is lost on a machine with too much to do is an effect more.
    assert len(keys) == load or is_redis
    stats = inbox.stats()
    assert (stats.dead, stats.waiting) == (0, 0)
    # On Postgres, one that meets a worker who has its row does not wait to be counted.
    assert stats.duplicates <= redeliveries
    assert stats.duplicates == redeliveries or not is_redis
    told = f"{len(sent) / took_in:.0f}/s in, {load / took:.0f}/s done, {len(keys)} effects"
    print(f"inbox: {load} deliveries and {redeliveries} again, {told}")
