"""The bounds of answers: those of the file beside this module, and what a reader's own file changes."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from governance import front_matter
from governance.audit.answer import Limits

_BOUNDS = ("max_pass", "max_warn", "min_pass", "min_warn")


@cache
def default_limits() -> dict[str, Limits]:
    """Question → its bounds."""
    raw = front_matter.load(Path(__file__).with_name("thresholds.yaml").read_text("utf-8"))
    return {
        name: Limits(**{bound: float(value) for bound, value in each.items()}) for name, each in raw.items()
    }


def override(text: str) -> dict[str, Limits]:
    """The default bounds, with those of a YAML text in their place: all of a question's are replaced.

    Raises ValueError listing everything that is wrong, one problem a line.
    """
    limits = dict(default_limits())
    problems: list[str] = []
    try:
        raw: Any = front_matter.load(text)
    except ValueError as error:
        raise ValueError(str(error)) from error
    for name, bounds in raw.items():
        if name not in limits:
            problems.append(f"$.{name}: no question; they are A1 to I3")
        elif not isinstance(bounds, Mapping):
            problems.append(f"$.{name}: must be a mapping of {', '.join(_BOUNDS)}, {{}} for none")
        else:
            before = len(problems)
            problems += _wrong_bounds(name, bounds)
            if len(problems) == before:
                limits[name] = Limits(**{bound: float(value) for bound, value in bounds.items()})
    if problems:
        raise ValueError("\n".join(problems))
    return limits


def _wrong_bounds(name: str, bounds: Mapping[str, Any]) -> list[str]:
    problems = []
    for bound, value in bounds.items():
        if bound not in _BOUNDS:
            problems.append(f"$.{name}.{bound}: unknown; write one of {', '.join(_BOUNDS)}")
            continue
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if number != number or number in (float("inf"), float("-inf")):
            problems.append(f"$.{name}.{bound}: {value!r} is no number")
    for side in ("max", "min"):
        if f"{side}_warn" in bounds and f"{side}_pass" not in bounds:
            problems.append(f"$.{name}.{side}_warn: without {side}_pass nothing could pass; write both")
    if not problems and "max_warn" in bounds and float(bounds["max_warn"]) < float(bounds["max_pass"]):
        problems.append(f"$.{name}.max_warn: below max_pass; what passes cannot fail")
    if not problems and "min_warn" in bounds and float(bounds["min_warn"]) > float(bounds["min_pass"]):
        problems.append(f"$.{name}.min_warn: above min_pass; what passes cannot fail")
    return problems
