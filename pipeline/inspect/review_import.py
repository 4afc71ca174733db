"""`rhizotron review import`: labelled sheets → reviews in the folder that a corpus file names."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from governance.pages.review_sheet import text_digest
from governance.reviews import LABELS, Label, Review, Sample
from layers import storage
from layers.problems import list_problems, suggest
from pipeline.errors import InputError

_NEEDED = ("id", "label", "text")
_READER = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
csv.field_size_limit(1 << 24)


@dataclass
class _Sheet:
    """A sheet as it is read: labels by language, and what is wrong with it."""

    sample: Sample
    labels: dict[str, list[Label]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def read(self, path: str) -> None:
        documents = {document.id: document for document in self.sample.documents}
        try:
            content = storage.read_bytes(path).decode("utf-8-sig")
            rows = [*_rows(content)]
        except OSError as error:
            self.problems.append(f"{path} cannot be read: {error.strerror or error}")
            return
        except (UnicodeDecodeError, ValueError, csv.Error) as error:
            self.problems.append(f"{path} is no sheet: {error}")
            return
        for number, row in rows:
            place = f"{path}, row {number}"
            name, said = (row[column].strip() for column in ("id", "label"))
            if name not in documents:
                self.problems.append(f"{place}: {name!r} is no document of the sample")
                continue
            if name in self.seen:
                self.problems.append(f"{place}: {name} stands a second time")
                continue
            self.seen.add(name)
            document = documents[name]
            if text_digest(row["text"]) != document.text_sha256:
                self.problems.append(
                    f"{place}: the text of {name} was edited; label the text that was sampled"
                )
            label = said.lower().replace(" ", "_")
            if label and label not in LABELS:
                self.problems.append(
                    f"{place}: unknown label {said!r}{suggest(label, names=[*LABELS])}; none is an empty cell"
                )
            elif label:
                self.labels.setdefault(document.lang, []).append(
                    Label(id=name, doc_id=document.doc_id, reason=document.reason, label=label)
                )


def _rows(content: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(number, as a spreadsheet counts them, row) of a sheet; separated by commas, semicolons or tabs."""
    first = content.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    missing = [name for name in _NEEDED if name not in (reader.fieldnames or ())]
    if missing:
        raise ValueError(f"it has no column {', '.join(missing)}; the first row is that of the sheet")
    for number, row in enumerate(reader, start=2):
        if any(row[name] is None for name in _NEEDED) or None in row:
            raise ValueError(f"row {number} has more or fewer columns than the first")
        yield number, row


def read_sheets(paths: Sequence[str], *, key: str, reader: str) -> list[Review]:
    """The reviews of labelled sheets of one sample, one per language.

    Raises InputError that lists everything that is wrong: unknown labels, documents that are not of the
    sample, texts that were edited, no label at all.
    """
    if not _READER.fullmatch(reader):
        raise InputError(
            f"--reader {reader!r}: write 1 to 32 of a-z, 0-9 and -, for instance yo-1; no real name"
        )
    try:
        sample = Sample.from_json(storage.read_bytes(key))
    except OSError as error:
        raise InputError(
            f"cannot read the key {key}: {error.strerror or error}; it was written with the sheets, and "
            "--key says where it is"
        ) from error
    except ValueError as error:
        raise InputError(f"{key} is no key of a sample: {error}") from error
    sheet = _Sheet(sample)
    for path in paths:
        sheet.read(path)
    if not sheet.problems and not sheet.labels:
        sheet.problems.append("no document has a label")
    if sheet.problems:
        raise InputError(list_problems("review import", sheet.problems))
    return [
        Review(
            reader=reader,
            lang=lang,
            release=sample.release,
            decisions=sample.decisions,
            sample=sample.digest,
            strata=[stratum for stratum in sample.strata if stratum.lang == lang],
            labels=sorted(labels, key=lambda label: label.id),
        )
        for lang, labels in sorted(sheet.labels.items())
    ]


def write_reviews(reviews: Sequence[Review], *, folder: str) -> Iterator[str]:
    """`<lang>-<sample>-<reader>.json` for each review → their paths.

    Raises InputError where a file of that name says something else.
    """
    contents = {
        storage.join(folder, f"{review.lang}-{review.sample[:12]}-{review.reader}.json"): review.to_json()
        for review in reviews
    }
    for path, content in contents.items():
        if storage.exists(path) and storage.read_bytes(path) != content:
            raise InputError(
                f"{path} has other labels of the same reader: remove it to replace them, or say by --reader "
                "that somebody else read"
            )
    for path, content in contents.items():
        storage.write_bytes(path, content)
        yield path
