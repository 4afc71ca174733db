"""How well a model that comes with the project tells its languages apart, as its training measured it.

`python -m filters.language_id.quality REPORT` writes the numbers of a report beside the model.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filters.language_id.model import FOLDER

_NUMBERS = ("precision", "recall", "support")


def read_quality(sha256: str) -> dict[str, dict[str, Any]]:
    """Language → precision, recall and support of the model with this digest; {} where nobody measured it."""
    for path in sorted(FOLDER.glob("*.quality.json")):
        written = json.loads(path.read_text(encoding="utf-8"))
        if written["sha256"] == sha256:
            return dict(written["languages"])
    return {}


def make_quality(report: Mapping[str, Any]) -> dict[str, Any]:
    """Of the report of a training: each target on sources that the model had not seen."""
    targets = [row for row in report["languages"] if row["target"]]
    return {
        "sha256": report["model"]["sha256"],
        "languages": {row["lang"]: {name: row[name] for name in _NUMBERS} for row in targets},
    }


def write_quality(report: Path) -> Path:
    """Write the file of a report → its place."""
    quality = make_quality(made := json.loads(report.read_text(encoding="utf-8")))
    path = FOLDER / f"{made['model']['name']}.quality.json"
    path.write_text(json.dumps(quality, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    write_quality(Path(sys.argv[1]))
