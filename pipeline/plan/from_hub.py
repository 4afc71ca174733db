"""From the name of a dataset of the Hub to a source and a draft of its card; only what its README says."""

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from glob import escape
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from governance import front_matter
from governance.cards.draft import LANGUAGE, draft_card
from governance.licences import NOASSERTION, from_hub_id, parse_license
from governance.visible import visible_line
from layers import hub, storage
from layers.hub import Revision
from layers.listing import list_inputs
from pipeline.errors import InputError
from pipeline.plan.guess import Guess, guess_fields, guess_type, make_uid
from sources.reading.language_tags import UNDETERMINED, canonical_tag

README = "README.md"
_QUOTED = (
    "pretty_name",
    "language",
    "license",
    "license_name",
    "license_link",
    "source_datasets",
    "annotations_creators",
    "language_creators",
    "multilinguality",
    "size_categories",
    "task_categories",
    "tags",
)
"""Keys of a README that a person who fills in the card wants to see."""
_MAX_QUOTE = 400


@dataclass(frozen=True)
class HubSource:
    """A source of a corpus file, and a draft of its card."""

    revision: Revision
    guess: Guess
    card: str
    others: Mapping[str, int]
    """Source type → files of the split that are of another type, and not taken."""


def describe_dataset(
    name: str, *, config: str | None = None, splits: Sequence[str] = (), uid: str | None = None
) -> HubSource:
    """Ask the Hub for `owner/name[@revision]`; raises HubError, or InputError where nothing can be read.

    What the README configures counts, else the names of the files as `datasets` understands them.
    """
    revision = hub.find_revision(name)
    sizes = {file.uri: file for file in storage.list_files(revision.root)}
    readme = _read_front(revision) if README in sizes else {}
    by_split = _list_splits(revision, uris=[*sizes], readme=readme, config=config)
    chosen = _choose(by_split, splits=splits, place=revision.root)
    types = {uri: str(guess_type(uri)) for uri in chosen}
    bytes_by_type: Counter[str] = Counter()
    for uri in chosen:
        bytes_by_type[types[uri]] += sizes[uri].size_bytes
    type, _ = bytes_by_type.most_common(1)[0]
    uris = [uri for uri in chosen if types[uri] == type]
    own = uid or make_uid(revision.repository, type=type, taken=set())
    guess = Guess(own, type, _shorten(uris, among=[*sizes]), len(uris))
    guess_fields(guess, files=[sizes[uri] for uri in uris], root=revision.root)
    listed = list_inputs(guess.paths, root=revision.root).files
    if sorted(file.uri for file in listed) != sorted(uris):
        raise InputError(
            f"{revision.root}: no glob was found for the {len(uris)} files from {uris[0]} to {uris[-1]}; "
            "write `paths` by hand"
        )
    others = Counter(other for other in types.values() if other != type)
    return HubSource(revision, guess, _draft(own, revision=revision, readme=readme), others)


def _read_front(revision: Revision) -> dict[str, Any]:
    """The fields at the head of the README, as text."""
    text = hub.fetch(f"{revision.root}/{README}").read_text(encoding="utf-8-sig", errors="replace")
    text = text.replace("\r\n", "\n")
    if not text.startswith("---\n"):
        return {}
    try:
        return front_matter.load(front_matter.split(text)[0])
    except ValueError as error:
        raise InputError(f"{revision.root}/{README}: {error}") from error


def _list_splits(
    revision: Revision, *, uris: Sequence[str], readme: Mapping[str, Any], config: str | None
) -> dict[str, list[str]]:
    """Split → readable files of a configuration, as `datasets` understands names and README."""
    chosen = _choose_config(revision, readme=readme, config=config)
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder).resolve()
        for uri in uris:  # names without content: what the patterns are about
            path = top / uri
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        base = (top / str(chosen.get("data_dir") or "")).resolve()
        if not base.is_relative_to(top):
            raise InputError(f"{revision.root}/{README}: data_dir {chosen['data_dir']!r} is outside")
        try:
            lists = _resolve(chosen.get("data_files"), base=base)
        except (FileNotFoundError, ValueError) as error:
            said = visible_line(str(error).replace(str(top), revision.root))
            raise InputError(f"{revision.root}/{README}: data_files: {said}") from error
        named = {
            split: [path.relative_to(top).as_posix() for path in paths if path.name != README]
            for split, paths in lists.items()
        }
    readable = {split: [uri for uri in names if guess_type(uri)] for split, names in named.items()}
    if not any(readable.values()):
        raise InputError(_say_nothing_to_read(revision, uris=uris))
    return {split: names for split, names in readable.items() if names}


def _resolve(data_files: Any, *, base: Path) -> dict[str, list[Path]]:
    """Split → files below base, of the patterns of a README, or of those that `datasets` has for names."""
    from datasets.data_files import (
        EmptyDatasetError,
        contains_wildcards,
        get_data_patterns,
        resolve_pattern,
        sanitize_patterns,
    )

    try:
        patterns = sanitize_patterns(data_files) if data_files else get_data_patterns(str(base))
    except EmptyDatasetError:
        return {}
    lists: dict[str, list[Path]] = {}
    for split, listed in patterns.items():
        paths: list[str] = []
        for pattern in map(str, listed):
            try:
                paths += resolve_pattern(pattern, str(base))
            except FileNotFoundError:  # as `datasets` does: of several patterns one may match nothing
                if not contains_wildcards(pattern):
                    raise
        lists[str(split)] = [Path(path).resolve() for path in dict.fromkeys(paths)]
    return lists


