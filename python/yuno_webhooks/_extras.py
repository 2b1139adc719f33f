"""Frameworks are optional; this is what their absence says."""


def missing(framework: str, extra: str, cause: ImportError) -> ImportError:
    """The error for an adapter whose framework cannot be imported."""
    advice = f"pip install 'yuno-webhooks[{extra}]'"
    return ImportError(f"{framework} cannot be imported ({cause}): {advice}", name=cause.name)
