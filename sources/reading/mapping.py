"""From a source's own field values to the roles of a document: types, licences and language tags."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Any

from sources.base import FIELDS, RecordLog, SourceFields, SourceSpec
from sources.reading.extra import ExtraMapper
from sources.reading.keys import join_key
from sources.reading.paths import make_getter

NOASSERTION = "NOASSERTION"
"""SPDX for: the document states something that is not a licence we recognise."""

UNDETERMINED = "und"
"""BCP-47 for: the document declares a language by a name that is no known tag."""


class BadRecord(Exception):
    """A record that cannot become a document: reason is one of governance.reasons, detail for a person."""

    def __init__(self, reason: str, *, detail: str, record_id: str | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.record_id = record_id


def check_fields(fields: Mapping[str, str]) -> None:
    """Raises ValueError when fields names an unknown role or lacks text."""
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise ValueError(f"fields: unknown {unknown}; a source may map {', '.join(FIELDS)}")
    if "text" not in fields:
        raise ValueError("fields: text is not mapped; name the field that holds the text, e.g. text: content")


def refuse_fields(spec: SourceSpec, *, why: str, hint: str = "") -> None:
    """Raises ValueError where fields are mapped though the format decides what they are."""
    mapped = sorted([*spec.mapped, *(["extra"] if spec.extra else [])])
    if mapped:
        raise ValueError(f"fields: {why}, but {', '.join(mapped)} is mapped{hint}")


def missing_column(name: str, *, role: str, columns: Sequence[str]) -> BadRecord:
    """A table that does not have a mapped column once."""
    same = max(columns.count(name), columns.count(name.split(".")[0]))
    problem = (
        f"no column {name!r} for {role}" if same < 2 else f"{same} columns are called {name!r}: rename one"
    )
    return BadRecord("missing_field", detail=f"{problem}; the file has {', '.join(columns)}")


LISTED_DEPTH = 3
"""Of objects whose fields are listed by name."""


def flatten(record: Mapping[str, Any], *, depth: int = LISTED_DEPTH) -> dict[str, Any]:
    """Field → value of a record, fields of inner objects with dots, as `fields` names them."""
    values: dict[str, Any] = {}
    for name, value in record.items():
        values[name] = value
        if type(value) is dict and depth > 1:
            values |= {f"{name}.{inner}": each for inner, each in flatten(value, depth=depth - 1).items()}
    return values


class RecordMapper:
    """Maps one parsed record (nested dicts) to the fields of a document."""

    def __init__(
        self,
        fields: Mapping[str, str],
        *,
        key_fields: Sequence[str] = (),
        tag_fields: Sequence[str] = (),
        extra: Mapping[str, str] | None = None,
        log: RecordLog | None = None,
    ) -> None:
        """key_fields, tag_fields: those that are the id, the language together, where `fields` has none.

        extra: name in the document's `extra` → field; the log counts values of them that are left out.
        """
        check_fields(fields)
        self._text_field = fields["text"]
        self._text = make_getter(fields["text"])
        self._keys = [(name, make_getter(name)) for name in key_fields or _names(fields.get("id"))]
        self._tags = [(name, make_getter(name)) for name in tag_fields]
        self._others = [
            (role, name, make_getter(name), _CONVERT[role])
            for role, name in fields.items()
            if role not in ("text", "id")
        ]
        lose = _ignore if log is None else partial(_lose_extra, log=log)
        self._extra = ExtraMapper(extra, lose=lose) if extra else None

    @classmethod
    def of_source(cls, spec: SourceSpec, *, log: RecordLog) -> "RecordMapper":
        """Maps the records of a source that names fields of its own."""
        return cls(
            spec.fields, key_fields=spec.key_fields, tag_fields=spec.tag_fields, extra=spec.extra, log=log
        )

    def map(self, record: Any) -> SourceFields:
        """Text, id and mapped optional roles; raises BadRecord for a missing text or a wrong type.

        An optional field that is absent, null or an empty string is None.
        """
        if type(record) is not dict:
            raise BadRecord("wrong_type", detail=f"the record is {type_name(record)}, not an object")
        record_id = None
        if self._keys:
            values = [_verbatim(get(record), name) for name, get in self._keys]
            record_id = values[0] if len(values) == 1 else join_key(values)
        try:
            fields = SourceFields(self._check_text(self._text(record)), record_id)
            for role, name, get, convert in self._others:
                setattr(fields, role, convert(get(record), name))
            if self._tags:
                fields.lang = join_tag([_string(get(record), name) for name, get in self._tags])
        except BadRecord as bad:
            bad.record_id = record_id
            raise
        if self._extra is not None:
            fields.extra = self._extra.map(record)
        return fields

    def _check_text(self, text: Any) -> str:
        if type(text) is str:
            return text
        if text is None:
            raise BadRecord("missing_field", detail=f"text field {self._text_field!r} is absent or null")
        raise BadRecord(
            "wrong_type", detail=f"text field {self._text_field!r} is {type_name(text)}, not a string"
        )


def _lose_extra(name: str, *, log: RecordLog) -> None:
    log.lose_values(f"extra.{name}", count=1)


def _ignore(name: str) -> None:
    """Nobody counts."""


def _names(name: str | None) -> list[str]:
    return [] if name is None else [name]


def _verbatim(value: Any, name: str) -> str | None:
    """Strings as they are, integers in decimal."""
    if type(value) is str:
        return value or None
    if value is None:
        return None
    if type(value) is int:
        return str(value)
    raise BadRecord("wrong_type", detail=f"field {name!r} is {type_name(value)}, not a string or an integer")


def _string(value: Any, name: str) -> str | None:
    if type(value) is str:
        return value or None
    if value is None:
        return None
    raise BadRecord("wrong_type", detail=f"field {name!r} is {type_name(value)}, not a string")


def _license(value: Any, name: str) -> str | None:
    text = _string(value, name)
    return None if text is None else spdx_expression(text)


def _lang(value: Any, name: str) -> str | None:
    text = _string(value, name)
    return None if text is None else canonical_tag(text)


_CONVERT: Mapping[str, Callable[[Any, str], str | None]] = {
    "url": _string,
    "title": _string,
    "author": _string,
    "date": _verbatim,
    "retrieved": _verbatim,
    "license": _license,
    "lang": _lang,
}

_JSON_TYPES = {bool: "a boolean", int: "an integer", float: "a number", str: "a string", list: "an array"}


def type_name(value: Any) -> str:
    """What a JSON value is, for people."""
    return "null" if value is None else _JSON_TYPES.get(type(value), "an object")


_MAX_STATEMENT_CHARS = 1000
"""Of a licence or language that a record names; a longer one names none."""
_MAX_REMEMBERED = 1 << 14
"""Licences and languages whose meaning is kept: records may name a million."""

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


_ALIASES = {
    "zhs": "zh-Hans",  # ROOTS
    "zht": "zh-Hant",
}

_MACRO_EXCEPTIONS = {"tw", "twi", "bcl", "bxr", "diq", "mhr", "pnb"}
"""Twi stays Twi: CLDR folds it into Akan (ak), which ROOTS counts apart. The others are languages that
lid.176 names one by one: folded, a right declaration would disagree with the model."""


def join_tag(parts: Sequence[str | None]) -> str | None:
    """The tag of a language and its script or region, which stand in fields of their own; None: none says it.

    Hani, which says nothing beside Chinese, is Hans there, as in FineWeb-2.
    """
    given = [part for part in parts if part]
    if given and canonical_tag(given[0]) == "zh":
        given = ["Hans" if part == "Hani" else part for part in given]
    return canonical_tag("-".join(given)) if given else None


def _likely_script(subtags: Mapping[str, Any]) -> str | None:
    # not `get` or `make`: langcodes fills what it keeps bit by bit, and workers may have threads
    from langcodes import Language

    return Language(**subtags).maximize().script


@lru_cache(maxsize=_MAX_REMEMBERED)
def canonical_tag(tag: str) -> str:
    """The BCP-47 tag that a declared language means, or `und` when it is no known tag.

    ISO 639-3 codes become ISO 639-1 where one exists, macrolanguages stand for their dominant member
    (arb → ar, swh → sw), a script goes when it is the likely one (eng_Latn → en). Chinese keeps its
    script, which a region implies (zh-TW → zh-Hant); zh alone stays zh.
    """
    # Imported here: most workers read sources that map no language.
    from langcodes import Language, standardize_tag, tag_is_valid
    from langcodes.tag_parser import LanguageTagError

    if len(tag) > _MAX_STATEMENT_CHARS:
        return UNDETERMINED
    plain = tag.strip().replace("_", "-").lower()
    if plain in _ALIASES:
        return _ALIASES[plain]
    try:
        if not tag_is_valid(plain):
            return UNDETERMINED
        macro = plain.split("-")[0] not in _MACRO_EXCEPTIONS
        language = Language.get(standardize_tag(plain, macro=macro))
    except LanguageTagError:
        return UNDETERMINED
    if language.language == "zh" and (language.script or language.territory):
        return f"zh-{language.script or _likely_script(language.to_dict())}"
    if language.script and _likely_script({"language": language.language}) == language.script:
        language = Language.make(**{**language.to_dict(), "script": None})
    return str(language.to_tag())
