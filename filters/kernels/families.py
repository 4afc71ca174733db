"""Linear classifiers of a few close languages each: hashed character n-grams, a weight for each language.

A model of hundreds of languages has a few dozen numbers for each n-gram, which all of them share; close
languages differ in n-grams that are rare among all. Here each language of a family has a weight of its own.
"""

import numpy as np

from filters.kernels.vectors import sum_eight, sum_sixteen
from filters.kernels.votes import insert_ranked
from layers.compiling import inlined_kernel, kernel

MIN_NGRAM, MAX_NGRAM = 2, 6
"""Code points; words are between spaces, and n-grams reach over them."""
_BASIS = np.uint64(0xCBF29CE484222325)
_PRIME = np.uint64(0x100000001B3)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_29, _32 = np.uint64(29), np.uint64(32)

Candidates = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Ends int64 [n + 1], label int32, probability float32, best first."""
Weights = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""All families' weights int8, one after the other, rows of NARROW or WIDE members; where each begins int64;
scale float32; slots int64."""
Room = tuple[np.ndarray, np.ndarray, np.ndarray]
"""For the n-grams of a text: slots int64, hashes uint64, bytes uint8, of one length."""
NARROW, WIDE = 8, 16
"""Members that a row has room for: so many are added side by side."""
Members = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Family of each label int32, -1: none; labels of all families int32; where each family begins int64."""


@inlined_kernel
def _hash_step(h: np.uint64, byte: np.uint8) -> np.uint64:
    return (h ^ np.uint64(byte)) * _PRIME


@kernel
def find_ngrams(values: np.ndarray, start: int, end: int, mask: np.int64, out: np.ndarray) -> int:
    """Slots of the n-grams of a text between two spaces into out; how many. out limits what is read."""
    count = 0
    size = end - start + 2
    for first in range(size):
        byte = np.uint8(32) if first == 0 or first == size - 1 else values[start + first - 1]
        if byte & 0xC0 == 0x80:
            continue
        h = _BASIS
        i = first
        n = 0
        while i < size and n < MAX_NGRAM:
            h = _hash_step(h, np.uint8(32) if i == 0 or i == size - 1 else values[start + i - 1])
            i += 1
            while i < size - 1 and values[start + i - 1] & 0xC0 == 0x80:
                h = _hash_step(h, values[start + i - 1])
                i += 1
            n += 1
            if n >= MIN_NGRAM:
                if count == len(out):
                    return count
                mixed = (h ^ (h >> _29)) * _MIX
                out[count] = np.int64(mixed >> _32) & mask
                count += 1
    return count


@kernel
def _find_quickly(values: np.ndarray, start: int, end: int, mask: np.int64, room: Room) -> int:
    """find_ngrams in another order: those of one length side by side, where all characters are of ASCII."""
    out, hashes, padded = room
    size = end - start + 2
    if size * (MAX_NGRAM - MIN_NGRAM + 1) > len(out):
        return find_ngrams(values, start, end, mask, out)
    padded[0] = padded[size - 1] = 32
    beyond = 0
    for i in range(end - start):
        padded[i + 1] = values[start + i]
        beyond |= values[start + i]
    if beyond >= 0x80:
        return find_ngrams(values, start, end, mask, out)
    at = np.uint64(
        0
    )  # unsigned: an index is not asked if it is negative, so that loops fill vector registers
    hashes[:size] = _BASIS
    for n in range(1, MAX_NGRAM + 1):
        many = max(size - n + 1, 0)
        last = np.uint64(n - 1)
        for i in range(many):
            hashes[i] = (hashes[i] ^ np.uint64(padded[np.uint64(i) + last])) * _PRIME
        for i in range(many if n >= MIN_NGRAM else 0):
            mixed = (hashes[i] ^ (hashes[i] >> _29)) * _MIX
            out[at + np.uint64(i)] = np.int64(mixed >> _32) & mask
        at += np.uint64(many if n >= MIN_NGRAM else 0)
    return int(np.int64(at))


@kernel
def _sum_weights(
    flat: np.ndarray, first: int, slots: np.ndarray, count: int, size: int, part: np.ndarray
) -> None:
    """Sums of the rows of count slots, of size members each, into part int32 [WIDE], others 0."""
    part[:] = 0
    base, none, end = np.uint64(first), np.uint64(0), np.uint64(count)
    if size <= NARROW:
        sum_eight(flat, base, np.uint64(NARROW), slots, none, end, part, none)
    else:
        sum_sixteen(flat, base, np.uint64(WIDE), slots, none, end, part, none)


@kernel
def train_family(
    values: np.ndarray,
    offsets: np.ndarray,
    gold: np.ndarray,
    epochs: int,
    rate: float,
    weights: np.ndarray,
    squares: np.ndarray,
    ngrams: np.ndarray,
) -> None:
    """Softmax regression of n texts in their order on weights float64 [slots, members], zeros before.

    Each text is a unit vector. Steps are as AdaGrad makes them (Duchi, Hazan, Singer 2011): squares of the
    same shape, zeros before. gold int64 [n]: the text's member. ngrams int64 is room for those of a text.
    """
    members = weights.shape[1]
    mask = np.int64(weights.shape[0] - 1)
    slope = np.empty(members, np.float64)
    for _ in range(epochs):
        for row in range(len(offsets) - 1):
            count = find_ngrams(values, offsets[row], offsets[row + 1], mask, ngrams)
            length = 1 / np.sqrt(max(count, 1))
            slope[:] = 0
            for k in range(count):
                for c in range(members):
                    slope[c] += weights[ngrams[k], c]
            most = -np.inf
            for c in range(members):
                slope[c] *= length
                most = max(most, slope[c])
            total = 0.0
            for c in range(members):
                slope[c] = np.exp(slope[c] - most)
                total += slope[c]
            for c in range(members):
                slope[c] = (slope[c] / total - (1.0 if c == gold[row] else 0.0)) * length
            for k in range(count):
                slot = ngrams[k]
                for c in range(members):
                    squares[slot, c] += slope[c] * slope[c]
                    weights[slot, c] -= rate * slope[c] / np.sqrt(squares[slot, c] + 1e-6)


@inlined_kernel
def _count_rivals(labels: np.ndarray, family_of: np.ndarray, family: int) -> int:
    """How many labels, but for the first, are of the family; a family below 0 has none."""
    rivals = 0
    for k in range(1, len(labels) if family >= 0 else 0):
        rivals += family_of[labels[k]] == family
    return rivals


@inlined_kernel
def _make_probabilities(sums: np.ndarray, scale: float, part: np.ndarray) -> None:
    """Softmax of the sums, each times scale, into part float64 of the family's size, not below 1e-6."""
    most = -np.inf
    for c in range(len(part)):
        part[c] = sums[c] * scale
        most = max(most, part[c])
    total = 0.0
    for c in range(len(part)):
        part[c] = np.exp(part[c] - most)
        total += part[c]
    for c in range(len(part)):
        part[c] = max(part[c] / total, 1e-6)


