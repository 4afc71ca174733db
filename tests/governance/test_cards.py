"""Source cards and licences: what is accepted, what is refused, and how the refusal reads."""

import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from governance.cards import (
    BLOCKS,
    GATING_BLOCKS,
    CardError,
    answers,
    card_digest,
    card_json_schema,
    count_answers,
    expected_bytes,
    future_dates,
    parse_card,
    publication_obstacles,
    read_card,
    review_states,
    unknown_fields,
    unreviewed_gates,
    unreviewed_obstacles,
    weighted_unknown,
)
from governance.cards.blocks import block_digests
from governance.cards.carry_over import carry_over
from governance.cards.draft import draft_card, draft_fields
from governance.cards.read import front_fields
from governance.cards.template import render_template
from governance.cards.write import write_card
from governance.licences import is_hub_id, parse_license, to_hub_id

ROOT = Path(__file__).parents[2]
TEMPLATE = (ROOT / "data_cards" / "TEMPLATE.md").read_text(encoding="utf-8")


def problems(text: str, *, uid: str = "example_wiki") -> list[str]:
    with pytest.raises(CardError) as caught:
        parse_card(text.encode(), uid=uid, place="card.md")
    return caught.value.problems


def changed(*replacements: tuple[str, str]) -> str:
    text = TEMPLATE
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_the_template_is_made_from_the_model_and_is_a_valid_card() -> None:
    assert render_template() == TEMPLATE, "write it again: governance.cards.template.render_template()"
    card = parse_card(TEMPLATE.encode(), uid="example_wiki", place="card.md")
    assert (card.rights.properties.redistribute_text, card.languages[0].tag, card.procurement.revision) == (
        "yes",
        "sw",
        "20260101",
    )
    assert card.body == "Anything that a reader should know and that no field asks for."
    assert publication_obstacles(card) == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / "data_cards" / "sources").glob("*.md")), ids=lambda path: path.stem
)
def test_every_shipped_card_is_valid(path: Path) -> None:
    card = read_card(str(path.parent), path.stem)
    assert len(unknown_fields(card)) < count_answers(card)


def test_every_problem_is_told_at_once_with_its_path_and_a_suggestion() -> None:
    text = changed(
        ("  location: KE ", "  locaton: KE "),
        ("tag: sw ", "tag: zhs "),
        ("  contains: unknown", "  contains: unknwon"),
        ('    share_alike: "yes"', "    share_alike:"),
        ("locations: [KE, TZ]", "locations: [KE, XX]"),
    )
    assert problems(text, uid="other") == [
        "$.uid: 'example_wiki' is not the file's name; write 'other' or rename the file",
        "$.languages[0].tag: 'zhs' is not a BCP-47 language tag",
        "$.languages[0].locations[1]: 'XX' is no ISO 3166-1 code (KE) or UN M49 region (002: Africa); "
        "or unknown",
        "$.custodian.location: required, but missing; `unknown` is an answer where the template says so",
        "$.custodian.locaton: unknown field; did you mean 'location'?",
        "$.rights.properties.share_alike: 'None' is not an answer; known: yes, no, unknown",
        "$.synthetic.contains: 'unknwon' is not an answer; did you mean 'unknown'?",
    ]


