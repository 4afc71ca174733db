"""The family of a language."""

from functools import cache
from pathlib import Path

from governance import front_matter

OTHER = "Other families"


@cache
def _families() -> dict[str, str]:
    raw = front_matter.load(Path(__file__).with_name("families.yaml").read_text("utf-8"))
    return {tag: family for family, tags in raw.items() for tag in tags}


def family_of(tag: str) -> str:
    """Glottolog's family of a BCP-47 tag; OTHER for what is not in the table."""
    return _families().get(tag.split("-")[0], OTHER)
