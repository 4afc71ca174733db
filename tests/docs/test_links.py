"""Every link of the documentation leads somewhere, and every page can be reached from the index."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT

NOT_OURS = (".venv", "tests", "data_cards/sources", "benchmarks/results")
"""Cards quote their sources, results are what programs printed on a day."""
MARKDOWN = [
    path
    for path in sorted(ROOT.rglob("*.md"))
    if not any(path.is_relative_to(ROOT / folder) for folder in NOT_OURS)
]
_LINK = re.compile(r"\]\((?!https?:|#\))([^)\s]+)\)")
_NAMED = re.compile(r"\bdocs/[\w/-]+\.(?:md|svg)\b")


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """(file, anchor or empty) of each relative link."""
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        name, _, anchor = target.partition("#")
        yield (page.parent / name).resolve() if name else page, anchor


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", MARKDOWN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [
        f"{target}#{anchor}"
        for target, anchor in links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]
    assert broken == []


def test_every_page_can_be_reached_from_the_index() -> None:
    linked = {target for target, _ in links(DOCS / "README.md")}
    assert {*DOCS.rglob("*.md")} - linked == {DOCS / "README.md"}


def test_every_page_that_code_and_comments_name_exists() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = listed.stdout.decode().split("\0") if listed.returncode == 0 else []
    if not names:
        pytest.skip("no version control here")
    missing = set()
    for name in names:
        is_text = name.endswith((".py", ".md", ".sh", ".toml", ".yaml")) and (ROOT / name).exists()
        if is_text and not name.startswith(NOT_OURS):
            text = (ROOT / name).read_text(encoding="utf-8")
            missing |= {(name, page) for page in _NAMED.findall(text) if not (ROOT / page).exists()}
    assert missing == set()