CLASSPATH = "GPL-2.0-only WITH Classpath-exception-2.0"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: Example Wiki\n", "name: A\nname: B\n", "repeated key(s): name"),
        ("name: Example Wiki\n", "name: &a [1]\nx: [*a, *a]\n", "aliases"),
        (
            "name: Example Wiki\n",
            "name: !!python/object/apply:os.system [id]\n",
            "could not determine a constructor",
        ),
        ("tag: sw ", "tag: zh-hans ", "write the canonical tag 'zh-Hans'"),
        ("concluded: CC-BY-SA-4.0", "concluded: cc", "'cc' names a family, not a licence"),
        ("concluded: CC-BY-SA-4.0", "concluded: odc-by", "(write ODC-By-1.0)"),
        ("concluded: CC-BY-SA-4.0", "concluded: CC-BY-SA-4.0 OR", "is not an SPDX licence expression"),
        (
            "concluded: CC-BY-SA-4.0",
            "concluded: CC-BY-SA-4.0 WITH Classpath-exception-2.0",
            "Classpath-exception-2.0 is no exception to CC-BY-SA-4.0, but to GPL-…, LGPL-…, AGPL-…",
        ),
        ("declared: CC-BY-SA-4.0", "declared: LicenseRef-terms", "text: LicenseRef-terms is no licence that"),
        ("    kind: email ", "    kind: none ", "give a value for email, form and url"),
        ("value: legal@example.org", "value: write to us", "'write to us' is no e-mail address"),
        ("value: legal@example.org", "value: legal@localhost", "'legal@localhost' is no e-mail address"),
        ("value: legal@example.org", "value: mailto:legal@example.org", "no e-mail address"),
        ("    kind: email ", "    kind: form ", "'legal@example.org' is no web address (https://…)"),
        ("    start: 2005", "    start: 2027", "start 2027 is after end 2026-01-01"),
        ("    start: 2005", "    start: 2024-13-45", "'2024-13-45' is a date of no calendar"),
        ("    start: 2005", "    start: 2023-02-29", "'2023-02-29' is a date of no calendar"),
        ("    start: 2005", "    start: last year", "must be YYYY, YYYY-MM, YYYY-MM-DD or unknown"),
        ("  location: KE ", "  location: XX ", "'XX' is no ISO 3166-1 code"),
        ("  location: KE ", "  location: UK ", "; write GB"),
        ("---\nschema_version", "schema_version", "must start with a line `---`"),
        ("homepage: https://wiki.", "homepage: wiki.", "$.homepage: must be a URL"),
        ("homepage: https://wiki.example.org", "homepage: https://wiki", "'wiki' is none"),
        ("retrieved_at: 2026-01-31", "retrieved_at: 2026-02-31", "'2026-02-31' is a date of no calendar"),
        ("retrieved_at: 2026-01-31", "retrieved_at: 86400", "must be a day, YYYY-MM-DD"),
        ("      sha256: unknown", "      # ", "sha256: give that of the page as it was fetched"),
        ("attribution_statement: Contrib", "# ", "CC-BY-SA-4.0 requires attribution"),
        (
            '    share_alike: "yes"',
            "    share_alike: no",
            "share_alike: no is against CC-BY-SA-4.0, which says yes",
        ),
        ('    commercial: "yes"', "    commercial: no", "commercial: no is against CC-BY-SA-4.0"),
        ('    attribution: "yes"', "    attribution: no", "attribution: no is against CC-BY-SA-4.0"),
        ('    derivatives: "yes"', "    derivatives: no", "derivatives: no is against CC-BY-SA-4.0"),
        ("status: proposed", "status: withdrawn", "status_reason: status is withdrawn; say why"),
        ("type: primary", "type: processed", "processed_from: type is processed; name what it was made from"),
        ('benchmark: "no"', "benchmark: contains", "benchmark_names: name them"),
        ("  method: dump", "  method: crawl", "crawler: method is crawl; say which one"),
        (
            "  relationship: open_licence",
            "  relationship: agreement",
            "agreement_ref: relationship is agreement",
        ),
        ("  has_pii: author_names_only", '  has_pii: "yes"', "generic, numeric, sensitive: has_pii is yes"),
        ("  documents: [80000, 120000]", "  documents: [9, 8]", "the least, 9, is more than the most, 8"),
        ("review: {}", "review: {rights: {state: reviewed}}", "reviewed without by, at, block_sha256"),
        ("review: {}", "review: {righst: {state: unreviewed}}", "unknown field; did you mean 'rights'?"),
    ],
)
def test_what_is_wrong_is_refused(old: str, new: str, expected: str) -> None:
    (problem,) = problems(changed((old, new)))
    assert expected in problem


def test_aliases_that_explode_cost_nothing() -> None:
    bomb = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    (problem,) = problems(TEMPLATE.replace("name: Example Wiki\n", f"name: Example Wiki\n{bomb}"))
    assert "aliases" in problem


