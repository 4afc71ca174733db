"""Pages of a release, made again from its manifest, its source cards and its columns."""

import json
from collections.abc import Mapping
from itertools import zip_longest

import pyarrow as pa

from governance import cards
from governance.cards import CardError, SourceCard
from governance.manifest import README, Code, Manifest, sha256
from governance.pages import croissant, release_card
from governance.pages.release_pages import card_path, render_pages
from governance.removals.gates import gate_cards
from layers import storage
from pipeline.inspect.verify.result import Mismatch, Verification
from pipeline.inspect.verify.tables import check_tables
from pipeline.stages.publish.manifest import code_version

_KINDS = ("data", "signals", "provenance", "ledger", "ledger/signals", "ledger/lines", "twins")
"""Kinds of files with columns, in the order of DATA_DICTIONARY.md."""
_ALWAYS = ("data", "provenance", "ledger", "ledger/signals", "twins")
"""Those that every release has; lines are for some sources, signals of their own for Parquet."""
_ALL = (
    "README.md, STATISTICS.md, LICENSES.md, CITATION.cff, DATA_DICTIONARY.md, croissant.json, "
    "eu_training_content.json, eu_training_content.md, cards/<language>.md, ledger/summary.json"
)


def check_pages(
    release: str, *, manifest: Manifest, schemas: Mapping[str, pa.Schema], answer: Verification
) -> None:
    """Compare every page with the one that this version makes, if it is the version that made it."""
    made_by, ours = manifest.code, code_version()
    if made_by != ours:
        reason = f"made by {describe(made_by)}, this is {describe(ours)}; their digests were checked"
        answer.leave_out(f"the text of {_ALL}", reason=reason)
        return
    source_cards = _read_cards(release, manifest=manifest, answer=answer)
    missing = [name for name in _ALWAYS if name not in schemas]
    if len(source_cards) < len(manifest.sources):
        answer.leave_out(f"the text of {_ALL}", reason="a source card is missing or changed")
        return
    check_tables(release, manifest=manifest, source_cards=source_cards, answer=answer)
    if missing:
        reason = f"there is no whole file in {', '.join(missing)}"
        answer.leave_out("the text of DATA_DICTIONARY.md and croissant.json", reason=reason)
    ordered = {name: schemas[name] for name in _KINDS if name in schemas}
    pages = render_pages(manifest, source_cards, schemas=ordered)
    if missing:
        del pages["DATA_DICTIONARY.md"], pages[croissant.PATH]
    pages[README] = release_card.render_readme(manifest, source_cards)
    _check_croissant(release, answer=answer)
    for path, text in pages.items():
        _compare(path, release=release, expected=text, answer=answer)


def _check_croissant(release: str, *, answer: Verification) -> None:
    """Note what the specification asks for and croissant.json has not; what only people can say is none."""
    try:
        document = json.loads(storage.read_bytes(storage.join(release, croissant.PATH)))
        problems = croissant.find_problems(document)
    except FileNotFoundError:
        return  # the manifest lists it
    except (ValueError, AttributeError, TypeError) as error:
        problems = [f"$: {error}"]
    for problem in problems:
        if not problem.startswith(croissant.LEFT_TO_PEOPLE):
            place, _, said = problem.partition(": ")
            answer.mismatches.append(Mismatch(croissant.PATH, place, said, "what Croissant 1.1 asks for"))


def describe(code: Code) -> str:
    """`rhizotron 0.1.0, content 3`."""
    content = "" if code.content_version is None else f", content {code.content_version}"
    return f"{code.name} {code.version}{content}"


def _read_cards(release: str, *, manifest: Manifest, answer: Verification) -> dict[str, SourceCard]:
    """The cards that are those of the manifest; a mismatch for every other one that is there."""
    source_cards = {}
    for uid, source in manifest.sources.items():
        path = card_path(uid)
        try:
            data = storage.read_bytes(storage.join(release, path))
        except FileNotFoundError:
            continue  # the manifest lists it
        digest = sha256(data)
        if digest != source.card_sha256:
            answer.mismatches.append(Mismatch(path, "card_sha256", digest, source.card_sha256))
            continue
        try:
            source_cards[uid] = cards.parse_card(data, uid=uid, place=path)
        except CardError as error:
            answer.mismatches.append(Mismatch(path, "card", str(error), "a valid card"))
    return gate_cards(source_cards, gated=manifest.removals.gated_sources if manifest.removals else ())


def _compare(path: str, *, release: str, expected: str, answer: Verification) -> None:
    """Note the first line of a page that is another one than in the page made again."""
    try:
        actual = storage.read_bytes(storage.join(release, path)).decode("utf-8", "replace")
    except FileNotFoundError:
        return  # the manifest lists it
    if actual == expected:
        return
    pairs = zip_longest(actual.split("\n"), expected.split("\n"))
    differing = [(row, pair) for row, pair in enumerate(pairs, 1) if pair[0] != pair[1]]
    row, (own, again) = differing[0]
    note = f"{len(differing)} lines differ from those made again"
    answer.mismatches.append(Mismatch(path, f"line {row}", own, again, note))
