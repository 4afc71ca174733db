"""README.md as people meet it: what stands first, the box, its size; CITATION.cff and the language cards."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import pytest
import yaml

from filters import languages
from filters.language_id import quality
from governance.about import About
from governance.amounts import Amount
from governance.language_quality import LanguageQuality
from governance.manifest import Manifest
from governance.pages import citation, language_card, release_card
from governance.pages.hub_yaml import check_readme
from governance.pages.notice import render_notice

Write = Callable[..., Any]
TEXTS = {("yo", "wiki_a"): ["àwọn ìròyìn", "ilẹ̀ wa"], ("no", "wiki_b"): ["Hei på deg"]}
ABOUT = {
    "title": "Corpus of tests",
    "summary": "Three sentences.",
    "uses": ["tests", "more tests"],
    "not_for": ["training"],
    "authors": [{"family_names": "Doe", "given_names": "Jane"}, {"name": "The Testers, Ltd."}],
    "contact": "corpus@example.org",
    "removal_contact": "https://example.org/removal",
    "url": "https://example.org/corpus",
    "planted": "All of it.",
}


def say(manifest: Manifest, *, about: Mapping[str, Any] = ABOUT, **changes: Any) -> Manifest:
    """The manifest of a corpus file whose people say this."""
    config = {**manifest.config, "publish": {"about": about}}
    return manifest.model_copy(update={"config": config, **changes})


def first_lines(text: str) -> list[str]:
    return text.split("\n---\n", 1)[1].strip().split("\n\n")[:2]


def test_ten_lines_come_first(release: Write) -> None:
    made = release(TEXTS, targets=["yo", "no", "fon"])
    manifest = say(made.manifest, released="2026-11-29")
    heading, lines = first_lines(release_card.render_readme(manifest, made.cards))
    cited = (
        "Doe, Jane; The Testers, Ltd. (2026). *Corpus of tests*, version 1.0.0, <https://example.org/corpus>"
    )
    assert heading == "# Corpus of tests 1.0.0"
    assert lines.split("\n") == [
        "- **What:** Three sentences. 3 documents, 38 bytes of UTF-8 text, in 2 of 3 target languages, "
        "from 2 sources.",
        "- **For:** tests; more tests",
        "- **Not for:** training",
        "- **Version:** 1.0.0, released 2026-11-29",
        "- **Made by:** Doe, Jane; The Testers, Ltd., with rhizotron 0.1.0",
        "- **Contact:** corpus@example.org",
        "- **Removal:** write to <https://example.org/removal>, with `doc_id`, `url` or the words themselves",
        "- **Licence:** of each document in its column `license`; [LICENSES.md](LICENSES.md) has evidence "
        "and whom to name",
        '- **How to load:** `datasets.load_dataset("PATH", "no", split="train")`',
        f"- **How to cite:** {cited} ([CITATION.cff](CITATION.cff), and the sources)",
    ]


def test_what_nobody_says_is_said_to_be_missing(release: Write) -> None:
    made = release(TEXTS, targets=["yo", "no"])
    _, lines = first_lines(release_card.render_readme(made.manifest, made.cards))
    for line in (
        "- **For:** its makers do not say",
        "- **Version:** 1.0.0, of no date that is given",
        "- **Made by:** nobody is named, with rhizotron 0.1.0",
        "- **Contact:** nobody is named",
        "- **Removal:** nobody is named; the sources' own addresses stand on their cards in `cards/sources/`",
    ):
        assert line in lines.split("\n")
    assert list(About().missing()) == ["summary", "uses", "not_for", "authors", "contact", "url"]
    assert list(About.model_validate(ABOUT).missing()) == []


def test_the_box_says_what_obliges_and_what_is_unclear(release: Write) -> None:
    made = release(TEXTS, targets=["yo", "no"])
    cards = dict(made.cards)
    cards["wiki_a"] = cards["wiki_a"].model_copy(
        update={"benchmark": "contains", "benchmark_names": ["FLORES"], "type": "unknown"}
    )
    sources = dict(made.manifest.sources)
    sources["wiki_b"] = sources["wiki_b"].model_copy(
        update={"licenses": {"NOASSERTION": Amount(documents=1, bytes=11)}, "access_tier": "gated"}
    )
    box = render_notice(say(made.manifest, sources=sources), cards)
    assert all(line.startswith(">") for line in box.split("\n"))
    for words in (
        "**Licences oblige:** the authors of 2 documents must be named; 71.1 % of the bytes must be passed "
        "on under the same licence; without a concluded licence nobody can say what is asked, or whether use "
        "is allowed",
        "**Unclear:** of 28.9 % of the bytes no licence could be concluded; 71.1 % of the bytes come from "
        "sources that were made from others whose terms are unclear or do not fit (`wiki_a`).",
        "**Benchmarks inside:** FLORES (`wiki_a`); these sources are 71.1 % of the bytes.",
        "**Personal data looked for: no.** Whatever stands in the texts is published as it is",
        "**Planted on purpose:** All of it.",
        "**Not for everybody:** the cards of `wiki_b` ask for a gate",
        "in 2 of 2 languages no speaker read a sample",
    ):
        assert words in box


@pytest.mark.parametrize(
    ("license", "words"),
    [
        ("CC0-1.0", "no licence here asks for anything"),
        (
            "NOASSERTION",
            "without a concluded licence nobody can say what is asked, or whether use is allowed",
        ),
        ("NONE", "without a concluded licence nobody can say what is asked, or whether use is allowed"),
    ],
)
def test_text_without_a_licence_is_not_said_to_be_free(release: Write, license: str, words: str) -> None:
    made = release(TEXTS, targets=["yo", "no"])
    licenses = {license: made.manifest.total}
    sources = {
        uid: each.model_copy(update={"licenses": licenses}) for uid, each in made.manifest.sources.items()
    }
    box = render_notice(say(made.manifest, sources=sources), dict(made.cards))
    assert f"> - **Licences oblige:** {words}\n" in box


def test_a_gate_has_its_form_and_every_name_is_quoted(release: Write) -> None:
    made = release(TEXTS, targets=["yo", "no"])
    open_front = yaml.safe_load(release_card.render_readme(made.manifest, made.cards).split("---\n")[1])
    assert [config["config_name"] for config in open_front["configs"]] == ["no", "yo"]
    assert open_front["source_datasets"] == ["original"]
    assert not [key for key in open_front if key.startswith("extra_gated") or key == "dataset_info"]
    sources = {
        uid: source.model_copy(update={"access_tier": "gated"})
        for uid, source in made.manifest.sources.items()
    }
    card = made.cards["wiki_a"]
    place = card.procurement.model_copy(
        update={"locations": ["https://huggingface.co/datasets/a/b/tree/main"]}
    )
    cards = {**made.cards, "wiki_a": card.model_copy(update={"procurement": place})}
    text = release_card.render_readme(say(made.manifest, sources=sources), cards)
    front = yaml.safe_load(text.split("---\n")[1])
    assert front["extra_gated_fields"]["Country"] == "country"
    assert "https://example.org/removal" in front["extra_gated_prompt"]
    assert front["source_datasets"] == ["extended|a/b", "original"]
    assert check_readme(text) == []


def test_a_readme_of_46_languages_and_30_sources_is_below_60_kb(release: Write) -> None:
    uids = [f"source_with_a_name_{n:02}" for n in range(30)]
    made = release({pair: ["a text"] for pair in product(languages.TAGS, uids)}, targets=languages.TAGS)
    text = release_card.render_readme(say(made.manifest), made.cards)
    assert (len(made.manifest.published), len(made.manifest.sources)) == (46, 30)
    assert len(text.encode()) < 60_000


PERSON_KEYS = {"family-names", "given-names", "affiliation", "orcid"}


@pytest.mark.parametrize("about", [ABOUT, {}])
def test_the_citation_has_what_its_format_requires(release: Write, about: dict[str, Any]) -> None:
    """cff-version 1.2.0: four keys are required, authors are persons or entities, and no key is unknown."""
    made = release(TEXTS, targets=["yo", "no"])
    cited = yaml.safe_load(citation.render_citation(say(made.manifest, about=about, released="2026-11-29")))
    known = {
        *("cff-version", "message", "type", "title", "version", "authors", "keywords", "date-released"),
        *("abstract", "url", "contact"),
    }
    assert {"cff-version", "message", "title", "authors"} <= set(cited) <= known
    assert (cited["cff-version"], cited["type"], cited["date-released"]) == ("1.2.0", "dataset", "2026-11-29")
    assert cited["authors"] == (
        [{"family-names": "Doe", "given-names": "Jane"}, {"name": "The Testers, Ltd."}]
        if about
        else [{"name": "Makers of tiny-corpus, who are not named"}]
    )
    for each in cited["authors"]:
        assert set(each) == {"name"} or set(each) <= PERSON_KEYS


@pytest.mark.parametrize(
    ("about", "problem"),
    [
        ({"authors": [{}]}, "give either name, or family_names"),
        ({"authors": [{"name": "A", "given_names": "B"}]}, "given_names: without family_names"),
        ({"contact": "nobody"}, "is no e-mail address"),
        ({"url": "example.org"}, "is no web address"),
        ({"summary": " "}, "should match pattern"),
        ({"authors": [{"name": "A", "orcid": "https://example.org/0000-0002-1825-0097"}]}, "should match"),
        ({"authors": [{"name": "A", "orcid": "https://orcid.org/0000-0002-1825-009"}]}, "should match"),
        ({"authors": [{"name": "A", "orcid": "https://orcid.org/0000-0002-1825-00970"}]}, "should match"),
        ({"author": "A"}, "Extra inputs"),
    ],
)
def test_what_is_no_answer_is_refused(about: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        About.model_validate(about)


@pytest.mark.parametrize(
    "orcid", ["https://orcid.org/0000-0002-1825-0097", "https://orcid.org/0000-0002-1694-233X"]
)
def test_an_orcid_is_written_as_the_citation_file_format_has_it(orcid: str) -> None:
    about = About.model_validate({"authors": [{"name": "A", "orcid": orcid}]})
    assert [author.orcid for author in about.authors] == [orcid]


def test_a_language_card_speaks_in_sentences(release: Write) -> None:
    made = release(TEXTS, targets=["yo", "no", "fon"])
    told = LanguageQuality(precision=0.9, recall=0.8765, texts=1234, measured_as="ak")
    manifest = made.manifest.model_copy(update={"language_quality": {"yo": told}})
    card = language_card.render_language_card(manifest, "yo", made.cards)
    assert (
        "2 documents, 27 bytes of UTF-8 text. That is 71.1 % of the release. They come from one source, "
        "100.0 % of the bytes from `wiki_a`, under `CC-BY-SA-4.0`. Of 3 documents assigned to it 2 are kept "
        "(66.7 %); the most frequent reason of the others is `near_duplicate` (1). No speaker read a sample "
        "of it."
    ) in card
    assert (
        "finds 87.6 % of the texts of this language (recall), and 90.0 % of what it calls so is of it "
        "(precision), measured as `ak`: on 1,234 lines of sources"
    ) in card
    assert "was not measured here" in language_card.render_language_card(manifest, "fon", made.cards)


def test_the_numbers_of_the_bundled_model_are_those_of_its_report() -> None:
    import json

    from filters.language_id import model_digest
    from tests.governance.conftest import ROOT

    report = json.loads((ROOT / "data_cards" / "models" / "lid.roots.json").read_text(encoding="utf-8"))
    made = quality.make_quality(report)
    assert quality.read_quality(model_digest("lid.roots")) == made["languages"]
    assert len(made["languages"]) == 44
    assert quality.read_quality("0" * 64) == {}
