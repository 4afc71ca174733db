"""Several signals together: the most restrictive, whatever their order and however often they are said."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from governance.reservations.signals import (
    MAX_RAW_CHARS,
    PROTOCOLS,
    Effect,
    Signal,
    combine,
    restrict,
    shorten,
    supersede,
)

EFFECTS = st.sampled_from(["allow", "disallow", "unknown"])
SIGNALS = st.builds(
    Signal,
    protocol=st.sampled_from(PROTOCOLS),
    place=st.sampled_from(["robots.txt", "header", "meta", "well_known", "text"]),
    location=st.sampled_from(["a", "b"]),
    line=st.none() | st.integers(1, 3),
    raw=st.sampled_from(["x", "y"]),
    effect=EFFECTS,
    superseded=st.booleans(),
)


@given(EFFECTS, EFFECTS, EFFECTS)
def test_restricting_is_commutative_associative_and_idempotent(a: Effect, b: Effect, c: Effect) -> None:
    assert restrict([a, b]) == restrict([b, a])
    assert restrict([restrict([a, b]), c]) == restrict([a, restrict([b, c])]) == restrict([a, b, c])
    assert restrict([a, a]) == restrict([a, "unknown"]) == a


def test_a_disallow_wins_then_an_allow_then_nothing_is_known() -> None:
    assert restrict(["allow", "disallow", "unknown"]) == "disallow"
    assert restrict(["unknown", "allow"]) == "allow"
    assert restrict(["unknown"]) == restrict([]) == "unknown"


@given(st.lists(SIGNALS, max_size=6).flatmap(lambda many: st.tuples(st.just(many), st.permutations(many))))
def test_the_verdict_does_not_depend_on_who_was_asked_first(pair: tuple[list[Signal], list[Signal]]) -> None:
    one, other = (combine(each) for each in pair)
    assert one == other == combine([*pair[0], *pair[1]])
    heard = [each for each in pair[0] if not each.superseded]
    assert one.effect == restrict(each.effect for each in heard)
    assert one.signal is None if not heard else one.signal in heard


@given(st.lists(SIGNALS.map(lambda each: each.model_copy(update={"superseded": False})), max_size=5))
def test_of_one_protocol_the_last_that_says_something_holds(said: list[Signal]) -> None:
    kept = supersede(said)
    spoken = [each.effect for each in said if each.effect != "unknown"]
    assert combine(kept).effect == (spoken[-1] if spoken else "unknown")
    assert [each.model_copy(update={"superseded": False}) for each in kept] == said
    assert all(a.superseded >= b.superseded for a, b in pairwise(kept))


def test_a_long_value_is_kept_in_part() -> None:
    assert shorten("a" * MAX_RAW_CHARS) == "a" * MAX_RAW_CHARS
    assert shorten("a" * (MAX_RAW_CHARS + 1)) == "a" * (MAX_RAW_CHARS - 1) + "…"
    assert shorten("\udcff") == "?"