@inlined_kernel
def _share_out(
    labels: np.ndarray,
    scores: np.ndarray,
    of_family: np.ndarray,
    part: np.ndarray,
    limits: tuple[float, float],
    shared: np.ndarray,
    out: tuple[np.ndarray, np.ndarray],
    at: int,
) -> int:
    """Candidates of a text → the same into out from place at on, the sum of the family shared out anew.

    of_family: its labels; part: its own probability of each; limits: the least score, the power; shared: room
    for as many. The place after the last.
    """
    least, power = limits
    out_labels, out_scores = out
    begin, mass = at, 0.0
    shared[:] = 0
    for k in range(len(labels)):
        member = -1
        for c in range(len(of_family)):
            if of_family[c] == labels[k]:
                member = c
        if member >= 0:
            mass += scores[k]
            shared[member] = scores[k]
        else:
            insert_ranked(out_labels, out_scores, begin, at, labels[k], float(scores[k]))
            at += 1
    total = 0.0
    for c in range(len(of_family)):
        shared[c] = max(shared[c], least) ** (1 - power) * part[c] ** power
        total += shared[c]
    for c in range(len(of_family)):
        score = np.float32(mass * shared[c] / total)
        if score >= least:
            insert_ranked(out_labels, out_scores, begin, at, of_family[c], float(score))
            at += 1
    return at


@kernel
def refine(
    values: np.ndarray,
    offsets: np.ndarray,
    candidates: Candidates,
    members: Members,
    weights: Weights,
    limits: tuple[float, float, float],
    room: Room,
) -> Candidates:
    """Candidates of n texts → the same, with the best one's family shared out anew among its members.

    One without another candidate of its family stays as it is: most texts are not read a second time.
    The sum of the family stays; each member's part of it is the product of the model's part, never below
    the least score, and the family's own probability, to the powers that add up to 1. limits: the least
    score, the power of the family's probability, and the score from which on the best one stays as it is.
    """
    ends, labels, scores = candidates
    family_of, family_labels, family_ends = members
    flat, weight_ends, scales, slots = weights
    least, power, certain = limits
    n = len(offsets) - 1
    widest = 1
    for family in range(len(family_ends) - 1):
        widest = max(widest, family_ends[family + 1] - family_ends[family])
    out_ends = np.zeros(n + 1, np.int64)
    out_labels = np.empty(len(labels) + n * widest, np.int32)
    out_scores = np.empty(len(out_labels), np.float32)
    sums, part = np.empty(WIDE, np.int32), np.empty(widest, np.float64)
    out, work = (out_labels, out_scores), np.empty(widest, np.float64)
    at = 0
    for row in range(n):
        first, last = ends[row], ends[row + 1]
        family = family_of[labels[first]] if last > first else -1
        if _count_rivals(labels[first:last], family_of, family) == 0 or scores[first] >= certain:
            for k in range(first, last):
                out_labels[at], out_scores[at] = labels[k], scores[k]
                at += 1
        else:
            of_family = family_labels[family_ends[family] : family_ends[family + 1]]
            size = len(of_family)
            count = _find_quickly(values, offsets[row], offsets[row + 1], slots[family] - 1, room)
            _sum_weights(flat, weight_ends[family], room[0], count, size, sums)
            _make_probabilities(sums, scales[family] / np.sqrt(max(count, 1)), part[:size])
            at = _share_out(
                labels[first:last], scores[first:last], of_family, part, (least, power), work, out, at
            )
        out_ends[row + 1] = at
    return out_ends, out_labels[:at], out_scores[:at]
