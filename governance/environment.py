"""What was installed where a release was put together, as far as its bytes depend on it."""

from pydantic import Field

from governance.amounts import Closed


class Environment(Closed):
    """Versions of what is installed: the same inputs, config and environment give the same bytes.

    They are those of the process that wrote the manifest; a layer that was not made again for this release
    may come from an earlier environment.
    """

    lock_sha256: str = Field(
        description="SHA-256 of deploy/constraints.txt: the versions of uv.lock, which every wheel carries"
    )
    not_as_locked: dict[str, str] = Field(
        description="distribution that the lock names → version that is installed, where it is another one"
    )
    python: str
    machine: str = Field(description="architecture of the processor")
    unicode: str = Field(description="of Python's unicodedata, which signals and NFC follow")
    zlib: str = Field(description="of Python, which reads zip archives; zlib-ng reads gzip")
    zstd: str = Field(description="of zstandard, which reads inputs; shards are written by pyarrow's own")
    public_suffix_list: str = Field(description="of tldextract; sites and domains are cut by it")
    spdx_license_list: str = Field(description="of license-expression")
    libraries: dict[str, str] = Field(description="distribution → installed version")
