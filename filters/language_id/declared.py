"""What sources declare, beside what a model can name."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from filters.language_id.candidates import fitting_scripts
from filters.language_id.labels import CHINESE, EQUIVALENT, TRADITIONAL, UNDETERMINED, canonical_tag

_NONE, _EITHER_CHINESE = -1, -2


@cache
def _groups_of(names: tuple[str, ...]) -> tuple[dict[str, int], np.ndarray, np.ndarray]:
    """Tag that others count as → its number; the number of each name int64; whether each is Chinese."""
    group_of: dict[str, int] = {}
    numbers = [group_of.setdefault(EQUIVALENT.get(name, name), len(group_of)) for name in names]
    return group_of, np.array(numbers), np.array([name.startswith(f"{CHINESE}-") for name in names])


@dataclass(frozen=True)
class Declared:
    """The declared languages of n documents, resolved once per distinct code."""

    tags: tuple[str, ...]
    tag: np.ndarray
    """Index into tags: int64 [n]; und where nothing is declared."""
    given: np.ndarray
    nameable: np.ndarray
    """Whether the model has a label for it, or for the language that it counts as, and can be relied on."""
    traditional: np.ndarray
    _group: np.ndarray
    _groups: np.ndarray
    _chinese: np.ndarray

    @classmethod
    def read(
        cls, declared: pa.StringArray, *, names: tuple[str, ...], unreliable: frozenset[str]
    ) -> "Declared":
        """n codes as sources write them, or null."""
        encoded = pc.dictionary_encode(declared)
        codes = [*encoded.dictionary.to_pylist(), ""]  # distinct codes, not documents
        resolved = [canonical_tag(code) if code else None for code in codes]
        index = pc.fill_null(encoded.indices, len(codes) - 1).to_numpy(zero_copy_only=False)
        tags = tuple(tag or UNDETERMINED for tag in resolved)
        group_of, groups, chinese = _groups_of(names)
        group = np.array(
            [
                _EITHER_CHINESE
                if tag == CHINESE and chinese.any()
                else group_of.get(EQUIVALENT.get(tag, tag), _NONE)
                for tag in tags
            ]
        )
        reliable = np.array([tag not in unreliable for tag in tags])
        return cls(
            tags=tags,
            tag=index,
            given=np.array([tag is not None for tag in resolved])[index],
            nameable=((group != _NONE) & reliable)[index],
            traditional=np.array([tag == TRADITIONAL for tag in tags])[index],
            _group=group[index],
            _groups=groups,
            _chinese=chinese,
        )

    def fitting_letters(self, letters: np.ndarray, *, scripts: Mapping[str, tuple[str, ...]]) -> np.ndarray:
        """Letters in the scripts of what a document is declared in, if no model can name that: int64 [n]."""
        rows = np.flatnonzero(self.given & ~self.nameable)
        written = np.zeros(len(self.tag), np.int64)
        if len(rows) > 0:
            table = np.array([fitting_scripts(tag, scripts=scripts) for tag in self.tags])
            written[rows] = (letters[rows] * table[self.tag[rows]]).sum(axis=1)
        return written

    def agrees(self, best: np.ndarray) -> np.ndarray:
        """Whether each best name (-1: none) is the declared language, or counts as it: bool."""
        same: np.ndarray = self._groups[best] == self._group
        same |= (self._group == _EITHER_CHINESE) & self._chinese[best]
        return same & (best >= 0)

    def agrees_with(self, names: np.ndarray, *, documents: np.ndarray) -> np.ndarray:
        """Whether each of k names of the model is what its document declares, or counts as it: bool [k]."""
        same: np.ndarray = self._groups[names] == self._group[documents]
        same |= (self._group[documents] == _EITHER_CHINESE) & self._chinese[names]
        return same

    @property
    def equivalent(self) -> np.ndarray:
        """Whether the declared language is one of a group that models do not tell apart: bool."""
        grouped = {*EQUIVALENT, *EQUIVALENT.values()}
        is_grouped: np.ndarray = np.array([tag in grouped for tag in self.tags])[self.tag]
        return is_grouped
