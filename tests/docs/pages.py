"""The pages of the documentation as blocks: commands, what they print, and why some are not run.

A block is what stands between two lines of three backticks. Blocks of `sh` and `python` are run in the
order of the page, in one folder, as a reader would; a block of `text` that follows is what they print.
HTML comments before a block say what a reader need not see:

- `<!-- exit 2 -->`: the block ends with that exit code, in place of 0;
- `<!-- not run: REASON -->`: the block needs what a test has not, and only its options are checked.

`<!-- starts after: ../tutorial.md -->` on a page: it goes on in the folder that the other page leaves.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
TUTORIAL = DOCS / "tutorial.md"

PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "examples" / "demo" / "README.md",
    ROOT / "examples" / "formats" / "README.md",
    *sorted(DOCS.rglob("*.md")),
)

_FENCE = re.compile(r"^```(\w*)$")
_MARK = re.compile(r"^<!-- (.*) -->$")
_STARTS_AFTER = re.compile(r"^<!-- starts after: (\S+) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """What stands between two fences."""

    page: Path
    line: int
    """Of the opening fence, from 0."""
    language: str
    text: str
    marks: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line + 1}"

    @property
    def lines(self) -> int:
        """Between the fences."""
        return self.text.count("\n") + 1 if self.text else 0

    @property
    def is_run(self) -> bool:
        return self.language in ("sh", "python") and self.why_not_run is None

    @property
    def why_not_run(self) -> str | None:
        return self._mark("not run:")

    @property
    def exit_code(self) -> int:
        return int(self._mark("exit") or 0)

    def _mark(self, name: str) -> str | None:
        found = [mark.removeprefix(name).strip() for mark in self.marks if mark.startswith(name)]
        return found[0] if found else None


def read_blocks(page: Path) -> list[Block]:
    """All blocks of a page in order; raises ValueError for a fence that is never closed."""
    blocks: list[Block] = []
    lines = page.read_text(encoding="utf-8").split("\n")
    marks: list[str] = []
    number = 0
    while number < len(lines):
        fence, mark = _FENCE.match(lines[number]), _MARK.match(lines[number])
        if fence:
            try:
                stop = lines.index("```", number + 1)
            except ValueError as error:
                raise ValueError(f"{page}:{number + 1}: the block is never closed") from error
            text = "\n".join(lines[number + 1 : stop])
            blocks.append(Block(page, number, fence[1], text, tuple(marks)))
            number = stop
        if mark:
            marks.append(mark[1])
        elif lines[number].strip():
            marks = []
        number += 1
    return blocks


def read_steps(page: Path) -> Iterator[tuple[Block, Block | None]]:
    """(block of commands, the block that says what they print or None), in order."""
    lines = page.read_text(encoding="utf-8").split("\n")
    blocks = read_blocks(page)
    for block, after in zip(blocks, [*blocks[1:], None], strict=False):
        if block.language not in ("sh", "python"):
            continue
        end = block.line + block.lines + 2
        is_output = after is not None and after.language == "text" and not any(lines[end : after.line])
        yield block, after if is_output else None


def page_before(page: Path) -> Path | None:
    """The page in whose folder this one goes on."""
    found = _STARTS_AFTER.search(page.read_text(encoding="utf-8"))
    return None if found is None else (page.parent / found[1]).resolve()


def indented_commands(page: Path) -> Iterator[str]:
    """Commands outside of blocks, which nothing would run: a line of four spaces and a program's name."""
    inside = False
    for number, line in enumerate(page.read_text(encoding="utf-8").split("\n")):
        inside ^= bool(_FENCE.match(line))
        if not inside and re.match(r"^    (\$ )?(rhizotron|python|sh|pip|pytest|git|docker|cat|\.) ", line):
            yield f"{page.relative_to(ROOT)}:{number + 1}: {line.strip()}"
