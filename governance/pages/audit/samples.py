"""Three documents of each language as they were released, each with all that is known of where it is from."""

import json
from collections.abc import Mapping, Sequence
from html import escape as escape_html
from typing import Any

from governance.visible import visible

_RIGHT_TO_LEFT = frozenset(["Adlm", "Arab", "Aran", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"])
"""ISO 15924 scripts that run from right to left."""


def render_samples(
    samples: Mapping[str, Sequence[Mapping[str, Any]]], *, languages: Mapping[str, Any]
) -> str:
    """A section for each language that has documents; a sentence where none were read."""
    if not any(samples.values()):
        return "<p>No document was read.</p>"
    lead = (
        "<p>They are those whose ids have the smallest SHA-256, so that nobody chose them and everybody "
        "finds the same ones. "
        "The text stands as it was released, cut to its first characters.</p>"
    )
    return lead + "".join(
        _language(lang, documents, name=str(languages.get(lang, {}).get("name", lang)))
        for lang, documents in samples.items()
        if documents
    )


def _language(lang: str, documents: Sequence[Mapping[str, Any]], *, name: str) -> str:
    inner = "".join(_document(document, lang=lang) for document in documents)
    slug = _escape(lang)
    return (
        f'<section class="samples" aria-labelledby="documents-{slug}">'
        f'<h3 id="documents-{slug}">{_escape(name)} '
        f"<code>{slug}</code></h3>{inner}</section>"
    )


def _document(document: Mapping[str, Any], *, lang: str) -> str:
    fields = document["fields"]
    direction = "rtl" if fields.get("script") in _RIGHT_TO_LEFT else "ltr"
    rows = [(name, fields[name]) for name in sorted(fields)]
    rows += [("file", document["path"]), ("row", document["row"]), ("SHA-256 of doc_id", document["seed"])]
    cells = "".join(
        f'<tr><th scope="row">{_escape(name)}</th><td>{_value(value)}</td></tr>' for name, value in rows
    )
    cut = "" if document["text_chars"] <= len(document["text"]) else " …"
    who = f"{fields.get('source', '')}, {document['text_chars']:,} characters"
    return (
        f'<div class="document"><blockquote lang="{_escape(lang)}" dir="{direction}">'
        f'{_escape(document["text"])}{cut}</blockquote><details class="provenance">'
        f"<summary>{_escape(who)}: where it is from, and what was done to it"
        f"</summary><table><caption>Document {_escape(fields.get('doc_id', ''))}</caption><thead><tr>"
        f'<th scope="col">Field</th><th scope="col">Value</th></tr></thead>'
        f"<tbody>{cells}</tbody></table></details></div>"
    )


def _value(value: Any) -> str:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return _escape(value)
    return _escape(json.dumps(value, ensure_ascii=False))


def _escape(value: object) -> str:
    return escape_html(visible(str(value)))