def _choose_config(revision: Revision, *, readme: Mapping[str, Any], config: str | None) -> dict[str, Any]:
    """What the README says of a configuration, {} where it has none."""
    listed = [each for each in readme.get("configs") or [] if isinstance(each, dict)]
    named = {str(each.get("config_name")): each for each in listed}
    if config is not None and config not in named:
        there = f"there are {', '.join(named)}" if named else "its README has none"
        raise InputError(f"{revision.root} has no configuration {config!r}; {there}")
    defaults = [name for name, each in named.items() if name == "default" or each.get("default") == "true"]
    choices = [config] if config else defaults[:1] or [*named]
    if len(choices) > 1:
        raise InputError(
            f"{revision.root} has several configurations; choose one by --config: {', '.join(choices)}"
        )
    return named[choices[0]] if choices else {}


def _choose(by_split: Mapping[str, Sequence[str]], *, splits: Sequence[str], place: str) -> list[str]:
    """The files of the splits that are wanted; of the only one, where none is named."""
    unknown = [split for split in splits if split not in by_split]
    if unknown:
        raise InputError(f"{place} has no split {unknown[0]!r}; there are {', '.join(by_split)}")
    if not splits and len(by_split) > 1:
        raise InputError(f"{place} has several splits; choose by --split, repeatable: {', '.join(by_split)}")
    return sorted({uri for split in splits or by_split for uri in by_split[split]})


def _shorten(uris: Sequence[str], *, among: Sequence[str]) -> list[str]:
    """Globs that match exactly these files: a folder's or a beginning's where they do, else each file."""
    folders: dict[tuple[str, str], list[str]] = {}
    for uri in uris:
        end = "".join(PurePosixPath(uri).suffixes[-2:])
        folders.setdefault((_folder(uri), end), []).append(uri)
    all_in: dict[str, list[str]] = {}
    for uri in among:
        all_in.setdefault(_folder(uri), []).append(uri)
    patterns = []
    for (folder, end), own in folders.items():
        beside = [uri for uri in all_in[folder] if uri.endswith(end)]
        start = _common_start([uri[len(folder) :] for uri in own])
        same_start = [uri for uri in beside if uri.startswith(folder + start)]
        if len(own) > 1 and len(beside) == len(own):
            patterns.append(f"{escape(folder)}*{escape(end)}")
        elif len(own) > 1 and len(same_start) == len(own):
            patterns.append(f"{escape(folder + start)}*{escape(end)}")
        else:
            patterns += [escape(uri) for uri in own]
    return patterns


def _folder(uri: str) -> str:
    """The folder of a path, with the slash behind it."""
    return uri[: uri.rfind("/") + 1]


def _common_start(names: Sequence[str]) -> str:
    """What names start with alike, up to a sign between words: `train-` of train-00000 and train-00001."""
    first, last = min(names), max(names)
    length = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[: max(first[:length].rfind(sign) + 1 for sign in "-_.")]


def _say_nothing_to_read(revision: Revision, *, uris: Sequence[str]) -> str:
    script = f"{revision.repository.split('/')[1]}.py"
    if script in uris:
        return (
            f"{revision.root} has no files of a type that is read, only the loading script {script}, "
            "and no code of a repository is run: look for a conversion to Parquet on its page, "
            "or take the files that it downloads"
        )
    return f"{revision.root} has no files of a type that is read; `rhizotron sources` lists the types"


def _draft(uid: str, *, revision: Revision, readme: Mapping[str, Any]) -> str:
    """A card of what README and revision say; what was taken of the README stands quoted at the head."""
    from huggingface_hub import constants

    page = f"{constants.ENDPOINT}/datasets/{revision.repository}"
    url = f"{page}/blob/{revision.commit}/{README}"
    answers: dict[str, object] = {
        "homepage": page,
        "procurement.method": "hub_dataset",
        "procurement.locations": [revision.root],
        "procurement.revision": revision.commit,
    }
    name = readme.get("pretty_name")
    if isinstance(name, str) and name.strip():
        answers["name"] = visible_line(" ".join(name.split()))
    tags = {canonical_tag(tag) for tag in _texts(readme.get("language"))} - {UNDETERMINED}
    if tags:
        answers["languages"] = [{**LANGUAGE, "tag": tag, "declared_by": "custodian"} for tag in sorted(tags)]
    licenses = _texts(readme.get("license"))
    if len(licenses) == 1 and (spdx := _spdx(licenses[0])) != NOASSERTION:
        answers["rights.declared"] = spdx
    if licenses and revision.date is not None:
        quote = visible_line(f"license: {', '.join(licenses)}")[:_MAX_QUOTE]
        page_sha256 = sha256(hub.fetch(f"{revision.root}/{README}").read_bytes()).hexdigest()
        answers["rights.evidence"] = [
            {"url": url, "retrieved_at": revision.date, "quote": quote, "sha256": page_sha256}
        ]
    quotes = [
        f"Quoted from {url}, whose revision is of {revision.date or 'unknown date'}; nobody has checked it:",
        *(
            f"  {key}: {visible_line(', '.join(_texts(readme[key])))[:_MAX_QUOTE]}"
            for key in _QUOTED
            if _texts(readme.get(key))
        ),
        "Taken over from it are name, languages, rights.declared and rights.evidence, where it says them.",
        "rights.evidence has the day of the revision, not of a visit; what to conclude is left to you.",
    ]
    return draft_card(uid, answers=answers, quotes=quotes)


def _spdx(license: str) -> str:
    known = from_hub_id(license)
    if known != NOASSERTION:
        return known
    try:
        return parse_license(license)
    except ValueError:
        return NOASSERTION


def _texts(value: Any) -> list[str]:
    """A text, or a list of texts, as a list."""
    return [str(each) for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
