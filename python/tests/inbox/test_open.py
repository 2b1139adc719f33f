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


def test_psycopg_is_asked_for_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing: Any = None
    monkeypatch.setitem(sys.modules, "psycopg", nothing)
    with pytest.raises(ImportError, match=r"yuno-webhooks\[postgres\]"):
        open_inbox("postgresql://postgres@127.0.0.1:1/postgres")


@pytest.mark.parametrize(
    "url",
    [
        *(f"mysql://shop:{PASSWORD}@host/shop", f"shop:{PASSWORD}@host", f"host=h password={PASSWORD}", PASSWORD, ""),
        *(f"postgresql:shop:{PASSWORD}@host", f"redis:{PASSWORD}", f"sqlite://{PASSWORD}", "sqlite:", "sqlite://"),
        *(f"postgres://shop:%zz{PASSWORD}@host/shop", f"postgres://shop:{PASSWORD}@host/shop?no_such_option=1"),
    ],
)
def test_another_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:|postgresql://user:password@host") as caught:
        open_inbox(url)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__context__ is None


def test_without_migrations_no_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(InboxError, match=r"there is no file .*inbox\.db") as caught:
        open_inbox(f"sqlite:{tmp_path / 'inbox.db'}", migrate=False)
    assert caught.value.code == "SCHEMA_MISMATCH"
    assert list(tmp_path.iterdir()) == []
