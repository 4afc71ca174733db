"""Removing what holds unmasked text, once a release stands: `rhizotron clean --after-release`."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from governance.manifest import NAME, Manifest
from layers import storage
from layers.entries import fingerprint
from layers.layer import Layer
from layers.stages import LAYERS
from pipeline.errors import InputError
from pipeline.inspect.listing import list_classes
from pipeline.job import CLASS_KEYS, NEXT_RELEASE_KEY, RELEASE_KEY

STAGING = LAYERS["published"].files
MARK = "cleaned.json"
"""Beside the layers: that files with unmasked text are gone on purpose."""
_MAX_DEPTH = 4
"""Folders from a file of a layer up to its output."""
_HOLD_TEXT = {
    "raw": ("",),
    "line_counts": ("",),
    "lines": ("",),
    "measured": ("text", "lines", "errors", "bands"),
}
"""Layer → files of each entry that go; "": all. Signals, decisions, entries and indexes stay."""
_FOLDERS = ("clusters", "damaged", "failures", "progress")
"""What a run leaves beside its layers, which may quote text."""
LOST = (
    "explain and dropped show no text of a document that is not published",
    "dups, calibrate and review sample have no texts to show",
    "another mask, other limits or another release: run reads the sources again",
)
"""What can no longer be done."""


@dataclass(frozen=True)
class Cleaned:
    """What was removed, and the release that stands."""

    manifest_sha256: str
    files: int
    bytes: int


def clean_after_release(output: str) -> Cleaned:
    """Remove what holds unmasked text below an output; raises InputError where its release is not complete.

    Kept are the release, signals (with digests of texts) and decisions, and all entries.
    """
    manifest = _require_release(output)
    removed = size = 0
    for url in _list_unmasked(output):
        size += storage.size_bytes(url)
        storage.remove(url)
        removed += 1
    cleaned = Cleaned(manifest, removed, size)
    if removed:
        storage.write_bytes(
            storage.join(output, MARK), json.dumps(asdict(cleaned), indent=1).encode() + b"\n"
        )
    return cleaned


def is_removed(url: str) -> bool:
    """Whether a file of a layer is not there because an output was cleaned."""
    if storage.exists(url):
        return False
    folder = url
    for _ in range(_MAX_DEPTH):
        folder = folder.rpartition("/")[0]
        if folder and storage.exists(storage.join(folder, MARK)):
            return True
    return False


def _require_release(output: str) -> str:
    """The digest of the manifest of a release that is complete; of several, of all."""
    place, keys = storage.join(output, "release"), storage.join(output, CLASS_KEYS)
    if storage.exists(storage.join(place, NAME)):
        return _require_one(place, keys=output, output=output)
    names = list_classes(place)
    if not names:
        raise InputError(
            f"{output} has no release, for whose sake text would be kept: run it first; it has no "
            f"{storage.join('release', NAME)}"
        )
    digests = [
        _require_one(storage.join(place, name), keys=storage.join(keys, name), output=output)
        for name in names
    ]
    return fingerprint(releases=digests)


def _require_one(release: str, *, keys: str, output: str) -> str:
    """The digest of the manifest of a release that is there; keys: the folder of its key."""
    manifest_url = storage.join(release, NAME)
    if not storage.exists(storage.join(keys, RELEASE_KEY)):
        raise InputError(f"{keys} has no {RELEASE_KEY}: a run is not at its end; run it first")
    has_next = storage.exists(storage.join(keys, NEXT_RELEASE_KEY))
    if has_next or storage.list_tree(storage.join(output, STAGING)):
        raise InputError(f"{output} has a next release that is not complete; run it to its end, or clean it")
    manifest = Manifest.from_json(storage.read_bytes(manifest_url))
    for listed in manifest.outputs:
        url = storage.join(release, listed.path)
        if not storage.exists(url) or storage.size_bytes(url) != listed.bytes:
            raise InputError(f"{url} is missing or of another size than {NAME} says; run publishes it again")
    return storage.digest_file(manifest_url)[0]


def _list_unmasked(output: str) -> Iterator[str]:
    """URLs of the files that hold unmasked text, or digests of nothing but text."""
    for name, files in _HOLD_TEXT.items():
        layer = Layer(storage.join(output, name))
        known: set[str] = set()
        for entry in layer.entries():
            for file, record in entry.files.items():
                known.add(record.path)
                if "" in files or file in files:
                    yield from _there(layer.join(record.path))
        for path in storage.list_tree(layer.url):  # superseded ones, which no entry names any more
            if not path.endswith(".json") and path not in known:
                yield storage.join(layer.url, path)
    for name in _FOLDERS:
        folder = storage.join(output, name)
        for path in storage.list_tree(folder):
            yield storage.join(folder, path)


def _there(url: str) -> Iterator[str]:
    if storage.exists(url):
        yield url