@pytest.mark.parametrize(
    ("place", "old", "new"),
    [
        ("text", "  copyright_status", "  text: Do what you like, but name us.\n  copyright_status"),
        ("exception", "declared: CC-BY-SA-4.0", f"declared: {CLASSPATH}"),
        ("address", "value: legal@example.org", "value: info@पोस्ट.भारत"),
        ("leap day", "    start: 2005", "    start: 2024-02-29"),
        ("month", "    start: 2005", "    start: 2024-12"),
        ("region", "  location: KE ", "  location: 419 "),
        ("unknown", '    share_alike: "yes"', "    share_alike: unknown"),
        ("stored copy", "      sha256: unknown", "      stored_copy: true"),
        ("digest", "      sha256: unknown", f"      sha256: {'0' * 64}"),
        ("prefixed digest", "      sha256: unknown", f"      sha256: sha256:{'0' * 64}"),
    ],
)
def test_what_stands_on_the_other_side_is_taken(place: str, old: str, new: str) -> None:
    parse_card(changed((old, new)).encode(), uid="example_wiki", place=place)


def test_a_licence_of_ones_own_needs_its_text_and_not_its_address() -> None:
    own = ("declared: CC-BY-SA-4.0", "declared: LicenseRef-terms")
    quoted = ("  copyright_status", "  text: https://wiki.example.org/terms\n  copyright_status")
    (problem,) = problems(changed(own, quoted))
    assert problem == "$.rights: text: an address is not the text of LicenseRef-terms; quote what it says"


def test_a_concluded_licence_needs_evidence_and_noassertion_does_not() -> None:
    head, _, tail = TEMPLATE.partition("    - url:")
    bare = head.replace("evidence:  ", "evidence: []  ") + tail[tail.index("  copyright_status") :]
    assert "evidence: a concluded licence needs at least one" in problems(bare)[0]
    text = bare.replace("concluded: CC-BY-SA-4.0", "concluded: NOASSERTION")
    card = parse_card(text.encode(), uid="example_wiki", place="p")
    assert unknown_fields(card) == ["rights.concluded", "reservation.checked_at", "synthetic.contains"]
    assert publication_obstacles(card) == [
        "example_wiki: rights.concluded is NOASSERTION for the whole source, yet access is open"
    ]
    gated = text.replace("access_tier: open", "access_tier: gated")
    assert publication_obstacles(parse_card(gated.encode(), uid="example_wiki", place="p")) == []
    single = text.replace("scope: whole_source", "scope: per_document")
    assert publication_obstacles(parse_card(single.encode(), uid="example_wiki", place="p")) == []


@pytest.mark.parametrize(
    ("changes", "obstacles"),
    [
        ([("access_tier: open", "access_tier: internal")], ["access_tier is internal"]),
        (
            [('redistribute_text: "yes"', "redistribute_text: no")],
            ["rights.properties.redistribute_text is no"],
        ),
        (
            [('redistribute_text: "yes"', "redistribute_text: snippets")],
            ["rights.properties.redistribute_text is snippets, yet access is open"],
        ),
        (
            [
                ('redistribute_text: "yes"', "redistribute_text: gated"),
                ("access_tier: open", "access_tier: gated"),
            ],
            [],
        ),
        (
            [("status: proposed", "status: suspended\nstatus_reason: a complaint")],
            ["status is suspended: a complaint"],
        ),
        (
            [("status: proposed", "status: withdrawn\nstatus_reason: the custodian asked")],
            ["status is withdrawn: the custodian asked"],
        ),
    ],
)
def test_what_keeps_a_source_from_being_published(
    changes: list[tuple[str, str]], obstacles: list[str]
) -> None:
    card = parse_card(changed(*changes).encode(), uid="example_wiki", place="p")
    assert publication_obstacles(card) == [f"example_wiki: {each}" for each in obstacles]


def test_days_that_have_not_come_yet_are_told_for_the_day_that_is_given() -> None:
    card = parse_card(TEMPLATE.encode(), uid="example_wiki", place="p")
    assert [*future_dates(card, today=date(2026, 1, 31))] == []
    assert [*future_dates(card, today=date(2026, 1, 30))] == [
        f"$.{path}: 2026-01-31 has not come yet on 2026-01-30; nothing can have been read or done then"
        for path in ("rights.evidence[0].retrieved_at", "rights.determined_at")
    ]
    year = parse_card(changed(("end: 2026-01-01", "end: 2026")).encode(), uid="example_wiki", place="p")
    assert [*future_dates(year, today=date(2026, 1, 31))] == []
    assert len([*future_dates(year, today=date(2025, 12, 31))]) == 3


