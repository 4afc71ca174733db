"""The environment of a release: read from what is installed, never from what should be."""

import platform
import re
import unicodedata
import zlib
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files

import zstandard

from governance.environment import Environment
from pipeline.config.bundled import find_bundled

LOCK = "deploy/constraints.txt"
LIBRARIES = (
    "brotli",
    "c2pa-text",
    "fasttext-community",
    "fastwarc",
    "ftfy",
    "google-re2",
    "isal",
    "langcodes",
    "language-data",
    "license-expression",
    "lxml",
    "mwparserfromhell",
    "numba",
    "numpy",
    "orjson",
    "phonenumbers",
    "pyarrow",
    "pydantic",
    "pypdfium2",
    "python-stdnum",
    "resiliparse",
    "rfc8785",
    "tldextract",
    "trafilatura",
    "w3lib",
    "warcio",
    "xxhash",
    "zlib-ng",
    "zstandard",
)
"""Distributions whose version a byte of a release may depend on: readers, edits, signals, hashes, writers."""


@cache
def describe_environment() -> Environment:
    """What is installed in this process; raises RunError where the lock was not installed with it."""
    lock = find_bundled(LOCK).read_bytes()
    return Environment(
        lock_sha256=sha256(lock).hexdigest(),
        not_as_locked=dict(_differences(lock.decode())),
        python=platform.python_version(),
        machine=platform.machine(),
        unicode=unicodedata.unidata_version,
        zlib=zlib.ZLIB_RUNTIME_VERSION,
        zstd=".".join(map(str, zstandard.ZSTD_VERSION)),
        public_suffix_list=_read_version("tldextract", ".tld_set_snapshot", pattern=r"VERSION: (\S+)"),
        spdx_license_list=_read_version(
            "license_expression",
            "data/license_key_index.json.ABOUT",
            pattern=r"spdx_license_list_version: (\S+)",
        ),
        libraries={name: version(name) for name in LIBRARIES},
    )


def _differences(lock: str) -> Iterator[tuple[str, str]]:
    """(name, installed version) of distributions that are installed in no version of the lock."""
    locked: dict[str, set[str]] = {}
    for name, pinned in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock, re.MULTILINE):
        locked.setdefault(name, set()).add(pinned)
    for name, versions in sorted(locked.items()):
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # of an extra or of another platform
        if installed not in versions:
            yield name, installed


def _read_version(package: str, path: str, *, pattern: str) -> str:
    """What a file of an installed package says of its data's version; `unknown` where it says nothing."""
    try:
        text = files(package).joinpath(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        return "unknown"
    match = re.search(pattern, text)
    return match[1] if match else "unknown"
