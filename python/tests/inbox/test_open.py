"""Opening an inbox by its address."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from yuno_webhooks import InboxError
from yuno_webhooks.inbox import RedisInbox, SQLiteInbox, open_inbox

from .postgres import Server
from .shop import SOON, accept

PASSWORD = "pa55w0rd"


@pytest.mark.parametrize("form", ["sqlite:{}", "sqlite://{}", "sqlite:relative.db"])
def test_an_inbox_is_opened_by_its_address(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told: list[object] = []
    with open_inbox(form.format(tmp_path / "relative.db"), scope="shop", on_outcome=told.append) as inbox:
        assert isinstance(inbox, SQLiteInbox)
        assert (inbox.place, inbox.scope) == (str(tmp_path / "relative.db"), "shop")
        accept(inbox)
        (delivery,) = inbox.claim(lease=SOON)
        delivery.complete()
    assert len(told) == 1


def test_postgres_is_opened_by_either_name_of_it(server: Server) -> None:
    for scheme in ("postgres", "postgresql"):
        with open_inbox(server.conninfo.replace("postgresql", scheme), scope=scheme) as inbox:
            accept(inbox)
            assert inbox.stats().pending == 1


def test_redis_is_opened_by_its_address(redis_url: str) -> None:
    with open_inbox(redis_url, scope="shop") as inbox:
        assert isinstance(inbox, RedisInbox)
        accept(inbox)
        assert inbox.stats().pending == 1


def test_what_only_redis_has_is_passed_on_to_it(redis_url: str) -> None:
    open_inbox(redis_url, partitions=3, durability="everysec", replicas=0).close()
    with pytest.raises(InboxError, match="another number of partitions"):
        open_inbox(redis_url, partitions=4)
    with open_inbox(redis_url, replicas=1) as inbox, pytest.raises(InboxError) as caught:
        accept(inbox)
    assert "0 of 1 replicas" in str(caught.value.__cause__)
    wrong: Any = "never"
    with pytest.raises(ValueError, match="durability is one of"):
        open_inbox(redis_url, durability=wrong)


@pytest.mark.parametrize("url", ["sqlite:shop.db", "postgresql://127.0.0.1:1/shop"])
def test_other_stores_do_not_have_it(url: str) -> None:
    with pytest.raises(TypeError, match="durability and replicas can be given for an inbox in Redis only"):
        open_inbox(url, durability="always", replicas=1)


def test_a_database_that_the_server_does_not_have(redis_url: str) -> None:
    for durability in ("always", "unchecked"):
        with pytest.raises(ValueError, match="the server has no database of the number"):
            open_inbox(f"{redis_url.removesuffix('0')}99", durability=durability)


def test_no_address_is_told_as_such() -> None:
    nothing: Any = None
    with pytest.raises(ValueError, match=r"is YUNO_INBOX_URL set\? .*sqlite:PATH"):
        open_inbox(nothing)


def test_psycopg_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Any = None
    monkeypatch.setitem(sys.modules, "psycopg", nothing)
    with pytest.raises(ImportError, match=r"psycopg\[binary,pool\]"):
        open_inbox("postgresql://postgres@127.0.0.1:1/postgres")


@pytest.mark.parametrize(
    "url",
    [
        *(f"mysql://shop:{PASSWORD}@host/shop", f"shop:{PASSWORD}@host", f"host=h password={PASSWORD}", PASSWORD, ""),
        *(f"postgresql:shop:{PASSWORD}@host", f"redis:{PASSWORD}", f"sqlite://{PASSWORD}", "sqlite:", "sqlite://"),
        *(f"redis://shop:{PASSWORD}@host/0?durability=always", f"redis://shop:{PASSWORD}@host/abc"),
        *(f"redis+cluster://shop:{PASSWORD}@host/1", f"redis+cluster://shop:{PASSWORD}@host?{PASSWORD}=1"),
        *(f"postgres://shop:%zz{PASSWORD}@host/shop", f"postgres://shop:{PASSWORD}@host/shop?no_such_option=1"),
    ],
)
def test_another_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:|postgresql://user:password@host|redis://host") as caught:
        open_inbox(url)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_without_migrations_no_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(InboxError, match=r"There is no file .*inbox\.db\. Check the address; ") as caught:
        open_inbox(f"sqlite:{tmp_path / 'inbox.db'}", migrate=False)
    assert caught.value.code == "SCHEMA_MISMATCH"
    assert list(tmp_path.iterdir()) == []
