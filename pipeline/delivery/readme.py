"""What the Hub would refuse in a README, or read otherwise than meant, said before anything is sent."""

import re
from collections.abc import Collection, Iterator
from typing import Any

from governance import front_matter
from governance.manifest import README
from governance.pages import hub_yaml
from pipeline.delivery.files import LocalRelease

MAX_BYTES = 60_000
"""The Hub has answered 413 to larger ones; it documents no limit. The client posts all of it at once."""

_LICENSE_FILES = ("LICENSE", "LICENSE.md")


def check_readme(release: LocalRelease) -> tuple[list[str], list[str]]:
    """(what forbids a push, what only has to be said) of a release's README, a line each."""
    if README not in release.files:
        return [
            f"{README}: the manifest lists none, as those of early versions: publish the release again"
        ], []
    data = (release.folder / README).read_bytes()
    problems = []
    if len(data) > MAX_BYTES:
        problems.append(
            f"{README}: {len(data):,} bytes, at most {MAX_BYTES:,}: the Hub has refused larger ones (413); "
            "leave out what its data files say themselves, as dataset_info"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [*problems, f"{README}: is not UTF-8: {error}"], []
    problems += [f"{README}: {problem}" for problem in hub_yaml.check_readme(text)]
    fields = read_fields(text)
    problems += _check_globs(fields, paths=release.files)
    return problems, [*_check_license_link(fields, paths=release.files)]


def read_fields(text: str) -> dict[str, Any]:
    """The YAML of a README as `datasets` reads it; empty where it cannot be read."""
    try:
        fields = front_matter.load_typed(front_matter.split(text)[0])
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _check_globs(fields: dict[str, Any], *, paths: Collection[str]) -> Iterator[str]:
    """Configs whose files the release does not have: a language with no document breaks loading."""
    configs = fields.get("configs")
    for index, config in enumerate(configs if isinstance(configs, list) else []):
        files = config.get("data_files") if isinstance(config, dict) else None
        for file in files if isinstance(files, list) else []:
            glob = file.get("path") if isinstance(file, dict) else None
            if isinstance(glob, str) and not any(map(_compile_glob(glob).fullmatch, paths)):
                name = config.get("config_name")
                yield f"{README}: $.configs[{index}] {name!r}: the release has no file {glob}"


def _compile_glob(glob: str) -> re.Pattern[str]:
    """A glob as the Hub's clients read it: `*` stays in a folder, `**` does not."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[[^\]]*\])", glob)
    meanings = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile(
        "".join(
            meanings.get(part) or (part if part.startswith("[") and part.endswith("]") else re.escape(part))
            for part in parts
        )
    )


def _check_license_link(fields: dict[str, Any], *, paths: Collection[str]) -> Iterator[str]:
    link = fields.get("license_link")
    if not isinstance(link, str) or re.match(r"https?://", link):
        return
    if link not in _LICENSE_FILES:
        yield f"{README}: $.license_link: {link!r}: the Hub links {', '.join(_LICENSE_FILES)} or a URL"
    elif link not in paths:
        yield f"{README}: $.license_link: the release has no file {link}"
