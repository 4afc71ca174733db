"""Of each component of documents, which stay: in rank order, each compared with what stays before it.

A document goes only if its signature is equal enough to that of one that stays; those that it is compared
with share a band with it. A band is known by its bytes in the signature.
"""

import numpy as np

from filters.kernels.hashing import FNV_BASIS, FNV_PRIME, fmix64
from layers.compiling import kernel


@kernel
def _hash_band(packed, row, band, width):  # type: ignore[no-untyped-def]
    value = FNV_BASIS ^ np.uint64(band)
    for k in range(band * width, (band + 1) * width):
        value = (value ^ np.uint64(packed[row, k])) * FNV_PRIME
    return fmix64(value)


@kernel
def _same_band(packed, one, other, band, width):  # type: ignore[no-untyped-def]
    k, stop = band * width, (band + 1) * width
    while k < stop and packed[one, k] == packed[other, k]:
        k += 1
    return k == stop


@kernel
def _count_equal(packed, one, other):  # type: ignore[no-untyped-def]
    equal = 0
    for k in range(packed.shape[1]):
        equal += packed[one, k] == packed[other, k]
    return equal


@kernel
def _find_bucket(table, mask, slot, units, packed, row, band, bands):  # type: ignore[no-untyped-def]
    """Slot of the bucket of a row's band, or the empty slot where it belongs, from a slot on."""
    width = packed.shape[1] // bands
    while table[slot] >= 0:
        if table[slot] % bands == band:
            head = units[table[slot] // bands]
            if _same_band(packed, head, row, band, width):
                break
        slot = (slot + 1) & mask
    return slot


@kernel
def _compare_all(units, passes, packed, bands, least, twin, equal):  # type: ignore[no-untyped-def]
    """A component of so few units that no bucket can be full: every pair is looked at."""
    width = packed.shape[1] // bands
    for i in range(1, units.size):
        row, best, chosen = units[i], -1, -1
        for j in range(i):
            other = units[j]
            if passes[other] and twin[other] < 0:
                for band in range(bands):
                    if _same_band(packed, row, other, band, width):
                        same = _count_equal(packed, row, other)
                        if same >= least and same > best:
                            best, chosen = same, other
                        break
        if chosen >= 0:
            twin[row], equal[row] = chosen, best


@kernel
def _compare_buckets(  # type: ignore[no-untyped-def]
    units, passes, packed, bands, least, most, twin, equal, table, mask, links, seen
):
    """As _compare_all, by buckets of units that share a band: lists, of which a table has the heads."""
    width = packed.shape[1] // bands
    slots, held = np.empty(bands, np.int64), np.empty(bands, np.int64)
    table[: mask + 1] = -1
    seen[: units.size] = -1
    for i in range(units.size):
        row, best, chosen = units[i], -1, -1
        for band in range(bands):
            slot = np.int64(_hash_band(packed, row, band, width) & np.uint64(mask))
            slot = _find_bucket(table, mask, slot, units, packed, row, band, bands)
            slots[band], held[band] = slot, 0
            j = table[slot] // bands if table[slot] >= 0 else -1
            while j >= 0:
                held[band] += 1
                if seen[j] != i:
                    seen[j] = i
                    same = _count_equal(packed, row, units[j])
                    if same >= least and (same > best or (same == best and j < chosen)):
                        best, chosen = same, j
                j = links[j, band]
        if chosen >= 0:
            twin[row], equal[row] = units[chosen], best
        elif passes[row]:
            for band in range(bands):
                if held[band] < most:
                    # another band of this unit may have taken the slot meanwhile
                    slot = _find_bucket(table, mask, slots[band], units, packed, row, band, bands)
                    links[i, band] = table[slot] // bands if table[slot] >= 0 else -1
                    table[slot] = i * bands + band


@kernel
def find_twins(order, bounds, passes, packed, bands, least, most, twin, equal):  # type: ignore[no-untyped-def]
    """Write, for each unit that goes, the unit that stays for it, and how many bytes of both are equal.

    order[bounds[c]:bounds[c + 1]] are the units of component c in rank order. A unit goes that has least or
    more bytes equal to a unit that stays and shares a band with it; of several the most similar is
    taken, then the first in rank. A unit that does not pass stays for none. Of the units that stay, a
    bucket holds the first `most` in rank. twin starts at −1, packed is uint8 [units, bands × width].
    """
    largest = 0
    for component in range(bounds.size - 1):
        largest = max(largest, bounds[component + 1] - bounds[component])
    largest = largest if largest > most else 0
    size = 2
    while size < largest * bands + largest * bands // 4:
        size *= 2
    table, links = np.empty(size, np.int32), np.empty((largest, bands), np.int32)
    seen = np.empty(largest, np.int32)
    for component in range(bounds.size - 1):
        units = order[bounds[component] : bounds[component + 1]]
        if units.size <= most:
            _compare_all(units, passes, packed, bands, least, twin, equal)
        else:
            size = 2
            while size < units.size * bands + units.size * bands // 4:
                size *= 2
            _compare_buckets(
                units, passes, packed, bands, least, most, twin, equal, table, size - 1, links, seen
            )