def reviewed(text: str, *blocks: str) -> str:
    """The card with reviews of blocks as it stands."""
    digests = block_digests(front_fields(text.encode()))
    lines = [
        f"  {block}: {{state: reviewed, by: A Reader, at: 2026-02-01, block_sha256: {digests[block]}}}"
        for block in blocks
    ]
    return text.replace("review: {}", "\n".join(["review:", *lines]))


def test_a_review_holds_for_what_was_read_and_falls_with_an_edit() -> None:
    text = reviewed(TEMPLATE, "rights", "pii", "custodian", "languages")
    card = parse_card(text.encode(), uid="example_wiki", place="p")
    none = dict.fromkeys(BLOCKS, "unreviewed")
    read = {block: "reviewed" for block in ("languages", "custodian", "rights", "pii")}
    assert review_states(card) == none | read
    assert unreviewed_obstacles(card) == []
    edits = {
        "rights": ("determined_by: Example Curator", "determined_by: Another"),
        "pii": ("treatment: [none]", "treatment: [detect]"),
        "custodian": ("removals@example.org", "other@example.org"),
        "languages": ("locations: [KE, TZ]", "locations: [KE]"),
    }
    for block, (old, new) in edits.items():
        edited = parse_card(text.replace(old, new).encode(), uid="example_wiki", place="p")
        assert review_states(edited) == none | read | {block: "edited"}
    tier = parse_card(
        text.replace("access_tier: open", "access_tier: gated").encode(), uid="example_wiki", place="p"
    )
    assert unreviewed_obstacles(tier) == [
        "example_wiki: rights was changed after A Reader reviewed it on 2026-02-01"
    ]
    assert unreviewed_obstacles(tier, allowed=["example_wiki"]) == []
    assert unreviewed_obstacles(tier, allowed=True) == []
    assert unreviewed_obstacles(tier, allowed=["another"]) != []


def test_a_review_survives_layout_and_comments_and_no_other_source_takes_it() -> None:
    text = reviewed(TEMPLATE, "pii")
    laid_out = text.replace("  treatment: [none]", "  treatment:\n    - 'none'   # as it came\n")
    assert review_states(parse_card(laid_out.encode(), uid="example_wiki", place="p"))["pii"] == "reviewed"
    other = text.replace("uid: example_wiki ", "uid: other_wiki ")
    assert review_states(parse_card(other.encode(), uid="other_wiki", place="p"))["pii"] == "edited"


def test_unknown_answers_weigh_as_much_as_their_text() -> None:
    card = parse_card(TEMPLATE.encode(), uid="example_wiki", place="p")
    draft = parse_card(draft_card("a_draft").encode(), uid="a_draft", place="p")
    assert expected_bytes(card) == 90_000_000
    assert expected_bytes(draft) is None
    shares = [len(unknown_fields(each)) / count_answers(each) for each in (card, draft)]
    assert weighted_unknown([(card, 3), (draft, 1)]) == pytest.approx((3 * shares[0] + shares[1]) / 4)
    assert weighted_unknown([(card, 0)]) is None


def test_a_draft_claims_nothing_and_can_be_read() -> None:
    draft = draft_card(
        "a_draft", answers={"name": "a: b # c", "rights.scope": "mixed"}, quotes=["read there"]
    )
    card = parse_card(draft.encode(), uid="a_draft", place="p")
    assert (card.name, card.rights.scope, card.access_tier) == ("a: b # c", "mixed", "gated")
    assert {path for path, _ in answers(card)} - {*unknown_fields(card)} == {
        *("uid", "status", "name", "description", "rights.scope", "access_tier"),
    }
    assert draft.startswith("---\n# read there\nschema_version: 2\n")


