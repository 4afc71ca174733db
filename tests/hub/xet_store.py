"""Large objects of a Hub: bytes that came by LFS, and files in `hf_xet`'s own local store."""

import tempfile
from pathlib import Path

_HEADER = 48
"""Bytes of the header of a shard file, and of each record of its section of files."""
_IS_VERIFIED, _HAS_METADATA = 1 << 31, 1 << 30


class Objects:
    """SHA-256 → content; folder is Xet's store, which clients write and read themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_lfs: dict[str, bytes] = {}
        self._fetched: dict[str, bytes] = {}
        self._deleted: set[str] = set()
        self._xet_hashes: dict[str, str] = {}
        self._shards_read: set[Path] = set()

    @property
    def endpoint(self) -> str:
        return f"local://{self.folder}"

    def has(self, sha256: str) -> bool:
        return sha256 in self.by_lfs or self.find_xet_hash(sha256) is not None

    def size(self, sha256: str) -> int:
        return len(self.read(sha256))

    def find_xet_hash(self, sha256: str) -> str | None:
        """Xet's name of a file that clients have put into the store."""
        if sha256 in self._deleted:
            return None
        if sha256 in self._xet_hashes:
            return self._xet_hashes[sha256]
        for shard in {*self.folder.glob("xet/xorbs/shards/*.mdb")} - self._shards_read:
            self._xet_hashes.update(_read_files(shard))
            self._shards_read.add(shard)
        return self._xet_hashes.get(sha256)

    def read(self, sha256: str) -> bytes:
        """The content; raises KeyError where there is none."""
        if sha256 in self._deleted:
            raise KeyError(sha256)
        if sha256 in self.by_lfs:
            return self.by_lfs[sha256]
        if sha256 not in self._fetched:
            self._fetched[sha256] = self._reconstruct(sha256)
        return self._fetched[sha256]

    def delete(self, sha256: str) -> None:
        self._deleted.add(sha256)
        self.by_lfs.pop(sha256, None)

    def _reconstruct(self, sha256: str) -> bytes:
        import hf_xet  # type: ignore[import-untyped]

        hash = self.find_xet_hash(sha256)
        if hash is None:
            raise KeyError(sha256)
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "content"
            with hf_xet.XetSession().new_file_download_group(endpoint=self.endpoint) as group:
                group.start_download_file(hf_xet.XetFileInfo(hash), str(target))
            return target.read_bytes()


def _read_files(shard: Path) -> list[tuple[str, str]]:
    """(SHA-256, Xet's hash) of the files that a shard describes, as xet-core's shard format has them."""
    data, place, files = shard.read_bytes(), _HEADER, []
    while (hash := data[place : place + 32]) != b"\xff" * 32 and len(hash) == 32:
        flags, entries = (int.from_bytes(data[place + at : place + at + 4], "little") for at in (32, 36))
        place += _HEADER * (1 + entries * (2 if flags & _IS_VERIFIED else 1))
        if flags & _HAS_METADATA:
            files.append((_to_hex(data[place : place + 32]), _to_hex(hash)))
            place += _HEADER
    return files


def _to_hex(digest: bytes) -> str:
    """Four little-endian numbers in hexadecimal, as Xet writes digests."""
    return "".join(f"{int.from_bytes(digest[at : at + 8], 'little'):016x}" for at in range(0, 32, 8))
