"""Writes the docstrings of the compiled module into its stub, where editors look for them; with --check compares."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from textwrap import indent, wrap
from typing import Any

from yuno_webhooks import _core  # pyright: ignore[reportPrivateUsage]

STUB = Path(__file__).parents[1] / "yuno_webhooks" / "_core.pyi"
WIDTH = 120


def main() -> int:
    """Gives the exit status."""
    written = STUB.read_text(encoding="utf-8")
    wanted = document(written)
    if "--check" not in sys.argv[1:]:
        STUB.write_text(wanted, encoding="utf-8")
    elif wanted != written:
        print(f"{STUB.name}: the compiled module has other docstrings; `make generate` writes them", file=sys.stderr)
        return 1
    return 0


def document(stub: str) -> str:
    """The stub with the docstrings that the module has now, from the end to the start, so that line numbers hold."""
    lines = stub.splitlines()
    for node, own in reversed(list(documented(ast.parse(stub)))):
        text = str(own.__doc__ or "")
        first = node.body[0]
        holds_text = ast.get_docstring(node) is not None
        start, end = first.lineno - 1, first.end_lineno or first.lineno
        docstring = quote(text, " " * (node.col_offset + 4)) if text else []
        if isinstance(node, ast.ClassDef):
            lines[start : end if holds_text else start] = docstring
        elif text:
            if node.col_offset == 0 and any(lines[end : end + 1]):
                docstring.append("")
            # The body is a docstring or an ellipsis, which may stand behind the signature.
            head = lines[start][: first.col_offset].rstrip()
            lines[start:end] = [head, *docstring] if head else docstring
        elif holds_text:
            lines[start - 1 : end] = [lines[start - 1] + " ..."]
    return "\n".join(lines) + "\n"


def documented(tree: ast.Module) -> list[tuple[ast.ClassDef | ast.FunctionDef, Any]]:
    """The classes, methods, properties and functions of the stub, in its order, each with what it describes."""
    found: list[tuple[ast.ClassDef | ast.FunctionDef, Any]] = []
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef):
            continue
        own = getattr(_core, node.name)
        found.append((node, own))
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            found.extend((each, getattr(own, each.name)) for each in methods if not each.name.startswith("__"))
    return found


def quote(text: str, margin: str) -> list[str]:
    """The lines of a docstring; the formatter wants a space beside a quotation mark."""
    width = WIDTH - len(margin)
    # A sentence that goes on in the next line was broken at the width of the Rust sources.
    paragraphs = re.sub(r"(?<![.:\n])\n(?!\n)", " ", text.strip()).replace("\\", "\\\\").splitlines()
    one = f'"""{" " * paragraphs[0].startswith(chr(34))}{paragraphs[0]}{" " * paragraphs[0].endswith(chr(34))}"""'
    if len(paragraphs) == 1 and len(one) <= width:
        return [margin + one]
    opening = '"""' + " " * paragraphs[0].startswith('"')
    wrapped = [piece for each in paragraphs for piece in wrap(each, width - 4, break_on_hyphens=False) or [""]]
    return [indent(line, margin) for line in (opening + wrapped[0], *wrapped[1:], '"""')]


if __name__ == "__main__":
    sys.exit(main())
