"""The files of a source: those that its paths name, and in place of a list of paths those that it names."""

import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import sources
from layers import storage
from layers.http_files import MAX_REQUESTS_PER_SECOND
from layers.listing import Listing, PathList, Skipped, list_inputs
from layers.storage import InputFile, is_remote, join, local_path
from sources.base import SourceSpec

_THREADS = 16
_MAX_NAMED = 5
MAX_ASKED_FILES = 1_000
"""For an estimate: twenty seconds of requests."""


def _keep_quiet(text: str) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Asking:
    """How many of the files that a list names are asked for size and mark, where a server lists none."""

    max_files: int | None = None
    """Of a list on a server, evenly spread; the others get the mean size and no mark, which is enough for an
    estimate and not for a run. 0: none of any list, and their size is 0. None: all."""
    notify: Callable[[str], object] = _keep_quiet
    """Told beforehand what is asked."""
    recalls: bool = False
    """Whether files on servers are taken as the last run found them; only others are asked for."""
    known: Mapping[tuple[str, str], InputFile] = field(default_factory=dict)
    """By source and URI, files on servers that need not be asked for."""


EVERY = Asking()
AS_LAST_RUN = Asking(recalls=True)
"""For questions about what was read, which a long list must not keep waiting."""


@dataclass(frozen=True)
class SourceListing(Listing):
    """What a source reads, and the lists that named some of it."""

    lists: tuple[PathList, ...] = ()
    guessed: int = 0
    """Files that have another's size."""


def list_files(
    paths: Sequence[str], *, spec: SourceSpec, outputs: Sequence[str] = (), asking: Asking = EVERY
) -> SourceListing:
    """The files of a source; outputs as of `list_inputs`.

    Raises FileNotFoundError that names what is not there, and OSError.
    """
    listing = list_inputs(paths, root=spec.root, outputs=outputs)
    read_list = getattr(sources.load(spec.type), "read_list", None)
    if read_list is None:
        return SourceListing(listing.files, listing.skipped)
    files: dict[str, InputFile] = {}
    lists = []
    for file in listing.files:
        listed = read_list(file, spec=spec)
        if listed is None:
            files[file.uri] = file
        else:
            lists.append(listed)
    skipped, guessed = set(listing.skipped), 0
    for each in lists:
        again = [*each.repeated, *(uri for uri in each.paths if uri in files)]
        skipped.update(Skipped(uri, "same_file") for uri in again)
        new = [uri for uri in each.paths if uri not in files]
        known = [*_recall(new, spec=spec, asking=asking)]
        new = sorted({*new} - {file.uri for file in known})
        found, others = _look_up(new, of=each, root=spec.root, asking=asking)
        files |= {file.uri: file for file in (*known, *found, *others)}
        guessed += len(others)
    return SourceListing(tuple(sorted(files.values())), tuple(sorted(skipped)), tuple(lists), guessed)


def _recall(uris: Sequence[str], *, spec: SourceSpec, asking: Asking) -> Iterator[InputFile]:
    """Those of the files that are on a server and known."""
    for uri in uris:
        file = asking.known.get((spec.uid, uri))
        if file is not None and is_remote(join(spec.root, uri)):
            yield file


def _look_up(
    uris: Sequence[str], *, of: PathList, root: str, asking: Asking
) -> tuple[list[InputFile], list[InputFile]]:
    """(the files that a list names, with size and mark; those that were not asked for them)."""
    is_far = any(is_remote(join(root, uri)) for uri in uris)
    asked, others = uris, []
    if asking.max_files is not None and (is_far or not asking.max_files):
        asked = choose_evenly(uris, count=asking.max_files)
        others = sorted({*uris} - {*asked})
    if not asked:
        return [], [InputFile(uri, 0, "") for uri in others]
    if is_far:
        rate = f", at most {MAX_REQUESTS_PER_SECOND} a second" if len(asked) > MAX_REQUESTS_PER_SECOND else ""
        asking.notify(f"{of.uri}: asking for the sizes of {len(asked):,} files, as {asked[0]}{rate}")
    with ThreadPoolExecutor(_THREADS if is_far else 1) as pool:
        try:
            files = list(pool.map(lambda uri: _stat(uri, root=root), asked))
        except OSError as error:
            pool.shutdown(cancel_futures=True)
            raise OSError(f"{error}; {of.uri} leads there: is its archive the right one?") from error
    missing = [uri for uri, file in zip(asked, files, strict=True) if file is None]
    if missing:
        named = ", ".join(missing[:_MAX_NAMED]) + (" …" if len(missing) > _MAX_NAMED else "")
        raise FileNotFoundError(f"{of.uri} names {len(missing)} file(s) that are not there: {named}")
    found = [file for file in files if file is not None]
    mean = sum(file.size_bytes for file in found) // len(found)
    return found, [InputFile(uri, mean, "") for uri in others]


def choose_evenly(uris: Sequence[str], *, count: int) -> list[str]:
    """The first, the last and those evenly between, in their order: n → at most count."""
    if len(uris) <= count:
        return [*uris]
    return [uris[place * (len(uris) - 1) // max(count - 1, 1)] for place in range(count)]


def _stat(uri: str, *, root: str) -> InputFile | None:
    """A file with its size and mark; None: there is no such file."""
    url = join(root, uri)
    try:
        if is_remote(url):
            return InputFile(uri, *storage.stat_file(url))
        facts = local_path(url).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return InputFile(uri, facts.st_size, str(facts.st_mtime_ns)) if stat.S_ISREG(facts.st_mode) else None
