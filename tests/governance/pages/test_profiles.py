"""Which profiles and own limits a release used, in words on its README and language cards."""

from collections.abc import Callable
from typing import Any

import pytest

from governance.manifest import Manifest
from governance.pages import language_card, release_card
from governance.pages.profiles import render_profiles

Write = Callable[..., Any]
TEXTS = {("yo", "wiki_a"): ["àwọn ìròyìn", "ilẹ̀ wa"], ("no", "wiki_b"): ["Hei på deg"]}
SOURCES = [{"card": "wiki_a", "profile": "verse"}, {"card": "wiki_b", "profile": None}]
VERSE = (
    "Documents of the source `wiki_a` are judged by the profile `verse`: its limits hold where they are "
    "laxer than those of the language."
)
ROOTS = (
    "The corpus file takes the profile `roots-as-run` in place of the limits of the language files; a "
    "language that it has no limits for is judged by none."
)
OFF = "The corpus file switches the rules of the language files off."


@pytest.mark.parametrize(
    ("decide", "sources", "whole", "yo", "no"),
    [
        ({}, [], "", "", ""),
        ({"profile": None, "thresholds": {}, "quality": True}, SOURCES[1:], "", "", ""),
        ({}, SOURCES, VERSE, VERSE, ""),
        ({"profile": "roots-as-run"}, [], ROOTS, ROOTS, ROOTS),
        ({"quality": False}, [], OFF, OFF, OFF),
        (
            {"thresholds": {"all": {"words": {"min": 3}}, "yo": {"lines": {"min": 2}, "chars": {"min": 9}}}},
            [],
            "The corpus file sets its own limits for every language on `words`. "
            "The corpus file sets its own limits for `yo` on `chars`, `lines`.",
            "The corpus file sets its own limits for every language on `words`. "
            "The corpus file sets its own limits for `yo` on `chars`, `lines`.",
            "The corpus file sets its own limits for every language on `words`.",
        ),
    ],
)
def test_profiles_and_own_limits_are_said_where_they_are_used(
    release: Write, decide: Any, sources: Any, whole: str, yo: str, no: str
) -> None:
    made = release(TEXTS, targets=["yo", "no", "fon"])
    manifest: Manifest = made.manifest.model_copy(
        update={"config": {**made.manifest.config, "decide": decide, "sources": sources}}
    )
    assert [render_profiles(manifest, lang) for lang in (None, "yo", "no")] == [whole, yo, no]
    assert whole in release_card.render_readme(manifest, made.cards)
    card = language_card.render_language_card(manifest, "yo", made.cards)
    assert yo in card.split("## Limits")[1].split("##")[0]