VERSION_1 = """---
schema_version: 1
uid: old
name: Old
homepage: null
languages: [{tag: sw, note: of the coast}]
rights:
  declared: CC-BY-SA-4.0
  concluded: CC-BY-SA-4.0
  scope: whole_source
  evidence: [{url: "https://old.org", retrieved_at: 2026-01-01, quote: CC BY-SA 4.0}]
  attribution_statement: Us
  share_alike: yes
  redistribution: yes
pii: {has_pii: yes, justification: names}
processed_from: [{source: "https://older.org", availability: full, license_compatible: yes}]
procurement: {method: crawl, locations: ["https://old.org"]}
synthetic: some
---
"""


def test_a_card_of_version_1_is_carried_over_and_asks_what_is_new() -> None:
    fields = carry_over(front_fields(VERSION_1.encode()), uid="old")
    card = parse_card(write_card(fields).encode(), uid="old", place="p")
    assert card.type == "processed"
    assert (card.languages[0].variety_note, card.languages[0].locations) == ("of the coast", ["unknown"])
    assert card.rights.properties.model_dump() == {
        "commercial": "yes",
        "attribution": "yes",
        "share_alike": "yes",
        "derivatives": "yes",
        "redistribute_text": "yes",
    }
    assert (card.rights.evidence[0].sha256, card.rights.evidence[0].quote) == ("unknown", "CC BY-SA 4.0")
    assert card.pii.generic is not None and card.pii.generic.likelihood == "unknown"
    assert (card.synthetic.contains, card.synthetic.generators) == ("some", ["unknown"])
    assert card.procurement.crawler is not None and card.reservation is not None
    assert {*unreviewed_gates(card)} == {*GATING_BLOCKS}


WHOLE_VERSION_1 = VERSION_1.replace(
    "homepage: null\n",
    "homepage: null\ndescription: What people wrote at the coast, and what was made of it by machines.\n"
    "custodian: {name: Us, type: other, location: KE, contact: {kind: email, value: us@old.org}}\n"
    "media: {category: text, capture_quality: ocr}\ncategory: web_crawl\n"
    "known_limits: {biases: none known, limitations: none known}\naccess_tier: open\n",
).replace("locations: [", "revision: unknown, collection_period: {start: 2020, end: 2021}, locations: [")


def test_a_card_of_version_1_is_read_as_it_is() -> None:
    card = parse_card(WHOLE_VERSION_1.encode(), uid="old", place="p")
    assert (card.written_version, card.status, card.type) == (1, "approved", "processed")
    assert (card.custodian.contact.value, card.custodian.relationship) == ("us@old.org", "unknown")
    assert (card.media.transcribed, card.removal.contact.kind, card.benchmark) == ("unknown",) * 3
    assert card.file_sha256 == hashlib.sha256(WHOLE_VERSION_1.encode()).hexdigest()


def test_a_card_of_version_1_is_unreviewed_and_waits_for_no_review() -> None:
    card = parse_card(WHOLE_VERSION_1.encode(), uid="old", place="p")
    assert unreviewed_obstacles(card) == [] and {*unreviewed_gates(card)} == {*GATING_BLOCKS}
    assert publication_obstacles(card) == []
    later = parse_card(changed().encode(), uid="example_wiki", place="p")
    assert len(unreviewed_obstacles(later)) == len(GATING_BLOCKS) and later.written_version == 2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("  share_alike: yes", "  share_alike: no", "share_alike: no is against CC-BY-SA-4.0"),
        ("us@old.org", "nobody", "'nobody' is no e-mail address"),
        ("start: 2020,", "start: 2020-13,", "'2020-13' is a date of no calendar"),
        ("location: KE", "location: XX", "'XX' is no ISO 3166-1 code"),
        ("  attribution_statement: Us\n", "", "CC-BY-SA-4.0 requires attribution"),
        ("name: Old\n", "", "$.name: required, but missing"),
        ("name: Old\n", "name: Old\ncolour: red\n", "$.colour: unknown field"),
    ],
)
def test_what_is_wrong_in_a_card_of_version_1_is_refused(old: str, new: str, expected: str) -> None:
    assert old in WHOLE_VERSION_1
    with pytest.raises(CardError) as caught:
        parse_card(WHOLE_VERSION_1.replace(old, new).encode(), uid="old", place="p")
    (problem,) = caught.value.problems
    assert expected in problem


