"""`rhizotron card`: new, check, review, diff, on files as people write them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from governance.cards import parse_card, review_states
from pipeline.cli import main
from pipeline.commands.card import BLOCKS

ROOT = Path(__file__).parents[3]
KIKUYU = ROOT / "data_cards" / "sources" / "openbible_ki.md"


def rhizotron(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["card", *(str(argument) for argument in arguments)])


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """A card without reviews, laid out by hand: braces, comments, quotes."""
    text = KIKUYU.read_text(encoding="utf-8")
    head, _, tail = text.partition("review:")
    assert tail
    _, _, body = tail.partition("\n---\n")
    path = tmp_path / "openbible_ki.md"
    laid_out = head.replace("relationship: open_licence", "relationship:   'open_licence'   # CC")
    path.write_text(f"{laid_out}# nobody has\nreview: {{ }}  # yet\n---\n{body}", encoding="utf-8")
    return path


def test_a_new_card_answers_nothing_and_is_valid(tmp_path: Path) -> None:
    made = rhizotron("new", "my_wiki", "--to", tmp_path)
    assert (made.exit_code, made.output) == (0, f"{tmp_path}/my_wiki.md\n")
    checked = rhizotron("check", tmp_path / "my_wiki.md")
    assert checked.exit_code == 0
    assert checked.output.splitlines()[0] == f"{tmp_path}/my_wiki.md: valid; 47 of 51 answers unknown (92.2%)"
    again = rhizotron("new", "my_wiki", "--to", tmp_path)
    assert (again.exit_code, "would be overwritten" in again.output) == (2, True)
    bad = rhizotron("new", "My wiki", "--to", tmp_path)
    assert (bad.exit_code, "write 3 to 64 of a-z" in bad.output) == (2, True)


def test_a_card_of_version_1_becomes_one_of_version_2(tmp_path: Path) -> None:
    old = ROOT / "tests" / "data" / "release-0.1" / "release" / "cards" / "sources" / "health_json.md"
    read = rhizotron("check", old)
    assert (read.exit_code, "`rhizotron card new health_json --from" in read.output) == (0, True)
    refused = rhizotron("review", old, "--block", "rights", "--by", "Me")
    assert (refused.exit_code, "a card of version 1 has no reviews" in refused.output) == (2, True)
    made = rhizotron("new", "health_json", "--from", old, "--to", tmp_path)
    assert made.exit_code == 0, made.output
    checked = rhizotron("check", tmp_path / "health_json.md")
    assert checked.exit_code == 0, checked.output
    card = parse_card((tmp_path / "health_json.md").read_bytes(), uid="health_json", place="p")
    assert (card.rights.concluded, card.rights.properties.share_alike) == ("CC0-1.0", "no")


def test_a_review_changes_its_own_lines_and_nothing_else(card: Path) -> None:
    before = card.read_text(encoding="utf-8")
    made = rhizotron("review", card, "--block", "rights", "--by", "A: Reader", "--at", "2026-11-27")
    assert (made.exit_code, made.output.splitlines()[0]) == (0, f"{card}: rights reviewed")
    digest = parse_card(card.read_bytes(), uid=card.stem, place="p").block_sha256["rights"]
    fields = ["state: reviewed", 'by: "A: Reader"', "at: 2026-11-27", f"block_sha256: {digest}"]
    entry = "".join(["  rights:\n", *(f"    {field}\n" for field in fields)])
    assert card.read_text(encoding="utf-8") == before.replace(
        "review: { }  # yet\n", f"review:  # yet\n{entry}"
    )

    rhizotron("review", card, "--block", "pii", "--block", "media", "--by", "B", "--at", "2026-11-28")
    after = card.read_text(encoding="utf-8")
    assert after.startswith(before.split("review:")[0] + f"review:  # yet\n{entry}  pii:\n")
    assert after.endswith(before.split("review: { }  # yet\n")[1])
    states = review_states(parse_card(card.read_bytes(), uid=card.stem, place="p"))
    assert {block for block, state in states.items() if state == "reviewed"} == {"rights", "pii", "media"}


def test_a_block_can_be_reviewed_again_in_any_layout(card: Path) -> None:
    text = card.read_text(encoding="utf-8")
    flow = "review: {rights: {state: unreviewed},\n  pii: {state: unreviewed}}\n"
    lines = ["review:", "    rights:   # first", "        state: unreviewed", "    # then"]
    block = "\n".join([*lines, "    pii: {state: unreviewed}\n"])
    for layout in (flow, block, block.replace("\n", "\r\n")):
        laid_out = text.replace("review: { }  # yet\n", layout)
        if "\r" in layout:
            laid_out = laid_out.replace("\r\n", "\n").replace("\n", "\r\n")
        card.write_bytes(laid_out.encode())
        for block_name in ("rights", "languages", "pii", "rights"):
            made = rhizotron("review", card, "--block", block_name, "--by", "B")
            assert made.exit_code == 0, made.output
        read = parse_card(card.read_bytes(), uid=card.stem, place="p")
        reviewed = {name for name, state in review_states(read).items() if state == "reviewed"}
        assert reviewed == {"rights", "languages", "pii"}
        assert card.read_bytes().split(b"review:")[0] == laid_out.encode().split(b"review:")[0]
        assert card.read_bytes().split(b"---")[-1] == laid_out.encode().split(b"---")[-1]


def test_a_review_of_what_is_wrong_or_by_nobody_is_refused(card: Path) -> None:
    text = card.read_text(encoding="utf-8")
    for arguments in (
        ("--block", "rights", "--by", " "),
        ("--block", "wrongs", "--by", "A"),
        ("--block", "rights", "--by", "A", "--at", "2999-01-01"),
    ):
        assert rhizotron("review", card, *arguments).exit_code == 2
    card.write_text(text.replace("name: Biblica", "name: TODO"), encoding="utf-8")
    refused = rhizotron("review", card, "--block", "rights", "--by", "A")
    assert (refused.exit_code, "'TODO' is no answer" in refused.output) == (2, True)
    assert card.read_text(encoding="utf-8") == text.replace("name: Biblica", "name: TODO")


def test_an_edit_after_a_review_is_told_by_check_and_by_diff(card: Path, tmp_path: Path) -> None:
    rhizotron("review", card, "--block", "rights", "--block", "pii", "--by", "A", "--at", "2026-11-27")
    old = tmp_path / "old.md"
    old.write_bytes(card.read_bytes())
    text = card.read_text(encoding="utf-8")
    card.write_text(
        text.replace("confidence: low", "confidence: high").replace(
            "access_tier: open", "access_tier: internal"
        ),
        encoding="utf-8",
    )
    checked = rhizotron("check", card)
    assert checked.exit_code == 0
    assert "  open: $.review.rights: unreviewed: changed after A reviewed it on 2026-11-27" in checked.output
    assert "  not published: access_tier is internal" in checked.output.splitlines()
    found = rhizotron("diff", old, card)
    assert (found.exit_code, found.output.splitlines()) == (
        0,
        [
            "rights.confidence: low → high",
            "access_tier: open → internal",
            "review falls: rights",
            "keeps it from being published now: access_tier is internal",
            "keeps it from being published now: rights was changed after A reviewed it on 2026-11-27",
            "release class: share-alike-cc-by-sa → internal",
        ],
    )
    back = json.loads(rhizotron("diff", card, old, "--json").output)
    assert back["new_reviews"] == ["rights"]
    assert back["gone_obstacles"][0] == "access_tier is internal"
    assert rhizotron("diff", card, card).output == "the same answers, and the same reviews\n"


def test_the_share_of_unknown_answers_is_weighted_by_bytes(card: Path, tmp_path: Path) -> None:
    rhizotron("new", "a_draft", "--to", tmp_path)
    said = json.loads(rhizotron("check", tmp_path, "--json").output)
    shares = {each["uid"]: each["unknown_share"] for each in said["cards"]}
    assert said["unknown_share_by_bytes"] is None
    for sizes in ((3, 1), (0, 1), (1, 0)):
        options = [f"--bytes=a_draft={sizes[0]}", f"--bytes=openbible_ki={sizes[1]}"]
        said = json.loads(rhizotron("check", tmp_path, *options, "--json").output)
        expected = (shares["a_draft"] * sizes[0] + shares["openbible_ki"] * sizes[1]) / sum(sizes)
        assert said["unknown_share_by_bytes"] == pytest.approx(expected)
    alone = rhizotron("check", card, "--bytes", 7)
    assert alone.output.splitlines()[-1].endswith("(of 1 card(s) whose bytes are known)")
    for wrong in ("7", "nobody=7", "a_draft=many"):
        assert rhizotron("check", tmp_path, "--bytes", wrong).exit_code == 2


def test_days_to_come_are_wrong_on_the_day_that_is_given(card: Path) -> None:
    assert rhizotron("check", card, "--today", "2026-11-23").exit_code == 0
    early = rhizotron("check", card, "--today", "2026-11-22")
    assert early.exit_code == 2
    assert "2026-11-23 has not come yet on 2026-11-22" in early.output
    card.write_text(card.read_text(encoding="utf-8").replace("2026-11-23", "2999-01-01"), encoding="utf-8")
    assert rhizotron("check", card).exit_code == 2


def test_a_folder_without_cards_is_told(tmp_path: Path) -> None:
    empty = rhizotron("check", tmp_path)
    assert (empty.exit_code, "rhizotron card new UID" in empty.output) == (2, True)


def test_the_blocks_of_the_command_are_those_of_the_model() -> None:
    from governance.cards import BLOCKS as MODEL

    assert tuple(MODEL) == BLOCKS
