"""What a document's own licence statement means: an SPDX expression, or nothing that is guessed."""

import re
from functools import cache, lru_cache
from typing import Any

NOASSERTION = "NOASSERTION"
"""SPDX for: the document states something that is not a licence we recognise."""

_MAX_STATEMENT_CHARS = 1000
"""Of a statement; a longer one names no licence."""
_MAX_REMEMBERED = 1 << 14
"""Statements whose meaning is kept: records may hold a million."""

_LICENSE_NAMES = {
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "cc0": "CC0-1.0",
    "mit license": "MIT",
    "the mit license": "MIT",
    "odc-by": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
}
"""Names in wide use that leave no doubt. A name without its version, as CC BY, is not among them."""

_CC_URL = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/licenses/"
    r"(?P<terms>by(?:-nc)?(?:-nd|-sa)?)/(?P<version>[1-4]\.\d)(?P<port>/[a-z]{2,3})?/?(?:deed\.[a-z_-]+|legalcode(?:\.[a-z_-]+)?)?/?"
)
_CC_PUBLIC_URL = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/publicdomain/(?P<kind>zero|mark)/1\.0/?(?:deed\.[a-z_-]+|legalcode)?/?"
)
_CC_NAME = re.compile(r"cc[ -](?P<terms>by(?:[ -]nc)?(?:[ -](?:nd|sa))?)[ -]v?(?P<version>[1-4]\.\d)")


@lru_cache(maxsize=_MAX_REMEMBERED)
def spdx_expression(text: str) -> str:
    """The SPDX expression that a document's licence statement names, else NOASSERTION.

    Understood: SPDX expressions in any case, Creative Commons names with a version and their URLs,
    and a few names that leave no doubt. Everything else is not guessed.
    """
    if len(text) > _MAX_STATEMENT_CHARS:
        return NOASSERTION
    lowered = " ".join(text.lower().split())
    if match := _CC_URL.fullmatch(lowered):
        port = (match["port"] or "").replace("/", "-")
        lowered = f"cc-{match['terms']}-{match['version']}{port}"
    elif match := _CC_NAME.fullmatch(lowered):
        lowered = f"cc-{match['terms'].replace(' ', '-')}-{match['version']}"
    elif match := _CC_PUBLIC_URL.fullmatch(lowered):
        lowered = "cc0-1.0" if match["kind"] == "zero" else "cc-pdm-1.0"
    return _parse_spdx(_LICENSE_NAMES.get(lowered, lowered))


@cache
def _load_licensing() -> Any:
    """The parser of SPDX expressions: 0.1 s to build from 2,447 symbols, so it is built once.

    Its first parse builds its tables, which a thread must not see half done.
    """
    from license_expression import get_spdx_licensing  # type: ignore[import-untyped]

    licensing = get_spdx_licensing()
    licensing.parse("mit")
    return licensing


_PARSER_FAULTS = (IndexError, AssertionError)
"""What the library makes of brackets and operators without licences, as `()` and `( or mit`."""


def _parse_spdx(text: str) -> str:
    # Imported here: workers whose sources map no licence never need it.
    from license_expression import ExpressionError, ParseError

    try:
        parsed = _load_licensing().parse(text, validate=True, strict=True)
    except (ExpressionError, ParseError, *_PARSER_FAULTS):
        return NOASSERTION
    return NOASSERTION if parsed is None else str(parsed)