# fmt: off
ODD_SCALARS = (
    "yes", "a: b", "x #y", "", "-a", "1.10", "007", "12", "2026-01-01", "it's", '"q"', "a\nb", "😀", 
    "\u2028z",
    "~", "[a", "a, b", " lead", "*x", "%x", "@x", "=", "<<", "!x", "|", "0x1F", "1e3", "12:30", "tag:",
)
# fmt: on


@pytest.mark.parametrize("value", ODD_SCALARS)
def test_a_scalar_that_is_written_is_read_as_the_same_text(value: str) -> None:
    fields = draft_fields("a_draft", answers={"name": value or "unknown", "procurement.locations": [value]})
    raw = front_fields(write_card(fields).encode())
    assert (raw["name"], raw["procurement"]["locations"]) == (value or "unknown", [value])


def test_no_card_no_ingest(tmp_path: Path) -> None:
    with pytest.raises(CardError) as caught:
        read_card(str(tmp_path), "nowhere")
    place = f"{tmp_path}/nowhere.md"
    assert caught.value.problems == [
        f"no card, no ingest: write {place}, which `rhizotron card new nowhere` starts"
    ]


def test_words_that_yaml_would_read_as_something_else_stay_words() -> None:
    text = changed(("tag: sw ", "tag: no "), ("revision: 20260101", "revision: 1.10"))
    card = parse_card(text.encode(), uid="example_wiki", place="p")
    assert (card.languages[0].tag, card.procurement.revision) == ("no", "1.10")


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "example_wiki.md").write_text(TEMPLATE, encoding="utf-8")
    digest = card_digest(read_card(str(tmp_path), "example_wiki"))
    assert len(digest) == 64
    assert digest != card_digest(parse_card((TEMPLATE + " ").encode(), uid="example_wiki", place="p"))


def test_the_json_schema_is_json_and_closed() -> None:
    schema = json.loads(json.dumps(card_json_schema()))
    assert schema["additionalProperties"] is False
    optional = {"status_reason", "reservation", "benchmark_names", "expected", "cite"}
    assert set(schema["required"]) == set(schema["properties"]) - optional


@pytest.mark.parametrize(
    ("written", "spdx"),
    [
        ("cc-by-4.0", "CC-BY-4.0"),
        ("CC-BY-SA-3.0 or mit", "CC-BY-SA-3.0 OR MIT"),
        ("LicenseRef-my-terms AND MIT", "LicenseRef-my-terms AND MIT"),
        ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("NOASSERTION", "NOASSERTION"),
        ("NONE", "NONE"),
    ],
)
def test_spdx_expressions_are_written_canonically(written: str, spdx: str) -> None:
    assert parse_license(written) == spdx


@pytest.mark.parametrize(
    "written", ["", "free", "MIT AND", "(MIT", "GPL-3.0", "gfdl", "openrail", "bsd", "other"]
)
def test_what_names_no_licence_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"licence|SPDX"):
        parse_license(written)


@pytest.mark.parametrize(
    ("spdx", "hub"),
    [
        ("CC-BY-SA-4.0", ("cc-by-sa-4.0", None)),
        ("ODC-By-1.0", ("odc-by", None)),
        ("NOASSERTION", ("unknown", None)),
        ("GPL-3.0-only", ("other", "GPL-3.0-only")),
        ("MIT OR Apache-2.0", ("other", "MIT OR Apache-2.0")),
        ("LicenseRef-x", ("other", "LicenseRef-x")),
        ("NONE", ("other", "NONE")),
    ],
)
def test_the_hubs_name_of_a_licence(spdx: str, hub: tuple[str, str | None]) -> None:
    assert to_hub_id(spdx) == hub
    assert is_hub_id(hub[0])


@pytest.mark.parametrize("hub", ["cc", "gpl-3.0", "bsd", "never-heard-of"])
def test_families_of_the_hub_are_no_ids(hub: str) -> None:
    assert not is_hub_id(hub)
