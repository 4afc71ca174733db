"""Source cards and licences: what is accepted, what is refused, and how the refusal reads."""

import json
from pathlib import Path

import pytest

from governance.cards import (
    CardError,
    card_digest,
    card_json_schema,
    count_answers,
    parse_card,
    publication_obstacles,
    read_card,
    unknown_fields,
)
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


def test_the_template_is_a_valid_card() -> None:
    card = parse_card(TEMPLATE.encode(), uid="example_wiki", place="card.md")
    assert (card.rights.redistribution, card.languages[0].tag, card.procurement.revision) == (
        "yes",
        "sw",
        "20260101",
    )
    assert card.body == "Anything that a reader should know and that no field asks for."


@pytest.mark.parametrize(
    "path", sorted((ROOT / "data_cards" / "sources").glob("*.md")), ids=lambda path: path.stem
)
def test_every_shipped_card_is_valid(path: Path) -> None:
    card = read_card(str(path.parent), path.stem)
    assert len(unknown_fields(card)) < count_answers(card)


def test_every_problem_is_told_at_once_with_its_path_and_a_suggestion() -> None:
    text = changed(
        ("location: KE ", "locaton: KE "),
        ("tag: sw ", "tag: zhs "),
        ("synthetic: unknown", "synthetic: unknwon"),
        ("share_alike: yes ", "share_alike: "),
    )
    assert problems(text, uid="other") == [
        "$.uid: 'example_wiki' is not the file's name; write 'other' or rename the file",
        "$.languages[0].tag: 'zhs' is not a BCP-47 language tag",
        "$.custodian.location: required, but missing; `unknown` is an answer where the template says so",
        "$.custodian.locaton: unknown field; did you mean 'location'?",
        "$.rights.share_alike: 'None' is not an answer; known: yes, no, unknown",
        "$.synthetic: 'unknwon' is not an answer; did you mean 'unknown'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("name: Example Wiki\n", "name: A\nname: B\n", "repeated key(s): name"),
        ("tag: sw ", "tag: zh-hans ", "write the canonical tag 'zh-Hans'"),
        ("concluded: CC-BY-SA-4.0", "concluded: cc", "'cc' names a family, not a licence"),
        ("concluded: CC-BY-SA-4.0", "concluded: odc-by", "(write ODC-By-1.0)"),
        ("    kind: email ", "    kind: none ", "give a value for email, form and url"),
        ("start: 2005", "start: 2027", "start 2027 is after end 2026-01-01"),
        ("---\nschema_version", "schema_version", "must start with a line `---`"),
        ("homepage: https://wiki", "homepage: wiki", "$.homepage"),
        ("retrieved_at: 2026-01-31", "retrieved_at: 2026-02-31", "$.rights.evidence[0].retrieved_at"),
        ("attribution_statement: Contrib", "# ", "CC-BY-SA-4.0 requires attribution"),
    ],
)
def test_what_is_wrong_is_refused(old: str, new: str, expected: str) -> None:
    (problem,) = problems(changed((old, new)))
    assert expected in problem


def test_a_concluded_licence_needs_evidence_and_noassertion_does_not() -> None:
    head, _, tail = TEMPLATE.partition("    - url:")
    bare = head.replace("evidence:  ", "evidence: []  ") + tail[tail.index("  attribution_statement") :]
    assert "evidence: a concluded licence needs at least one" in problems(bare)[0]
    card = parse_card(
        bare.replace("concluded: CC-BY-SA-4.0", "concluded: NOASSERTION").encode(),
        uid="example_wiki",
        place="p",
    )
    assert unknown_fields(card) == ["rights.concluded", "synthetic"]
    assert publication_obstacles(card) == [
        "example_wiki: rights.concluded is NOASSERTION for the whole source, yet access is open"
    ]


def test_no_card_no_ingest(tmp_path: Path) -> None:
    with pytest.raises(CardError) as caught:
        read_card(str(tmp_path), "nowhere")
    place = f"{tmp_path}/nowhere.md"
    assert caught.value.problems == [
        f"no card, no ingest: write {place} from the template data_cards/TEMPLATE.md"
    ]


def test_words_that_yaml_would_read_as_something_else_stay_words() -> None:
    text = changed(("tag: sw ", "tag: no "), ('revision: "20260101"', "revision: 1.10"))
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
    assert set(schema["required"]) == set(schema["properties"])


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
