"""Personal data in what stands beside a text: title, author, URL, key and further fields of a document."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from filters.personal_data.find import find_spans
from filters.personal_data.kinds import KINDS
from filters.personal_data.mask import mask_texts

_KEY_KINDS = frozenset({"private_key", "url_credentials", "api_key", "email"})
FIELD_KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "title": frozenset(KINDS),
        "author": frozenset(KINDS) - {"user_name"},
        "url": frozenset(KINDS) - {"user_name"},
        "record_id": _KEY_KINDS,
        "extra": frozenset(KINDS),
    }
)
"""Column → kinds that may be masked in it.

Whom to name and where a text stood are attribution, also as a handle or the address of a profile. A key is
often a number, which nothing tells from that of a telephone.
"""
_MAX_PASSES = 16
_WITH_USER_INFO = r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\s]*@"
_USER_INFO = {"url": r"\1", "record_id": rf"\1{KINDS['url_credentials'].placeholder}@"}
"""Column of addresses → what stands for their user and password: a URL still leads to its page, a key says
that a value was in it."""


class MaskedFields(NamedTuple):
    """Columns beside the text in which something is masked."""

    columns: dict[str, pa.Array]
    rows: dict[str, np.ndarray]
    """Column → bool [n]: where."""

    @property
    def counts(self) -> dict[str, int]:
        """Column → rows."""
        return {name: int(rows.sum()) for name, rows in self.rows.items()}


def mask_fields(
    columns: Mapping[str, pa.Array], *, languages: Sequence[str | None], kinds: Collection[str]
) -> MaskedFields:
    """Mask what stands beside the texts of n rows; languages: of each row.

    Spans become placeholders, in every string and number of `extra`; user and password are cut from a URL.
    """
    masked: dict[str, pa.Array] = {}
    rows: dict[str, np.ndarray] = {}
    for name, allowed in FIELD_KINDS.items():
        wanted = allowed.intersection(kinds)
        if name not in columns or not wanted or columns[name].null_count == len(columns[name]):
            continue
        before = columns[name]
        if name == "extra":
            after = _mask_extra(before, languages=languages, kinds=wanted)
        else:
            after = _mask_strings(before, languages=languages, kinds=wanted, user_info=_USER_INFO.get(name))
        changed = pc.fill_null(pc.not_equal(before, after), False).to_numpy(zero_copy_only=False)
        if changed.any():
            masked[name], rows[name] = after, changed
    return MaskedFields(masked, rows)


def hide_fields(row: Mapping[str, Any], *, lang: str | None) -> dict[str, Any]:
    """A document's columns as they are shown: every kind that is found beside its text is hidden."""
    columns = {name: pa.array([row[name]], pa.string()) for name in FIELD_KINDS if name in row}
    masked = mask_fields(columns, languages=[lang], kinds=KINDS).columns
    return {**row, **{name: values[0].as_py() for name, values in masked.items()}}


def has_placeholder(text: str) -> bool:
    """Whether a value of a column may be one in which something is masked."""
    return any(kind.placeholder in text for kind in KINDS.values())


def _mask_strings(
    values: pa.Array, *, languages: Sequence[str | None], kinds: Collection[str], user_info: str | None
) -> pa.Array:
    if user_info and "url_credentials" in kinds:
        values = pc.replace_substring_regex(values, pattern=_WITH_USER_INFO, replacement=user_info)
    texts = pc.fill_null(values, "").cast(pa.large_string())
    if user_info and "email" in kinds:
        texts = pc.replace_substring(texts, pattern="%40", replacement="@")
    shown, is_masked = _mask_all(texts, languages=languages, kinds=kinds)
    return pc.if_else(pa.array(is_masked), shown.cast(values.type), values)


def _mask_all(
    texts: pa.LargeStringArray, *, languages: Sequence[str | None], kinds: Collection[str]
) -> tuple[pa.LargeStringArray, np.ndarray]:
    """Texts in which nothing is left to mask, and where anything was.

    Of values without a gap between them the second shows only when a placeholder stands for the first.
    """
    is_masked = np.zeros(len(texts), bool)
    for _ in range(_MAX_PASSES):
        masked = mask_texts(texts, spans=find_spans(texts, languages=languages, kinds=kinds), kinds=kinds)
        if not masked.is_masked.any():
            break
        texts, is_masked = masked.texts, is_masked | masked.is_masked
    return texts, is_masked


def _mask_extra(values: pa.Array, *, languages: Sequence[str | None], kinds: Collection[str]) -> pa.Array:
    """JSON objects with every string and number masked in which something is."""
    objects = [None if value is None else orjson.loads(value) for value in values.to_pylist()]
    leaves = [(row, leaf) for row, each in enumerate(objects) for leaf in _leaves(each)]
    if not leaves:
        return values
    texts = pa.array([str(leaf) for _, leaf in leaves], pa.large_string())
    shown, is_masked = _mask_all(texts, languages=[languages[row] for row, _ in leaves], kinds=kinds)
    if not is_masked.any():
        return values
    changes: dict[int, dict[str, str]] = {}
    for place in is_masked.nonzero()[0].tolist():
        row, leaf = leaves[place]
        changes.setdefault(row, {})[str(leaf)] = shown[place].as_py()
    encoded = [
        orjson.dumps(_replace(objects[row], texts=changes[row]), option=orjson.OPT_SORT_KEYS).decode()
        if row in changes
        else value
        for row, value in enumerate(values.to_pylist())
    ]
    return pa.array(encoded, values.type)


def _leaves(value: Any) -> Iterator[str | int | float]:
    """Strings and numbers of a value of JSON, at any depth."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _leaves(each)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield value


def _replace(value: Any, *, texts: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _replace(each, texts=texts) for name, each in value.items()}
    if isinstance(value, list):
        return [_replace(each, texts=texts) for each in value]
    return value if isinstance(value, bool) or value is None else texts.get(str(value), value)
