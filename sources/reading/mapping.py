"""From a source's own field values to the roles of a document."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sources.base import FIELDS, RecordLog, SourceFields, SourceSpec
from sources.reading.extra import ExtraMapper
from sources.reading.keys import join_key
from sources.reading.language_tags import canonical_tag, join_tag
from sources.reading.license_statements import spdx_expression
from sources.reading.paths import make_getter


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
