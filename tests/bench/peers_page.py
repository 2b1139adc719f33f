"""Makes the table of the README and the chart of what peers.json holds; with --check it only compares them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FIGURES = HERE / "peers.json"
CHART = HERE / "peers.svg"
README = HERE.parent.parent / "README.md"
BEGIN, END = "<!-- peers:begin -->\n", "<!-- peers:end -->\n"
OWN = "yuno-webhooks"
WHOLE = "yuno-webhooks, whole body"

WIDTH, LABEL, COLUMN, ROW, BAR = 960, 230, 243, 22, 150
CUT = 10
"""How many times ours a bar may be long: beyond it an arrow says that it is cut."""
STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.note { fill: #59636e; font-size: 12px }
.other { fill: #9aa4af }
.own { fill: #1a7f64 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9198a1 }
  .other { fill: #59636e }
  .own { fill: #3fb98f }
}"""

READING = """\
`a µs (bx, cx)` reads: `b` times ours, which reads the fields from the text; and `c` times ours where it also makes
objects of the whole body, as all the others do to reach the fields. Below 1 the other is faster. Ours passes over
every byte two times more, for `dedupe_key` and to check the text; its objects in Python hold exact decimals; the
key of the others is made of name, id, status and time of change. `stripe` makes objects of a class of its own."""

Found = dict[str, Any]


def sizes(found: Found) -> list[str]:
    """As peers.json names them."""
    return list(found["languages"][0]["receivers"][OWN])


def spaced(size: str) -> str:
    """A size as people write it."""
    return size.replace("KiB", " KiB")


def label(found: Found, language: str, name: str) -> str:
    """A receiver and its release."""
    version = found["versions"][language.split()[0]].get(name)
    return f"{name} {version}" if version else name


def time(figures: dict[str, float]) -> str:
    """Microseconds, with three digits that count."""
    us = figures["us"]
    return f"{us:.1f}" if us < 100 else f"{us:.0f}"


def cell(name: str, figures: dict[str, float]) -> str:
    """Its time, and how many times the two of ours it takes."""
    if name in (OWN, WHOLE):
        return f"{time(figures)} µs"
    return f"{time(figures)} µs ({figures['fields']:.2f}x, {figures['whole']:.2f}x)"


def table(found: Found) -> str:
    """In Markdown."""
    rows = [
        f"| {' | '.join(['CPU time of one delivery', *map(spaced, sizes(found))])} |",
        f"|{'---|' * (len(sizes(found)) + 1)}",
    ]
    for one in found["languages"]:
        for name, by_size in one["receivers"].items():
            first = f"{one['language']}: {label(found, one['language'], name)}"
            rows.append(f"| {' | '.join([first, *(cell(name, by_size[size]) for size in sizes(found))])} |")
    return "\n".join(rows) + "\n"


def part(found: Found) -> str:
    """What stands between the marks of the README."""
    image = f"![CPU time of one delivery by receiver]({CHART.relative_to(README.parent).as_posix()})"
    return f"{BEGIN}\n{image}\n\n{table(found)}\n{READING}\n\nMeasured on {found['machine']}.\n\n{END}"


def marks(found: Found) -> Iterator[str]:
    """What the chart draws, from its top."""
    yield '<text x="0" y="16" class="title">CPU time of one delivery: signature verified, fields and key read</text>'
    yield f'<text x="0" y="36" class="note">{escape(found["machine"])} (→: the bar is cut)</text>'
    y = 40
    for one in found["languages"]:
        y += 32
        yield f'<text x="0" y="{y}" class="title">{escape(one["language"])}</text>'
        for column, size in enumerate(sizes(found)):
            yield f'<text x="{LABEL + column * COLUMN}" y="{y}" class="title">{spaced(size)}</text>'
        for name, by_size in one["receivers"].items():
            y += ROW
            yield f'<text x="0" y="{y}">{escape(label(found, one["language"], name))}</text>'
            for column, size in enumerate(sizes(found)):
                length = BAR * by_size[size]["us"] / (CUT * one["receivers"][OWN][size]["us"])
                arrow, length = (" →", BAR) if length > BAR else ("", length)
                x, kind = LABEL + column * COLUMN, "own" if name in (OWN, WHOLE) else "other"
                yield f'<rect x="{x}" y="{y - 12}" width="{length:.1f}" height="14" rx="2" class="{kind}"/>'
                yield f'<text x="{x + length + 6:.1f}" y="{y}">{time(by_size[size])} µs{arrow}</text>'


def chart(found: Found) -> str:
    """In SVG, which follows the reader's light or dark mode."""
    rows = sum(len(one["receivers"]) for one in found["languages"])
    height = 40 + 32 * len(found["languages"]) + ROW * rows + 12
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    title = "<title>CPU time of one delivery by receiver, language and size of the body</title>"
    return "\n".join([head, title, f"<style>\n{STYLE}\n</style>", *marks(found), "</svg>\n"])


def pages() -> dict[Path, str]:
    """What each file should hold."""
    before, begin, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"README.md lacks {BEGIN.strip()} or {END.strip()}")
    if not FIGURES.exists():
        return {README: before + BEGIN + END + after}
    found = json.loads(FIGURES.read_text(encoding="utf-8"))
    return {README: before + part(found) + after, CHART: chart(found)}


def write() -> None:
    """Writes the table and the chart."""
    for file, text in pages().items():
        file.write_text(text, encoding="utf-8")


def main() -> int:
    """Writes, or compares."""
    if "--check" not in sys.argv[1:]:
        write()
        return 0
    stale = [
        file.name for file, text in pages().items() if not file.exists() or file.read_text(encoding="utf-8") != text
    ]
    for name in stale:
        print(
            f"{name} does not hold the figures of tests/bench/peers.json: run python tests/bench/peers_page.py",
            file=sys.stderr,
        )
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
