"""Compile every kernel into the cache, by a run over a few sentences: `python -m pipeline.beam.warm`.

For images of workers: a worker that finds its kernels compiled starts in seconds, not in a minute. Numba
takes cached code only on a processor like the one that it was compiled for; NUMBA_CPU_NAME and
NUMBA_CPU_FEATURES name one that all workers have (deploy/Dockerfile).
"""

import json
import tempfile
import time
from pathlib import Path

from filters import base
from filters.kernels.compiling import cache_folder
from governance.cards.draft import draft_card
from pipeline.beam import runners
from pipeline.plan.make import make_plan
from pipeline.terminal.echo import echo
from sources.reading.html.slim import slim

_TEXTS = (
    "The quick brown fox jumps over the lazy dog, and the dog sleeps on.\nThe second line is short.\n" * 8,
    "Le vif renard brun saute par-dessus le chien paresseux. Câ€™est ainsi, et le chien dort encore.\n" * 8,
    "敏捷的棕色狐狸跳过了懒狗。这是第二句话，也是最后一句话。\n" * 8,
    "الثعلب البني السريع يقفز فوق الكلب الكسول، والكلب نائم.\n" * 8,
)


def warm(folder: Path) -> None:
    """Run all stages over a few sentences below folder, on both paths of decide."""
    (folder / "warm.md").write_text(draft_card("warm"), encoding="utf-8")
    rows = [{"text": text + str(n), "url": f"https://example.org/{n}"} for n in range(3) for text in _TEXTS]
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "rows.jsonl").write_text(lines, encoding="utf-8")
    source = {
        "card": "warm",
        "type": "jsonl",
        "paths": ["rows.jsonl"],
        "fields": {"text": "text", "url": "url"},
    }
    for path in ("direct", "distributed"):
        config = {
            "name": "warm",
            "publish": {"allow_unreviewed": True},
            "version": "1.0.0",
            "cards": ".",
            "output": path,
            "sources": [source],
            "lines": {"min_count": 2, "min_chars": 5},
            "measure": {"edits": list(base.names("edits"))},
            "decide": {"clustering": {"path": path}},
        }
        corpus = folder / f"{path}.yaml"
        corpus.write_text(json.dumps(config), encoding="utf-8")  # JSON is YAML
        runners.run(make_plan(corpus))


def main() -> None:
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        warm(Path(folder))
    slim(b"<p>The quick brown fox jumps over the lazy dog.</p>")
    files = sum(1 for path in cache_folder().rglob("*.nbc"))
    echo(f"{files} kernels are compiled in {cache_folder()}, after {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
