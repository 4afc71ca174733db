"""Make tests/data/release-0.1: a small release with the layers that commands on a RELEASE read beside it.

PYTHONPATH=tests python tests/make_release.py FOLDER, on the commit before a change that readers of releases
would notice; tests/pipeline/commands/test_old_release.py runs the commands of today on what was made then.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import small_corpus

LANGS = ("en", "fr")
LAYERS = ("decisions", "measured", "release")
HEAD = "Home | News | Contact us"
CHANGES: dict[str, Any] = {
    "sources": [
        {
            "card": "health_json",
            "type": "jsonl",
            "paths": ["data/rows.jsonl"],
            "fields": {"text": "text", "id": "id", "lang": "lang"},
        }
    ],
    "lines": {"min_count": 5},
    "decide": {"languages": [*LANGS], "quality": False},
    "max_bad_fraction": 0.2,
    "local": {"workers": 1},
}


def rows() -> list[dict[str, str]]:
    """Paragraphs of two languages below one head, with an exact copy and a near one of the first two."""
    texts = {(f"{lang}-{n}", lang): small_corpus.PARAGRAPHS[lang][n] for lang in LANGS for n in range(7)}
    nearly = " ".join([*texts["en-1", "en"].split(" ")[:-1], "indeed"])
    texts |= {("copy", "fr"): texts["fr-0", "fr"], ("nearly", "en"): nearly}
    return [{"id": key, "text": f"{HEAD}\n{text}", "lang": lang} for (key, lang), text in texts.items()]


def main(folder: Path) -> None:
    """Run the corpus and copy the layers below folder, which must not exist."""
    from pipeline.beam import runners
    from pipeline.plan.make import make_plan

    with tempfile.TemporaryDirectory() as temporary:
        plan = make_plan(small_corpus.write_corpus(Path(temporary), changes=CHANGES, rows=rows()))
        runners.run(plan)
        for layer in LAYERS:
            shutil.copytree(plan.job.place(layer), folder / layer)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
