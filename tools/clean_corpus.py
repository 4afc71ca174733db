"""Write a corpus file and cards for a folder of JSON lines, to ask what the rules remove of clean documents.

    python -m tools.clean_corpus FOLDER_OF_JSONL_ZST --out FOLDER
    rhizotron measure FOLDER/corpus.yaml …   (ingest, measure, decide, then rhizotron fairness)

Each file is a source with `id`, `text`, `lang` and `title` per row. Nothing is published from it: the cards
say that the rights are unknown. Duplicates are not looked for.
"""

import argparse
import json
import re
from pathlib import Path

CARD = """---
schema_version: 1
uid: {uid}
name: {uid}
description: A file of documents at hand, configured to ask what the rules remove of it; for no release.
homepage: https://example.org
languages: [{{tag: und}}]
custodian: {{name: unknown, type: unknown, location: unknown, contact: {{kind: url, value: "https://example.org"}}}}
rights:
  declared: NOASSERTION
  concluded: NOASSERTION
  scope: mixed
  evidence: []
  share_alike: unknown
  redistribution: unknown
pii: {{has_pii: unclear, justification: nobody looked}}
media: {{category: text, capture_quality: unknown}}
category: other
processed_from: []
procurement:
  method: unknown
  locations: ["{path}"]
  revision: unknown
  collection_period: {{start: unknown, end: unknown}}
synthetic: unknown
known_limits: {{biases: none known, limitations: none known}}
access_tier: open
---
"""


def write_corpus(paths: list[Path], *, out: Path) -> Path:
    """corpus.yaml (which is JSON) and a card per file below out; → the corpus file."""
    (out / "cards").mkdir(parents=True, exist_ok=True)
    sources = []
    for path in paths:
        uid = re.sub(r"\W", "_", path.name.split(".")[0].lower())
        (out / "cards" / f"{uid}.md").write_text(CARD.format(uid=uid, path=path.name), "utf-8")
        sources.append(
            {
                "card": uid,
                "type": "jsonl",
                "paths": [str(path.resolve())],
                "fields": {name: name for name in ("id", "text", "lang", "title")},
            }
        )
    config = {
        "name": "clean-documents",
        "version": "1.0.0",
        "cards": "cards",
        "output": "layers",
        "sources": sources,
        "decide": {"exact_duplicates": False, "near_duplicates": False},
    }
    corpus = out / "corpus.yaml"
    corpus.write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    return corpus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("documents", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    paths = sorted(arguments.documents.glob("*.jsonl.zst"))
    print(write_corpus(paths, out=arguments.out))


if __name__ == "__main__":
    main()
