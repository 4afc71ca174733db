"""docs/how-to/trials.md says what each change makes again; `status` says it of a corpus with that change."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from pipeline.inspect.status import Watch
from pipeline.plan.make import make_plan
from tests.docs.pages import DOCS, TUTORIAL
from tests.docs.session import Step

PAGE = DOCS / "how-to" / "trials.md"

Change = Callable[[dict[str, Any], Path], object]


def put(path: str, value: object) -> Change:
    """A change of one key of the corpus file; `sources.` is the first source."""

    def change(corpus: dict[str, Any], folder: Path) -> None:
        *parents, key = path.split(".")
        place: Any = corpus
        for name in parents:
            place = place["sources"][0] if name == "sources" else place.setdefault(name, {})
        place[key] = value

    return change


def rewrite(name: str, old: str, new: str) -> Change:
    """A change of a file of the corpus."""

    def change(corpus: dict[str, Any], folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")

    return change


CHANGES: dict[str, list[Change]] = {
    "an input file": [rewrite("data/notes.jsonl", "a hand pump", "an old hand pump")],
    "`fields`, `options` or `lang` of a source, or the licence on its card": [
        put("sources.fields", {"text": "body", "id": "note"}),
        put("sources.options", {"max_record_bytes": 5000}),
        put("sources.lang", "en"),
        rewrite("cards/field_notes.md", "concluded: CC0-1.0", "concluded: CC-PDDC"),
    ],
    "`lines`": [put("lines", {"min_count": 5})],
    "`measure.edits`, or `edits` of a source": [
        put("measure.edits", ["whitespace"]),
        put("sources.edits", ["url_words"]),
    ],
    "`measure.personal_data`": [put("measure.personal_data", False)],
    "`measure.signals`, `measure.language_id`, `measure.minhash`, `measure.exact_hash`": [
        put("measure.language_id", {"max_sample_bytes": 1000}),
        put("measure.minhash", {"seed": 2}),
        put("measure.exact_hash", "roots"),
        lambda corpus, folder: corpus.update(
            measure={"signals": ["roots"]}, decide={"quality": False, "languages": ["en", "fr", "sw"]}
        ),
    ],
    "`decide.languages`, `decide.thresholds`, `decide.quality`": [
        put("decide.languages", ["sw"]),
        put("decide.thresholds", {"all": {"words": {"min": 3}}}),
        put("decide.quality", False),
    ],
    "`decide.exact_duplicates`, `decide.near_duplicates`, `decide.min_similarity`": [
        put("decide.exact_duplicates", False),
        put("decide.near_duplicates", False),
        put("decide.min_similarity", 0.9),
    ],
    "`decide.duplicate_scope`, or `priority` of a source": [
        put("decide.duplicate_scope", "global"),
        put("sources.priority", 3),
    ],
    "`publish.target_bytes`, `personal_data`, `name`, `version`": [
        put("personal_data", {"mask": ["email"]}),
        put("publish.target_bytes", 1000),
        put("name", "other-notes"),
        put("version", "2.0.0"),
    ],
    "`decide.clustering`, `local`, `max_bad_fraction`": [
        put("decide.clustering", {"documents_per_partition": 10}),
        put("local", {"workers": 1}),
        put("max_bad_fraction", 0.2),
    ],
}


def read_table() -> dict[str, str]:
    """Change → the words of the page."""
    rows = re.findall(r"^\| (.+) \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    return dict(rows[1:])


def first_missing(corpus: Path) -> str | None:
    """The first stage before publish that is not complete."""
    stages = Watch(make_plan(corpus)).update()
    return next((name for name, stage in stages.items() if name != "publish" and not stage.complete), None)


def test_the_table_has_these_changes() -> None:
    assert [*read_table()] == [*CHANGES]


def test_each_change_makes_again_what_the_table_says(
    tutorial: list[Step], left: dict[Path, Path], tmp_path: Path
) -> None:
    told = read_table()
    seen = {}
    for number, (name, change) in enumerate((name, one) for name, many in CHANGES.items() for one in many):
        folder = tmp_path / str(number)
        shutil.copytree(left[TUTORIAL] / "village-notes", folder)
        corpus = yaml.safe_load((folder / "corpus.yaml").read_text("utf-8"))
        change(corpus, folder)
        (folder / "corpus.yaml").write_text(yaml.safe_dump(corpus), "utf-8")
        stage = first_missing(folder / "corpus.yaml")
        if stage != re.split(r"\W", told[name])[0] and (stage, told[name]) not in {
            (None, "publish"),
            (None, "none"),
        }:
            seen[name, number] = stage
    assert seen == {}


def test_nothing_is_made_again_where_nothing_changed(
    tutorial: list[Step], left: dict[Path, Path], tmp_path: Path
) -> None:
    shutil.copytree(left[TUTORIAL] / "village-notes", tmp_path / "w")
    assert first_missing(tmp_path / "w" / "corpus.yaml") is None
