"""A kind that is not in the catalogue is told together with the nearest one."""

from ._core import catalog


def check_kind(kind: str, *, or_unknown: bool) -> None:
    """Raises ValueError, with the nearest kind, for one that is not in the catalogue."""
    rows = catalog()
    if any(row.kind == kind for row in rows) or (or_unknown and kind == "unknown"):
        return
    from difflib import get_close_matches

    spellings = {spelling: row.kind for row in rows for spelling in (row.kind, *row.spellings)}
    nearest = get_close_matches(str(kind), spellings, n=1, cutoff=0)
    hint = f"did you mean {spellings[nearest[0]]!r}?" if nearest else "catalog() lists them"
    raise ValueError(f"{kind!r} is no kind of event; {hint}")
