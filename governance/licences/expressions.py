"""SPDX licence expressions: what is one, in its canonical spelling, and the fix where it is none."""

import re
from functools import cache
from typing import Any

from governance.licences.exceptions import find_misfits
from governance.licences.hub_ids import FAMILIES, NOASSERTION, spell

NONE = "NONE"
"""SPDX for "there is no licence"."""

MAX_LENGTH = 1_000
"""Characters of an expression; the parser recurses into parentheses."""

_LICENSE_REF = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")
_WORD = re.compile(r"[^\s()]+")


def parse_license(expression: str) -> str:
    """The expression in canonical spelling; raises ValueError with the fix.

    NOASSERTION, NONE and custom `LicenseRef-…` ids are allowed.
    """
    stripped = expression.strip()
    if stripped in (NOASSERTION, NONE):
        return stripped
    if not stripped:
        raise ValueError(f"empty licence; write {NOASSERTION} when it is not known")
    if len(stripped) > MAX_LENGTH:
        raise ValueError(f"a licence expression of {len(stripped)} characters; at most {MAX_LENGTH}")
    for word in (" ".join(stripped.split()), *_WORD.findall(stripped)):
        if word.lower() in FAMILIES:
            raise ValueError(f"{word!r} names a family, not a licence; write {FAMILIES[word.lower()]}")
    parsed = parse_tree(stripped)
    _check_symbols(parsed)
    canonical = str(parsed)
    misfits = find_misfits(canonical)
    if misfits:
        raise ValueError("; ".join(misfits))
    return canonical


def license_refs(expression: str) -> list[str]:
    """The `LicenseRef-…` ids of an expression, in order, each once: those whose text nobody can look up."""
    return [*dict.fromkeys(_LICENSE_REF.findall(expression))]


def parse_tree(expression: str) -> Any:
    """The expression as license_expression's tree; raises ValueError where it is none."""
    from license_expression import ExpressionError, ParseError  # type: ignore[import-untyped]

    try:
        parsed = make_parser(expression).parse(expression)
    # AttributeError of `A OR` in versions before 30.4.4, the next two of `()`
    except (ExpressionError, ParseError, AttributeError, IndexError, AssertionError, RecursionError) as error:
        raise ValueError(f"{expression!r} is not an SPDX licence expression: {error}") from error
    if parsed is None:
        raise ValueError(f"{expression!r} is not an SPDX licence expression")
    return parsed


def make_parser(expression: str) -> Any:
    """SPDX ids of the library's own list, and the references of an expression."""
    return _make_parser(tuple(sorted(license_refs(expression))))


@cache
def _make_parser(refs: tuple[str, ...]) -> Any:
    """2,447 symbols: built when first used."""
    import license_expression

    base = license_expression.get_spdx_licensing()
    if not refs:
        return base
    symbols = {symbol.key: symbol for symbol in base.known_symbols.values()}
    extra = [license_expression.LicenseSymbol(ref) for ref in refs if ref not in symbols]
    return license_expression.Licensing([*symbols.values(), *extra])


def _check_symbols(parsed: Any) -> None:
    """Raise ValueError for unknown ids, and for exceptions and licences in each other's place."""
    parser = make_parser(str(parsed))
    unknown = sorted(str(symbol) for symbol in parser.unknown_license_symbols(parsed))
    if unknown:
        hints = [
            f"{name!r} (write {written})" if (written := spell(name)) else repr(name) for name in unknown
        ]
        raise ValueError(
            f"not an SPDX licence id: {', '.join(hints)}; other licences are `LicenseRef-<name>`, "
            f"an unknown one is {NOASSERTION}, alone"
        )
    for symbol in parser.license_symbols(parsed, decompose=False):
        exception = getattr(symbol, "exception_symbol", None)
        if exception is not None and not (exception.is_exception or exception.key.startswith("LicenseRef-")):
            raise ValueError(f"{exception.key} is a licence, and no exception that may stand behind WITH")
        license = symbol if exception is None else symbol.license_symbol
        if license.is_exception:
            raise ValueError(
                f"{license.key} is an exception, not a licence; write it behind one: … WITH {license.key}"
            )
