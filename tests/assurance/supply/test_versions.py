"""Every version of the repository agrees, `make bump` sets all of them, and one that was forgotten is found."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import versions

NEW = "97.98.99"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository, as another that may be written to."""
    for name in versions.tracked(versions.ROOT):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(versions.ROOT / name, tmp_path / name)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_they_agree() -> None:
    assert versions.disagreements(versions.ROOT) == []


def test_a_bump_sets_all_of_them(copy: Path) -> None:
    old = versions.current(copy)
    written = versions.bump(copy, NEW)
    assert set(versions.PLACES) | {versions.CHANGELOG, "c/header/conventions.h"} <= set(written)
    assert versions.current(copy) == NEW
    assert versions.disagreements(copy) == []
    stays = re.compile(rf"(?i)yuno.*(?<![\d.]){re.escape(old)}(?![\d.])|(?<![\d.]){re.escape(old)}(?![\d.]).*yuno")
    for name, text in versions.texts(copy).items():
        for line in text.splitlines():
            assert not stays.search(line) or "such as" in line or name == versions.CHANGELOG, f"{name}: {line}"


def test_cargo_and_the_header_take_what_a_bump_wrote(copy: Path) -> None:
    versions.bump(copy, "97.98.99-rc.7")
    asked = ["cargo", "tree", "--locked", "--package", "yuno-webhooks-c", "--depth", "0"]
    told = subprocess.run(asked, cwd=copy, check=True, capture_output=True, text=True).stdout
    assert told.startswith("yuno-webhooks-c v97.98.99-rc.7 ")
    header = (copy / versions.HEADER).read_text(encoding="utf-8")
    assert "libyuno_webhooks.so.97)" in header
    assert 'VERSION "97.98.99-rc.7"\n' in header
    assert "VERSION_PATCH 99\n" in header


@pytest.mark.parametrize("name", versions.PLACES)
def test_one_that_differs_is_found(copy: Path, name: str) -> None:
    before, _ = versions.PLACES[name]
    text = (copy / name).read_text(encoding="utf-8")
    found = re.search(f"({before}){versions.NUMBER}", text)
    assert found
    (copy / name).write_text(f"{text[: found.end(1)]}7.7.7{text[found.end() :]}", encoding="utf-8")
    assert versions.disagreements(copy)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("c/include/yuno_webhooks.h", "VERSION_MINOR ", "VERSION_MINOR 5"),
        ("c/tests/install.rs", "libyuno_webhooks.so.", "libyuno_webhooks.so.5"),
        ("c/examples/ruby/yuno_webhooks.rb", "libyuno_webhooks.0.dylib", "libyuno_webhooks.5.dylib"),
    ],
)
def test_a_part_that_differs_is_found(copy: Path, name: str, old: str, new: str) -> None:
    edit(copy / name, old, new)
    assert [problem for problem in versions.disagreements(copy) if name in problem]


def test_a_changelog_without_the_release_is_found(copy: Path) -> None:
    versions.bump(copy, NEW)
    edit(copy / versions.CHANGELOG, f"## [{NEW}]", "## [97.98.98]")
    assert len(versions.disagreements(copy)) == 1


def test_a_release_is_given_a_heading_once_and_never_goes_back(copy: Path) -> None:
    versions.bump(copy, NEW)
    text = (copy / versions.CHANGELOG).read_text(encoding="utf-8")
    assert re.search(rf"## \[Unreleased\]\n\n## \[{NEW}\] - \d{{4}}-\d\d-\d\d\n\n### ", text)
    assert "To become" not in text
    for refused in (NEW, "97.98.98", "97.98.99-rc.1", "1.2", "v98.0.0", "98.0.0 "):
        with pytest.raises(SystemExit):
            versions.bump(copy, refused)
