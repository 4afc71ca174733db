"""Write what the commands of the documentation print into its pages: `python -m tests.docs.record [PAGE…]`.

Blocks of `text` that stand after a block of commands are replaced where the commands print something else
today, and the pages of docs/reference/ are made again. An exit code that is not the one that a page
states is told and not written: then the words around it are wrong, too.
"""

import shutil
import sys
from pathlib import Path

from tests.docs.pages import DOCS, PAGES, page_before, read_blocks
from tests.docs.reference import REFERENCE
from tests.docs.session import Session, Step, mask, run_page, starting_folder


def replace_outputs(page: Path, steps: list[Step]) -> int:
    """Write what the steps printed into the page → how many blocks changed."""
    lines = page.read_text(encoding="utf-8").split("\n")
    changed = 0
    for step in reversed(steps):
        if step.shown is None or mask(step.shown.text) == mask(step.output):
            continue
        first = step.shown.line + 1
        lines[first : first + step.shown.lines] = step.output.split("\n")
        changed += 1
    page.write_text("\n".join(lines), encoding="utf-8")
    return changed


def main(names: list[str]) -> int:
    for path, render in REFERENCE.items():
        path.write_text(render(), encoding="utf-8")
    chosen = [page for page in PAGES if any(block.is_run for block in read_blocks(page))]
    if names:
        chosen = [page for page in chosen if page in [Path(name).resolve() for name in names]]
    needed = {before for page in chosen if (before := page_before(page))} - {*chosen}
    left: dict[Path, Path] = {}
    wrong = 0
    for page in sorted({*chosen, *needed}, key=lambda page: page != DOCS / "tutorial.md"):
        with starting_folder(page, left=left) as folder:
            steps = [*run_page(page, Session(folder))]
            if page_before(page) is None and any(page_before(other) == page for other in chosen):
                left[page] = Path(
                    shutil.copytree(folder, folder.parent.parent / f"left-{folder.parent.name}")
                )
        for step in steps:
            if step.exit_code != step.block.exit_code:
                wrong += 1
                print(f"{step.block.place}: exit code {step.exit_code}, the page says {step.block.exit_code}")
                print(step.output)
        if page in chosen:
            print(f"{page}: {replace_outputs(page, steps)} block(s) changed")
    for folder in left.values():
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
