"""Write the corpus of examples/formats from documents of the demo.

    python -m examples.formats.make [--out examples/formats]

For each source type a few documents of examples/demo, in files of that type with the oddities of real
ones and one or two broken records; a card that keeps what the card of the demo says of rights; `corpus.yaml`;
`CREDITS.tsv`, which names every document; and `records.tsv`, the rows that a run must count. The same demo
and the same versions of the libraries give the same bytes.
"""

import argparse
import csv
import io
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from examples.formats.make.archives import make_archives
from examples.formats.make.cards import write_card
from examples.formats.make.documents import make_documents
from examples.formats.make.made import Made
from examples.formats.make.markup import make_markup
from examples.formats.make.tables import make_tables
from examples.formats.make.wikis import make_wikis

FOLDER = Path(__file__).parents[1]
MADE_FOLDERS = ("data", "cards")
CREDITS = ("source", "file", "demo_source", "id", "lang", "title", "author", "translator", "url", "license")
LICENSES = [
    *("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0", "MPL-2.0"),
    "NOASSERTION",  # stories that say `Public Domain`, which names no licence
]
HEAD = """# Documents of the demo in every source type, made by `python -m examples.formats.make`.
# Run it with `rhizotron run examples/formats/corpus.yaml --out formats-out`; README.md says what is in it.
"""


def make_sources() -> list[Made]:
    """All sources, in the order of the corpus file."""
    return [*make_tables(), *make_archives(), *make_wikis(), *make_documents(), *make_markup()]


def make_files() -> dict[str, bytes]:
    """Path below the folder → content of everything that is made."""
    made = make_sources()
    files = {f"data/{each.uid}/{name}": data for each in made for name, data in each.files.items()}
    files |= {f"cards/{each.uid}.md": write_card(each) for each in made}
    files["corpus.yaml"] = (HEAD + _write_yaml(_corpus(made))).encode()
    files["CREDITS.tsv"] = _write_tsv(CREDITS, _list_credits(made))
    files["records.tsv"] = _write_tsv(["source", "fate", "rows"], _list_records(made))
    return files


def _corpus(made: Sequence[Made]) -> dict[str, Any]:
    return {
        "name": "rhizotron-formats",
        "version": "1.0.0",
        "cards": "cards",
        "output": "../../formats-out",
        "max_bad_fraction": 0.9,
        "publish": {"allow_unreviewed": True, "licenses": LICENSES},
        # what pages and headers say about training is made up, too: it is kept in `notices`, and not obeyed
        "reservations": {"policy": "not_applicable"},
        "sources": [
            {"card": each.uid, "type": each.type, "paths": [f"data/{each.uid}/{each.pattern}"]}
            | dict(each.source)
            for each in made
        ],
    }


def _list_credits(made: Sequence[Made]) -> Iterable[list[str]]:
    for each in made:
        for name, texts in each.texts.items():
            for text in texts:
                row = [each.uid, f"data/{each.uid}/{name}", text.source, text.id, text.lang]
                row += [" ".join(text.title.split()), text.author, text.translator, text.url or ""]
                yield [*row, text.license]


def _list_records(made: Sequence[Made]) -> Iterable[list[str]]:
    for each in made:
        yield [each.uid, "document", str(len(each.all_texts))]
        for reason, rows in sorted(each.rejected.items()):
            yield [each.uid, reason, str(rows)]


def _write_yaml(value: object) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, default_flow_style=None, width=100)


def _write_tsv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    table = io.StringIO()
    csv.writer(table, delimiter="\t", lineterminator="\n").writerows([header, *rows])
    return table.getvalue().encode()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="the folder (default: examples/formats)")
    out: Path = parser.parse_args().out
    for name in MADE_FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
    for name, data in make_files().items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)


if __name__ == "__main__":
    main()
