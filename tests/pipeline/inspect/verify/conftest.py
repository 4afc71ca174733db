"""A release with every kind of file, and copies of it to damage."""

import shutil
from pathlib import Path

import pytest
import small_corpus

from pipeline.beam import runners
from pipeline.plan.make import make_plan

FIELDS = "    url: url\n    license: license\n    author: author\n"


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with every kind of file: several licences, dropped records, repeated lines, duplicates."""
    folder = tmp_path_factory.mktemp("verify")
    rows = [
        row
        | {
            "license": "MIT" if n % 3 else "CC-BY-4.0",
            "text": f"{row['text']}\nShare this page",
            "author": "A",
        }
        for n, row in enumerate(small_corpus.records())
    ]
    changes = {"lines": {"min_count": 2, "min_chars": 5}, "decide": {"url_duplicates": True}}
    config = small_corpus.write_corpus(folder, rows=rows, changes=changes)
    config.write_text(config.read_text().replace("    url: url\n", FIELDS))
    runners.run(make_plan(config))
    return folder / "out" / "release"


@pytest.fixture
def release(whole: Path, tmp_path: Path) -> Path:
    """A copy to damage, where there are no layers: as a stranger has it."""
    return Path(shutil.copytree(whole, tmp_path / "downloaded"))
