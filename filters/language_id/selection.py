"""Which lines a model is trained on, how often, in which order, and in which other spellings."""

import random
from collections.abc import Iterator, Sequence

import pyarrow as pa

from filters.language_id.noise import make_noise
from filters.language_id.recipe import NOISE, Lines, Recipe, Selection
from filters.language_id.segments import plain_letters
from filters.language_id.spellings import with_phrase, without_marks

_PHRASES = "en"


def select_lines(lines: Lines, *, recipe: Recipe) -> list[tuple[str, str]]:
    """The (class, line) pairs to train on, in a fixed random order; thin classes are repeated."""
    chosen = spell_lines(lines, names=sorted(lines), recipe=recipe)
    rng = random.Random(recipe.selection.seed)
    chosen += [(NOISE, line) for line in _noise(lines, selection=recipe.selection, rng=rng)]
    rng.shuffle(chosen)
    return chosen


def select_families(lines: Lines, *, recipe: Recipe) -> dict[str, list[tuple[str, str]]]:
    """Names of those of each family that have lines → their (class, line) pairs, in a fixed random order."""
    chosen = {}
    for family in recipe.families.members:
        names = [name for name in family if name in lines]
        if len(names) > 1:
            pairs = spell_lines(lines, names=names, recipe=recipe)
            random.Random(recipe.selection.seed).shuffle(pairs)
            chosen[" ".join(names)] = pairs
    return chosen


def spell_lines(lines: Lines, *, names: Sequence[str], recipe: Recipe) -> list[tuple[str, str]]:
    """The (class, line) pairs of these classes, class by class, some of them in other spellings."""
    selection = recipe.selection
    chosen: list[tuple[str, str]] = []
    english = [text for source in sorted(lines.get(_PHRASES, ())) for text in sorted(lines[_PHRASES][source])]
    for name in names:
        rng = random.Random(f"{selection.seed} {name}")
        for text in _choose(lines, name=name, recipe=recipe, rng=rng):
            spelled = text
            if rng.random() < selection.fragment_share:
                spelled = _fragment(text, rng=rng)
            if english and name != _PHRASES and rng.random() < selection.phrase_share:
                spelled = with_phrase(spelled, phrases=english, rng=rng)
            if rng.random() < selection.unmarked_share:
                spelled = without_marks(spelled)
            chosen.append((name, spelled))
    return chosen


def _choose(lines: Lines, *, name: str, recipe: Recipe, rng: random.Random) -> list[str]:
    """The lines of a class under its caps, repeated as often as it is trained on them."""
    selection = recipe.selection
    pool: list[str] = []
    for source in sorted(lines[name]):
        some = sorted(lines[name][source])
        rng.shuffle(some)
        cap = selection.source_caps.get(f"{name}/{source}", selection.max_lines_per_source)
        pool += some[:cap] * _repeats(name, source=source, selection=selection)
    rng.shuffle(pool)
    weighty = name in recipe.weighty
    pool = pool[: selection.max_lines_per_target if weighty else selection.max_lines_per_other]
    least = selection.min_lines_per_target if weighty else selection.min_lines_per_other
    repeats = min(selection.max_repeats, max(1, -(-least // len(pool))))
    return pool * (1 if name in selection.never_repeated else repeats)


def _repeats(name: str, *, source: str, selection: Selection) -> int:
    if name in selection.never_repeated:
        return 1
    repeats = selection.source_repeats
    return repeats.get(f"{name}/{source}", repeats.get(source, 1))


def _noise(lines: Lines, *, selection: Selection, rng: random.Random) -> Iterator[str]:
    real = [
        text for name in sorted(lines) for source in sorted(lines[name]) for text in lines[name][source][:20]
    ]
    made = make_noise(real, count=selection.noise_lines, seed=rng.randrange(1 << 30))
    cleaned = plain_letters(pa.array(made, pa.large_string())).to_pylist()
    return (line for line in cleaned if line)


def _fragment(text: str, *, rng: random.Random) -> str:
    """Some words in a row; of a text without spaces, some characters."""
    words = text.split(" ")
    if len(words) > 6:
        size = rng.randint(1, len(words) // 2)
        start = rng.randint(0, len(words) - size)
        return " ".join(words[start : start + size])
    if len(words) < 3 and len(text) > 30:
        size = rng.randint(8, len(text) // 2)
        start = rng.randint(0, len(text) - size)
        return text[start : start + size].strip() or text
    return text
