"""What JSON-LD in a page says of its article, in the words of schema.org."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from sources.reading.html.values import MAX_NOTICES, clean_one

SCHEMA_NOTICES = ("license", "usageInfo", "copyrightNotice")
_MAX_JSON_DEPTH = 6
_ARTICLE = re.compile(
    r"(?:Article|Posting|WebPage|Report|Book|Chapter|CreativeWork|Recipe|Review|Story|Post)$"
)


def read_schema(scripts: Iterable[bytes]) -> dict[str, list[str]]:
    """Values of what JSON-LD says of an article or page; broken JSON says nothing."""
    values: dict[str, list[str]] = {}
    for content in scripts:
        try:
            parsed = orjson.loads(content)
        except orjson.JSONDecodeError:
            continue
        for node in _walk(parsed, depth=_MAX_JSON_DEPTH):
            for name in ("headline", "datePublished", *SCHEMA_NOTICES):
                values.setdefault(name, []).extend(_strings(node.get(name)))
            values.setdefault("author", []).extend(_names(node.get("author")))
    return {name: list(dict.fromkeys(each)) for name, each in values.items() if each}


def _walk(value: Any, *, depth: int) -> Iterator[dict[str, Any]]:
    """Nodes whose type is a text or page, of lists and graphs."""
    if isinstance(value, list) and depth:
        for each in value[:MAX_NOTICES]:
            yield from _walk(each, depth=depth - 1)
    elif isinstance(value, dict):
        types = value.get("@type")
        names = types if isinstance(types, list) else [types]
        if any(isinstance(name, str) and _ARTICLE.search(name) for name in names):
            yield value
        if depth:
            for name in ("@graph", "mainEntity"):
                yield from _walk(value.get(name), depth=depth - 1)


def _strings(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    found = []
    for each in values[:MAX_NOTICES]:
        if isinstance(each, dict):
            each = each.get("url") or each.get("@id") or each.get("name")
        if isinstance(each, str):
            found += clean_one(each)
    return found


def _names(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    names = [each.get("name") if isinstance(each, dict) else each for each in values[:MAX_NOTICES]]
    return [name for each in names if isinstance(each, str) for name in clean_one(each) if "://" not in name]
