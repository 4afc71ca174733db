"""The files of a source: those that its paths name, and in place of a list of paths those that it names."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import sources
from layers import storage
from layers.listing import Listing, PathList, Skipped, list_inputs
from layers.storage import InputFile, is_remote, join, local_path
from sources.base import SourceSpec

_THREADS = 16
_MAX_NAMED = 5


@dataclass(frozen=True)
class SourceListing(Listing):
    """What a source reads, and the lists that named some of it."""

    lists: tuple[PathList, ...] = ()


def list_files(
    paths: Sequence[str], *, spec: SourceSpec, outputs: Sequence[str] = (), checked: bool = True
) -> SourceListing:
    """The files of a source; outputs as of `list_inputs`.

    checked: those that lists name are asked for size and mark, which have none otherwise. Raises
    FileNotFoundError that names what is not there, and OSError.
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
    skipped = set(listing.skipped)
    for each in lists:
        again = [*each.repeated, *(uri for uri in each.paths if uri in files)]
        skipped.update(Skipped(uri, "same_file") for uri in again)
        new = [uri for uri in each.paths if uri not in files]
        files |= {file.uri: file for file in _look_up(new, of=each, root=spec.root, checked=checked)}
    return SourceListing(tuple(sorted(files.values())), tuple(sorted(skipped)), tuple(lists))


def _look_up(uris: Sequence[str], *, of: PathList, root: str, checked: bool) -> list[InputFile]:
    """The files that a list names, with size and mark."""
    blank = [InputFile(uri, 0, "") for uri in uris]
    if not checked:
        return blank
    threads = _THREADS if any(is_remote(join(root, uri)) for uri in uris) else 1
    with ThreadPoolExecutor(threads) as pool:
        try:
            files = list(pool.map(lambda file: _stat(file, root=root), blank))
        except OSError:
            pool.shutdown(cancel_futures=True)
            raise
    missing = [uri for uri, file in zip(uris, files, strict=True) if file is None]
    if missing:
        named = ", ".join(missing[:_MAX_NAMED]) + (" …" if len(missing) > _MAX_NAMED else "")
        raise FileNotFoundError(f"{of.uri} names {len(missing)} file(s) that are not there: {named}")
    return [file for file in files if file is not None]


def _stat(file: InputFile, *, root: str) -> InputFile | None:
    """The file with its size and mark; None: there is no such file."""
    url = join(root, file.uri)
    try:
        size, mark = storage.stat_file(url)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not is_remote(url) and not local_path(url).is_file():
        return None
    return replace(file, size_bytes=size, mark=mark)
