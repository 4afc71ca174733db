"""By whose limits a language was judged, in words: the corpus file's own ones, and named profiles."""

from collections.abc import Mapping
from typing import Any

from governance.manifest import Manifest
from governance.pages.markdown import code

ALL = "all"
"""Scope of `decide.thresholds` that is every language."""


def render_profiles(manifest: Manifest, lang: str | None = None) -> str:
    """Sentences on the profiles and own limits of a release, or of one language of it; empty: none are used.

    A source counts where it gave or lost documents of the language.
    """
    decide = _mapping(manifest.config.get("decide"))
    sentences = []
    if decide.get("quality") is False:
        sentences.append("The corpus file switches the rules of the language files off.")
    if profile := decide.get("profile"):
        sentences.append(
            f"The corpus file takes the profile {code(str(profile))} in place of the limits of the language "
            "files; a language that it has no limits for is judged by none."
        )
    sentences += [
        f"Documents of the source {code(uid)} are judged by the profile {code(profile)}: its limits hold "
        "where they are laxer than those of the language."
        for uid, profile in _source_profiles(manifest, lang)
    ]
    scopes = _mapping(decide.get("thresholds"))
    for scope, limits in sorted(scopes.items()):
        if lang is None or scope in (ALL, lang):
            where = "every language" if scope == ALL else code(scope)
            signals = ", ".join(code(signal) for signal in sorted(_mapping(limits)))
            sentences.append(f"The corpus file sets its own limits for {where} on {signals}.")
    return " ".join(sentences)


def _source_profiles(manifest: Manifest, lang: str | None) -> list[tuple[str, str]]:
    """(Uid, genre) of the sources that name one."""
    where = {} if lang is None else {"lang": lang}
    read = manifest.to_ledger().by("source", "documents", "decisions", "read", **where)
    sources = manifest.config.get("sources")
    rows = [_mapping(source) for source in sources] if isinstance(sources, list) else []
    named = {str(row["card"]): str(row["profile"]) for row in rows if row.get("profile")}
    return sorted((uid, genre) for uid, genre in named.items() if lang is None or read.get(uid))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
