"""Every command that the documentation shows is run as it stands, and prints what the page says it prints."""

from pathlib import Path

import pytest

from tests.docs.commands import find_mistakes, split_commands
from tests.docs.pages import (
    PAGES,
    ROOT,
    TUTORIAL,
    Block,
    indented_commands,
    page_before,
    read_blocks,
    read_steps,
)
from tests.docs.session import Session, Step, mask, run_page, starting_folder

OTHERS_RUN = [page for page in PAGES if page != TUTORIAL and any(block.is_run for block in read_blocks(page))]

NOT_RUN = {
    "CONTRIBUTING.md": 1,
    "README.md": 1,
    "docs/fairness.md": 1,
    "docs/how-to/beam.md": 1,
    "docs/how-to/classes.md": 1,
    "docs/how-to/clusters.md": 4,
    "docs/how-to/hub.md": 4,
    "docs/how-to/inputs.md": 2,
    "docs/how-to/language_models.md": 1,
    "docs/how-to/languages.md": 1,
    "docs/how-to/masking.md": 1,
    "docs/how-to/provenance.md": 2,
    "docs/how-to/reservations.md": 1,
    "docs/how-to/review.md": 1,
    "docs/reference/thresholds.md": 1,
    "docs/scaling.md": 1,
    "docs/tutorial.md": 1,
    "examples/demo/README.md": 1,
    "examples/formats/README.md": 1,
}
"""Page → blocks that are not run; each says why. Not one more without somebody who says so here."""


def check(steps: list[Step]) -> None:
    for step in steps:
        place = step.block.place
        assert step.exit_code == step.block.exit_code, f"{place}\n{step.block.text}\n{step.output}"
        if step.shown is not None:
            assert mask(step.output) == mask(step.shown.text), f"{place}: python -m tests.docs.record"


def test_the_tutorial_prints_what_it_says(tutorial: list[Step]) -> None:
    assert len(tutorial) > 10
    check(tutorial)


@pytest.mark.parametrize("page", OTHERS_RUN, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_print_what_it_says(
    page: Path, tutorial: list[Step], left: dict[Path, Path]
) -> None:
    with starting_folder(page, left=left) as folder:
        check([*run_page(page, Session(folder))])


def not_run() -> list[Block]:
    return [block for page in PAGES for block, _ in read_steps(page) if not block.is_run]


def test_what_is_not_run_is_listed_and_says_why() -> None:
    counts: dict[str, int] = {}
    for block in not_run():
        name = str(block.page.relative_to(ROOT))
        counts[name] = counts.get(name, 0) + 1
        assert block.why_not_run and len(block.why_not_run.split()) >= 3, block.place
    assert counts == NOT_RUN


@pytest.mark.parametrize("block", not_run(), ids=lambda block: block.place)
def test_what_is_not_run_calls_programs_with_options_that_they_know(block: Block) -> None:
    commands = [*split_commands(block)] if block.language == "sh" else []
    assert commands or block.language == "python"
    assert [mistake for words in commands for mistake in find_mistakes(words)] == []


@pytest.mark.parametrize(
    ("line", "mistakes"),
    [
        ("rhizotron plan corpus.yaml --limit 3", []),
        ("rhizotron run corpus.yaml -- --job_endpoint=localhost:8099", []),
        (
            "rhizotron plan corpus.yaml --limits 3",
            ["rhizotron plan: No such option"],
        ),
        ("rhizotron plane corpus.yaml", ["rhizotron has no command plane"]),
        ("cd x && rhizotron lid evaluate DIR", ["rhizotron has no command evaluate"]),
        ("sh deploy/nothing.sh", ["there is no deploy/nothing.sh"]),
        ("python -m benchmarks.nothing", ["there is no benchmarks/nothing"]),
    ],
)
def test_a_wrong_command_is_noticed(line: str, mistakes: list[str]) -> None:
    block = Block(TUTORIAL, 0, "sh", line)
    told = [text for words in split_commands(block) for text in find_mistakes(words)]
    assert len(told) == len(mistakes)
    assert all(text.startswith(beginning) for text, beginning in zip(told, mistakes, strict=True))


def test_every_command_stands_in_a_block() -> None:
    """What is only indented looks like a command and would never be run."""
    pages = [page for page in PAGES if page.name != "performance.md"]
    assert [line for page in pages for line in indented_commands(page)] == []


def test_what_a_page_says_a_command_prints_is_what_it_prints() -> None:
    """A page with other output than its commands' is not passed."""
    block = Block(TUTORIAL, 0, "sh", "echo one; exit 3", ("exit 3",))
    with starting_folder(TUTORIAL, left={}) as folder:
        exit_code, output = Session(folder).run(block)
    assert (exit_code, output) == (3, "one")
    check([Step(block, Block(TUTORIAL, 4, "text", "one"), exit_code, output)])
    for wrong in (Step(block, None, 0, output), Step(block, Block(TUTORIAL, 4, "text", "two"), 3, output)):
        with pytest.raises(AssertionError):
            check([wrong])


def test_a_page_goes_on_after_the_tutorial_or_anew() -> None:
    assert {page_before(page) for page in PAGES} == {None, TUTORIAL}
