"""The YAML of a dataset's README, as the Hub and `datasets` read it: written quoted, checked offline.

The client checks nothing and the Hub only after an upload, so `check_readme` does it before.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from governance import front_matter
from governance.licences import is_hub_id
from governance.visible import CONTROLS

SIZE_CATEGORIES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
    (10**9, "100M<n<1B"),
    (10**10, "1B<n<10B"),
    (10**11, "10B<n<100B"),
    (10**12, "100B<n<1T"),
)
_ALLOWED = {
    "multilinguality": {"monolingual", "multilingual", "translation", "other"},
    "language_creators": {"found", "crowdsourced", "expert-generated", "machine-generated", "other"},
    "annotations_creators": {
        "found",
        "crowdsourced",
        "expert-generated",
        "machine-generated",
        "no-annotation",
        "other",
    },
    "size_categories": {name for _, name in SIZE_CATEGORIES} | {"n>1T"},
}
_NOT_PRINTABLE = re.compile(f"[{CONTROLS}]")
_FORBIDDEN_IN_NAMES = "<>:/\\|?*"


def size_category(documents: int) -> str:
    """The Hub's size class of a number of examples."""
    return next((name for limit, name in SIZE_CATEGORIES if documents < limit), "n>1T")


class _Dumper(yaml.SafeDumper):
    """Strings quoted, most keys bare; configs and infos as blocks, features and files as a line each."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"')

    def represent_items(self, mapping: Mapping[str, Any]) -> yaml.MappingNode:
        node = self.represent_mapping("tag:yaml.org,2002:map", list(mapping.items()), flow_style=False)
        for key, _ in node.value:
            if re.fullmatch(r"[a-z][a-z0-9_]+", key.value) and key.value not in ("no", "on", "off", "yes"):
                key.style = None
        return node

    def represent_parts(self, parts: list[Any]) -> yaml.SequenceNode:
        mappings = bool(parts) and isinstance(parts[0], Mapping)
        node = self.represent_sequence("tag:yaml.org,2002:seq", parts, flow_style=not mappings)
        for part, child in zip(parts, node.value, strict=True):
            if isinstance(part, Mapping):
                child.flow_style = "config_name" not in part
        return node


_Dumper.add_representer(str, _Dumper.represent_text)
_Dumper.add_representer(dict, _Dumper.represent_items)
_Dumper.add_representer(list, _Dumper.represent_parts)


def write_yaml(value: Mapping[str, Any]) -> str:
    """A mapping as YAML block style; every string is quoted, so that `no` and `1.10` stay strings."""
    text: str = yaml.dump(dict(value), Dumper=_Dumper, allow_unicode=True, width=sys.maxsize)
    return _NOT_PRINTABLE.sub(lambda match: _escape(ord(match[0])), text)


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def check_readme(text: str) -> list[str]:
    """What is wrong with a README's YAML, as lines for a person; empty when nothing is."""
    try:
        front, _ = front_matter.split(text)
        raw, words = _typed(front), front_matter.load(front)
    except ValueError as error:
        return [str(error)]
    return [*_check_scalars(raw, words), *_check_card(raw), *_check_licenses(raw), *_check_configs(raw)]


def _typed(front: str) -> dict[str, Any]:
    """The front matter as `datasets` reads it, YAML 1.1 with its booleans and dates."""
    raw = front_matter.load_typed(front)
    if not isinstance(raw, dict):
        raise ValueError("the YAML block must be a mapping")
    return raw


def _check_scalars(raw: Any, words: Any, *, path: str = "$") -> Iterator[str]:
    """Words that YAML 1.1 reads as something else: no, on, 1.10, 2026-01-01."""
    if isinstance(raw, dict):
        if list(raw) != list(words):
            yield f"{path}: quote the keys {sorted(str(key) for key in raw if not isinstance(key, str))}"
            return
        for key, value in raw.items():
            yield from _check_scalars(value, words[key], path=f"{path}.{key}")
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from _check_scalars(value, words[index], path=f"{path}[{index}]")
    elif isinstance(raw, bool):
        if words not in ("true", "false"):
            yield f"{path}: quote {words!r}, YAML reads it as {raw}"
    elif not isinstance(raw, str | int | None):
        yield f"{path}: quote {words!r}, YAML reads it as {type(raw).__name__}"


