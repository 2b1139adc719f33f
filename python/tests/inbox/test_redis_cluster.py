"""The inbox on a cluster of Redis: its partitions are on several nodes, of which some may be lost or change places."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from yuno_webhooks import InboxError
from yuno_webhooks.inbox import AsyncRedisInbox, Inbox, RedisInbox

from .conftest import Opener
from .redis_cluster import DRIVER, SLOTS, Cluster, ask, name_of, wait_until
from .redis_server import Server
from .shop import accept, make_event, seconds, until, working

PARTITIONS = 8
WAIT = 7.0


@pytest.fixture(scope="module")
def nodes() -> Iterator[Cluster]:
    own = Cluster()
    yield own
    own.remove()


@pytest.fixture
def cluster(nodes: Cluster) -> Cluster:
    for server in nodes.servers:
        ask(server, "FLUSHALL")
    return nodes


@pytest.fixture
def inbox(cluster: Cluster, open_redis: Opener) -> Inbox:
    return open_redis(cluster.url, partitions=PARTITIONS)


def try_to_accept(inbox: Inbox, name: str, count: int) -> tuple[set[str], int]:
    """The keys of those that were stored, and the number of those that are to be sent again. Each answer is in time."""
    keys: set[str] = set()
    refused = 0
    for number in range(count):
        begun = time.monotonic()
        try:
            keys.add(accept(inbox, f"{name}-{number}"))
        except InboxError as error:
            refused += error.code == "STORE_UNAVAILABLE"
        assert time.monotonic() - begun < WAIT
    return keys, refused


def test_the_partitions_are_on_several_nodes_and_are_one_store(cluster: Cluster, inbox: Inbox) -> None:
    assert inbox.place == f"127.0.0.1:{cluster.primaries[0].port}"
    keys = {accept(inbox, f"p-{number}", second) for number in range(20) for second in (0, 1)}
    assert all(ask(server, "DBSIZE") > 5 for server in cluster.primaries)
    assert inbox.accept(make_event("p-3", retry=1)).outcome == "duplicate"
    assert (inbox.stats().pending, inbox.stats().duplicates) == (40, 1)
    claimed = inbox.claim(100)
    assert len({own.resource for own in claimed}) == len(claimed) == 20
    claimed[0].complete()
    claimed[1].release(RuntimeError("no stock"), delay=seconds(0))
    claimed[2].give_back()
    for own in claimed[3:]:
        own.bury(RuntimeError("no stock"))
    assert {own.key for own in inbox.dead()} == {own.key for own in claimed[3:]}
    assert inbox.replay_dead() == 17
    assert {inbox.find(key).state for key in keys} == {"pending", "done"}
    with working(inbox, lambda _: None, workers=2):
        until(lambda: inbox.stats()[:1] == (0,) and inbox.stats().leased == 0)
    assert {inbox.find(key).state for key in keys} == {"done"}
    # Whoever comes later needs not know how many there are.
    other = RedisInbox(DRIVER.RedisCluster.from_url(cluster.url.replace("+cluster", ""), decode_responses=True))
    assert {other.find(key).state for key in keys} == {"done"}
    other.close()


def test_one_node_of_a_cluster_is_no_store(cluster: Cluster, inbox: Inbox) -> None:
    del inbox
    for server in cluster.primaries:
        with pytest.raises(ValueError, match=r"a node of a cluster: open it as redis\+cluster://"):
            RedisInbox(server.url)


@pytest.mark.parametrize(
    ("open_redis", "how"), [(RedisInbox, "killed"), (AsyncRedisInbox, "silent")], indirect=["open_redis"]
)
def test_a_node_that_is_lost_stops_nobody_elsewhere(cluster: Cluster, inbox: Inbox, how: str) -> None:
    # The one that tells of the scope is needed to open a store, and no more.
    lost = cluster.primaries[1]
    done: list[str] = []
    count = 40 if how == "killed" else 3
    with working(inbox, lambda delivery: done.append(delivery.key), workers=2):
        before, refused = try_to_accept(inbox, "before", count)
        assert refused == 0
        until(lambda: set(done) == before)
        (lost.stop if how == "killed" else lost.pause)()
        try:
            during, refused = try_to_accept(inbox, "during", count)
            assert refused
            assert during
            # What is elsewhere is worked on all the same.
            until(lambda: set(done) == before | during)
            key = next(iter(during))
            assert inbox.find(key).state in {"processing", "done"}
            # Where it cannot be known, nobody says that there is none.
            with pytest.raises(InboxError) as caught:
                inbox.find("y1-none")
            assert caught.value.code == "STORE_UNAVAILABLE"
        finally:
            (lost.start if how == "killed" else lost.resume)()
        wait_until(lambda: is_whole(cluster))
        for number in range(count):
            inbox.accept(make_event(f"during-{number}", retry=1))
        after, refused = try_to_accept(inbox, "after", count)
        assert (len(after), refused) == (count, 0)
        until(lambda: inbox.stats()[:1] == (0,) and inbox.stats().leased == 0)
    assert len(set(done)) == 3 * count


def is_whole(cluster: Cluster) -> bool:
    """Whether every node knows that all others are there."""
    told = [ask(server, "CLUSTER INFO") for server in cluster.servers]
    return all(own["cluster_state"] == "ok" and own["cluster_slots_ok"] == str(SLOTS) for own in told)


def test_a_slot_on_its_way_to_another_node_is_waited_for(cluster: Cluster, inbox: Inbox) -> None:
    """Half of a partition is nothing that a script could work on."""
    keys = {accept(inbox, f"p-{number}") for number in range(40)}
    base = base_of(inbox, 0)
    slot = ask(cluster.primaries[0], "CLUSTER", "KEYSLOT", base)
    owner = next(own for own in cluster.primaries if keys_in(own, slot))
    target = next(own for own in cluster.primaries if own is not owner)
    ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", name_of(owner))
    ask(owner, "CLUSTER", "SETSLOT", slot, "MIGRATING", name_of(target))
    moved = keys_in(owner, slot)
    for key in moved[: len(moved) // 2]:
        ask(owner, "MIGRATE", "127.0.0.1", target.port, key, 0, 5000)
    during, refused = try_to_accept(inbox, "during", 40)
    assert refused
    assert len(during) == 40 - refused
    # Workers have the others.
    claimed = {own.key for own in inbox.claim(100)}
    assert claimed
    assert claimed < keys | during
    for key in moved[len(moved) // 2 :]:
        ask(owner, "MIGRATE", "127.0.0.1", target.port, key, 0, 5000)
    for server in (target, owner, *cluster.primaries):
        ask(server, "CLUSTER", "SETSLOT", slot, "NODE", name_of(target))
    # Whoever was told is sent there, and nothing was lost or has come to be there twice.
    for number in range(40):
        inbox.accept(make_event(f"during-{number}", retry=1))
        assert inbox.accept(make_event(f"p-{number}", retry=1)).outcome == "duplicate"
    stats = inbox.stats()
    assert stats.pending + stats.leased == 80
    rest = inbox.claim(100)
    assert len(claimed) + len(rest) == 80
    # As it was, for the other tests.
    for key in keys_in(target, slot):
        ask(target, "DEL", key)
    for server in (owner, target, *cluster.primaries):
        ask(server, "CLUSTER", "SETSLOT", slot, "NODE", name_of(owner))


def keys_in(server: Server, slot: int) -> list[str]:
    found: list[str] = ask(server, "CLUSTER", "GETKEYSINSLOT", slot, 10_000)
    return found


def base_of(inbox: Inbox, partition: int) -> str:
    return f"yuno-inbox:{{{inbox.scope}:{partition}/{PARTITIONS}}}"


@pytest.mark.parametrize("open_redis", [AsyncRedisInbox], indirect=True)
def test_what_replicas_have_confirmed_outlives_a_primary(open_redis: Opener) -> None:
    cluster = Cluster(replicas=1)
    try:
        inbox = open_redis(cluster.url, partitions=PARTITIONS, replicas=1)
        keys, refused = try_to_accept(inbox, "before", 40)
        assert refused == 0
        cluster.primaries[0].stop()
        # Until a replica has taken over, and then on.
        wait_until(lambda: ask(cluster.replicas[0], "ROLE")[0] == "master")
        # It has no replica of its own now: what comes there is stored, but not acknowledged.
        during, refused = try_to_accept(inbox, "during", 8)
        assert refused
        assert {inbox.find(key).state for key in keys | during} == {"pending"}
        cluster.primaries[0].start()
        wait_until(lambda: connected_replicas(cluster.replicas[0]) == 1)
        after, refused = try_to_accept(inbox, "after", 40)
        assert (len(after), refused) == (40, 0)
        assert {inbox.find(key).state for key in keys | during | after} == {"pending"}
    finally:
        cluster.remove()


def connected_replicas(server: Server) -> int:
    told = ask(server, "INFO", "replication")
    return int(told["connected_slaves"]) if told.get("slave0", {}).get("state") == "online" else 0
