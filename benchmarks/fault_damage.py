"""Damage to a file of a finished output, of which no later layer is left to hide it."""

import os
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from layers import stages

LAYERS = tuple(name for name, layer in stages.LAYERS.items() if not layer.is_temporary)
"""In the order of the data flow: each is made from those before it."""
DAMAGES = ("bit flip", "cut", "missing", "swapped", "empty")


def classify(path: str) -> str | None:
    """The place of a file of an output, by its name alone: `measured text`, `raw entries`, `release cards`.

    None for locks and for what is written anew by each run.
    """
    *folders, name = path.split("/")
    if name.startswith(".") or name in ("plan.json", "run.json"):
        return None
    if not folders:
        return f"file {name}"
    folder, *between = folders
    role = "entries" if name.endswith(".json") else _role(name)
    if folder == "index":
        return f"{between[0]} index {role}"
    if folder == "release":
        return f"release {between[0] if between else name}"
    return f"{folder} {role}" if folder in LAYERS else None


def _role(name: str) -> str:
    """0123456789abcdef-00000.documents-00000.arrow → documents"""
    parts = name.split(".")
    return re.sub(r"-\d+$", "", parts[-2] if len(parts) > 2 else parts[0])


def list_places(out: Path) -> dict[str, list[Path]]:
    """Place → its files that hold anything, relative to the output."""
    places: dict[str, list[Path]] = {}
    for path in sorted(out.rglob("*")):
        relative = path.relative_to(out)
        place = classify(str(relative)) if path.is_file() and path.stat().st_size else None
        if place is not None:
            places.setdefault(place, []).append(relative)
    return places


def layer_of(path: Path) -> str:
    """The layer that a file belongs to; files beside the layers are as good as published."""
    folder = path.parts[1] if path.parts[0] == "index" else path.parts[0]
    return folder if folder in LAYERS else "published"


def forget_what_follows(out: Path, *, layer: str) -> None:
    """Remove what was made from a layer, so that the next run has to read it."""
    for name in LAYERS[LAYERS.index(layer) + 1 :]:
        shutil.rmtree(out / name, ignore_errors=True)
        shutil.rmtree(out / "index" / name, ignore_errors=True)


def strike(out: Path, *, kind: str, point: float, files: Sequence[Path]) -> Path:
    """Damage one of the files of a place, as its point says → which; sizes and times stay where they can."""
    chosen = files[min(int(point * len(files)), len(files) - 1)]
    target = out / chosen
    times = target.stat()
    data = target.read_bytes()
    at = int(point * 1e6) % len(data)
    if kind == "bit flip":
        flipped = data[at] ^ (1 << int(point * 1e6) % 8)
        target.write_bytes(data[:at] + bytes([flipped]) + data[at + 1 :])
        os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif kind == "cut":
        target.write_bytes(data[:at])
    elif kind == "empty":
        target.write_bytes(b"")
    elif kind == "missing":
        target.unlink()
    else:
        _swap(target, out / _other(chosen, files=files, out=out))
    return chosen


def _other(chosen: Path, *, files: Sequence[Path], out: Path) -> Path:
    """Another file to take for it: of the same place if it has two with other bytes, else of its layer."""
    data = (out / chosen).read_bytes()
    layer = [path.relative_to(out) for path in sorted((out / chosen.parts[0]).rglob(f"*{chosen.suffix}"))]
    others = [path for path in [*files, *layer] if path != chosen and (out / path).read_bytes() != data]
    return others[0] if others else chosen


def _swap(one: Path, other: Path) -> None:
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def names(message: str, *, path: Path) -> bool:
    """Whether a message names a file: by its path below the output, or by the names of its unit."""
    stem = path.name.partition(".")[0]
    return str(path) in message or path.name in message or (len(stem) > 15 and stem in message)


def differences(found: Mapping[str, str], expected: Mapping[str, str]) -> list[str]:
    """Paths that only one of two trees has, or that differ."""
    return sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