def _check_card(raw: Mapping[str, Any]) -> Iterator[str]:
    for tag in _listed(raw.get("language")):
        if not isinstance(tag, str) or not re.fullmatch(r"[a-z]{2,3}|code|multilingual", tag):
            yield f"$.language: {tag!r} is not ISO 639 (2 or 3 letters); scripts go to language_bcp47"
    for key, allowed in _ALLOWED.items():
        for value in _listed(raw.get(key)):
            if value not in allowed:
                yield f"$.{key}: {value!r} is not one of {', '.join(sorted(allowed))}"


def _check_licenses(raw: Mapping[str, Any]) -> Iterator[str]:
    licenses = _listed(raw.get("license"))
    if not licenses:
        yield "$.license: required; `unknown` is an answer"
    for license in licenses:
        if not isinstance(license, str) or not is_hub_id(license):
            yield f"$.license: {license!r} is not a licence id of the Hub, or names a family"
    if "other" in licenses and not (raw.get("license_name") and raw.get("license_link")):
        yield "$.license: `other` needs license_name and license_link"
    place = raw.get("license_link")
    if place is not None and not (place in ("LICENSE", "LICENSE.md") or str(place).startswith("https://")):
        yield f"$.license_link: {place!r} must be LICENSE, LICENSE.md or https://…"
    name = raw.get("license_name")
    if name is not None and not re.fullmatch(r"[a-z0-9.-]+", str(name)):
        yield f"$.license_name: {name!r}: only a-z, 0-9, `.` and `-`"


def _check_configs(raw: Mapping[str, Any]) -> Iterator[str]:
    configs = raw.get("configs", [])
    if not isinstance(configs, list) or not all(isinstance(config, dict) for config in configs):
        yield "$.configs: must be a list of mappings"
        return
    names = [config.get("config_name") for config in configs]
    for index, config in enumerate(configs):
        name, path = config.get("config_name"), f"$.configs[{index}]"
        if not isinstance(name, str) or not name or set(_FORBIDDEN_IN_NAMES) & set(name):
            yield f"{path}.config_name: {name!r} must be a string without any of {_FORBIDDEN_IN_NAMES}"
        elif names.count(name) > 1:
            yield f"{path}.config_name: {name!r} more than once"
        if not isinstance(config.get("version"), str):
            yield f"{path}.version: required as x.y.z, or `datasets` serves stale shards from its cache"
        elif not re.fullmatch(r"\d+\.\d+\.\d+", config["version"]):
            yield f"{path}.version: {config['version']!r} is not x.y.z"
        yield from _check_data_files(config.get("data_files"), path=f"{path}.data_files")
    defaults = [config.get("config_name") for config in configs if config.get("default")]
    if len(defaults) > 1:
        yield f"$.configs: {defaults} are all default; one may be"
    for index, info in enumerate(_listed(raw.get("dataset_info"))):
        yield from _check_info(info, names=names, path=f"$.dataset_info[{index}]")


def _check_data_files(files: Any, *, path: str) -> Iterator[str]:
    if not isinstance(files, list) or not files:
        yield f"{path}: required: a list of split and path"
        return
    for index, file in enumerate(files):
        if not isinstance(file, dict) or not isinstance(file.get("path"), str):
            yield f"{path}[{index}]: needs split and path"
        elif not isinstance(file.get("split"), str) or not re.fullmatch(r"\w+(\.\w+)*", file["split"]):
            yield f"{path}[{index}].split: {file.get('split')!r} must be letters, digits and _"
        elif file["path"].startswith(("/", "..")):
            yield f"{path}[{index}].path: {file['path']!r} must be relative to the README"


def _check_info(info: Any, *, names: Sequence[Any], path: str) -> Iterator[str]:
    if not isinstance(info, dict):
        yield f"{path}: must be a mapping"
        return
    if info.get("config_name") not in names:
        yield f"{path}.config_name: {info.get('config_name')!r} is not one of the configs"
    if not info.get("features"):
        yield f"{path}.features: required, or a column of nulls breaks loading"
    for split in _listed(info.get("splits")):
        if not isinstance(split, dict) or not isinstance(split.get("num_examples"), int):
            yield f"{path}.splits: each needs name, num_bytes and num_examples"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
