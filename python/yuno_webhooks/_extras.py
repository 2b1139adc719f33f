"""Frameworks are optional; this is what their absence says."""


def missing(framework: str, packages: str, cause: ImportError) -> ImportError:
    """The error for an adapter whose framework cannot be imported, with what pip is to install."""
    return ImportError(f"{framework} cannot be imported ({cause}): pip install {packages}", name=cause.name)
