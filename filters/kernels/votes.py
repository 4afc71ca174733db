"""The language of a document from the languages of its segments: weighted votes."""

import numpy as np

from layers.compiling import kernel, kernel_without_references

_Lists = tuple[np.ndarray, np.ndarray, np.ndarray]
_Tally = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Of the document in hand, by name; zero again after each: probability by content, votes, votes times
probability, votes pooled by family; the leader of each family, -1 again; names in the order met."""


@kernel
def fit_scripts(rows: np.ndarray, kinds: np.ndarray, letters: np.ndarray, fitting: np.ndarray) -> np.ndarray:
    """Letters of rows[i] in the scripts of kinds[i]: k pairs, counts [m, scripts], bool [kinds, scripts]."""
    written = np.zeros(len(rows), np.int64)
    for i in range(len(rows)):
        for script in range(letters.shape[1]):
            if fitting[kinds[i], script]:
                written[i] += letters[rows[i], script]
    return written


@kernel_without_references
def sum_segments(counts: np.ndarray, segments: np.ndarray, sums: np.ndarray) -> None:
    """Sums of the rows of each document's segments: [m, k], those of i at segments[i:i + 2] → sums [n, k]."""
    for document in range(len(sums)):
        for c in range(sums.shape[1]):
            sums[document, c] = 0
        for segment in range(segments[document], segments[document + 1]):
            for c in range(sums.shape[1]):
                sums[document, c] += counts[segment, c]


@kernel_without_references
def insert_ranked(
    labels: np.ndarray, scores: np.ndarray, start: int, end: int, label: int, score: float
) -> None:
    """Insert into labels, scores [start, end), sorted by falling score, then label."""
    i = end
    while i > start and (scores[i - 1] < score or (scores[i - 1] == score and labels[i - 1] > label)):
        labels[i] = labels[i - 1]
        scores[i] = scores[i - 1]
        i -= 1
    labels[i] = label
    scores[i] = score


@kernel_without_references
def _sum_masses(
    first: int, last: int, weights: np.ndarray, candidates: _Lists, tally: _Tally
) -> tuple[int, int]:
    """Content of a document, and how many names its segments have; their probabilities by content."""
    ends, candidate_names, scores = candidates
    mass, seen = tally[0], tally[5]
    total = 0
    seen_count = 0
    for segment in range(first, last):
        if weights[segment] == 0:
            continue
        total += weights[segment]
        for k in range(ends[segment], ends[segment + 1]):
            name = candidate_names[k]
            if mass[name] == 0:
                seen[seen_count] = name
                seen_count += 1
            mass[name] += weights[segment] * scores[k]
    return total, seen_count


@kernel_without_references
def _cast_votes(
    first: int,
    last: int,
    weights: np.ndarray,
    candidates: _Lists,
    tally: _Tally,
    min_vote: float,
    cast: tuple[np.ndarray, np.ndarray],
) -> None:
    """A segment votes for the candidate of the largest product of its probability here and its mass."""
    ends, candidate_names, scores = candidates
    mass, votes, trust = tally[0], tally[1], tally[2]
    none = len(mass) - 1
    for segment in range(first, last):
        if weights[segment] == 0:
            continue
        best, best_value, best_score = none, 0.0, 0.0
        for k in range(ends[segment], ends[segment + 1]):
            value = scores[k] * mass[candidate_names[k]]
            if value > best_value:
                best, best_value, best_score = candidate_names[k], value, scores[k]
        if best_score < min_vote:
            best = none
        cast[0][segment], cast[1][segment] = best, best_score
        votes[best] += weights[segment]
        trust[best] += weights[segment] * best_score


@kernel_without_references
def _pool_families(
    seen_count: int, families: np.ndarray, tally: _Tally, min_votes: float, apart_score: float
) -> None:
    """Votes of a family go to the name of the largest mass, but those of a name that stands apart."""
    mass, votes, trust, pooled, leaders, seen = tally
    names = len(families)
    for k in range(seen_count):
        name = seen[k]
        family = families[name]
        if family >= 0:
            leader = leaders[family]
            ahead = leader < 0 or mass[name] > mass[leader]
            if ahead or (mass[name] == mass[leader] and name < leader):
                leaders[family] = name
    for k in range(seen_count + 1):
        name = seen[k]
        leader = leaders[families[name]] if name < names and families[name] >= 0 else name
        apart = votes[name] >= min_votes and trust[name] >= apart_score * votes[name]
        pooled[name if apart else leader] += votes[name]


@kernel_without_references
def _choose(seen_count: int, tally: _Tally, nothing: int) -> int:
    """The language of the most pooled votes, then mass, then name; the number of names without a vote."""
    mass, pooled, seen = tally[0], tally[3], tally[5]
    top = len(mass) - 1
    most, score = np.int64(0), 0.0
    for k in range(seen_count):
        name = seen[k]
        if name != nothing and pooled[name] > 0:
            better = pooled[name] > most or (pooled[name] == most and mass[name] > score)
            if better or (pooled[name] == most and mass[name] == score and name < top):
                top, most, score = name, pooled[name], mass[name]
    return top


@kernel_without_references
def _compare(
    total: int,
    seen_count: int,
    families: np.ndarray,
    tally: _Tally,
    places: tuple[int, int, int],
    votes_of: np.ndarray,
) -> int:
    """What has more votes than the document's winner, -1 if it has most; its column of votes.

    places: the document, its winner, the name of text in no language.
    """
    mass, votes, trust, pooled, _, seen = tally
    document, top, nothing = places
    names = len(families)
    unnamed = votes[names] + (votes[nothing] if nothing >= 0 else 0)
    votes_of[4, document] = (total - unnamed) / total
    outvoted = -1
    most = pooled[top] if top < names else 0
    if unnamed > most:
        outvoted = nothing if nothing >= 0 and votes[nothing] >= votes[names] else names
        votes_of[5, document] = trust[outvoted] / votes[outvoted]
    if top == names:
        return outvoted
    votes_of[0, document] = trust[top] / votes[top] if votes[top] > 0 else mass[top] / total
    votes_of[1, document] = pooled[top] / total
    family = families[top]
    second, close = np.int64(0), 0.0
    for k in range(seen_count):
        name = seen[k]
        if name != top and name != nothing:
            second = max(second, pooled[name])
            if family >= 0 and families[name] == family:
                close = max(close, mass[name])
    votes_of[2, document], votes_of[3, document] = second / total, close / mass[top]
    return outvoted


@kernel_without_references
def _list_names(
    total: int,
    seen_count: int,
    tally: _Tally,
    nothing: int,
    limits: tuple[float, float],
    lists: tuple[_Lists, _Lists],
    document: int,
) -> None:
    """Shares of votes, and mean probabilities, of at least the limits, to the two lists of the document."""
    mass, votes, seen = tally[0], tally[1], tally[5]
    min_share, min_mean = limits
    names = len(mass) - 1
    share_ends, share_names, share_values = lists[0]
    mean_ends, mean_names, mean_values = lists[1]
    share_end, mean_end = share_ends[document], mean_ends[document]
    least_votes, least_mass = min_share * total, min_mean * total
    for k in range(seen_count + 1):
        name = seen[k]
        listed = votes[name]
        if name == names and nothing >= 0:
            listed += votes[nothing]
        if listed > 0 and listed >= least_votes and name != nothing:
            insert_ranked(share_names, share_values, share_ends[document], share_end, name, listed / total)
            share_end += 1
        if mass[name] >= least_mass and name != names:
            insert_ranked(mean_names, mean_values, mean_ends[document], mean_end, name, mass[name] / total)
            mean_end += 1
    share_ends[document + 1], mean_ends[document + 1] = share_end, mean_end


@kernel_without_references
def _clear(seen_count: int, families: np.ndarray, tally: _Tally) -> None:
    mass, votes, trust, pooled, leaders, seen = tally
    for k in range(seen_count + 1):
        name = seen[k]
        if name < len(families) and families[name] >= 0:
            leaders[families[name]] = -1
        mass[name] = trust[name] = 0
        votes[name] = pooled[name] = 0


@kernel
def _empty_lists(n: int, count: int) -> _Lists:
    """Ends of n documents, and room for so many names and values."""
    return np.zeros(n + 1, np.int64), np.empty(count + 1, np.int64), np.empty(count + 1, np.float64)


@kernel
def _empty_tally(size: int) -> _Tally:
    return (
        np.zeros(size, np.float64),
        np.zeros(size, np.int64),
        np.zeros(size, np.float64),
        np.zeros(size, np.int64),
        np.full(size, -1, np.int64),
        np.empty(size, np.int64),
    )


@kernel
def count_votes(
    segments: np.ndarray,
    weights: np.ndarray,
    candidates: _Lists,
    families: np.ndarray,
    nothing: int,
    limits: tuple[float, float, float, float, float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, _Lists, _Lists, tuple[np.ndarray, np.ndarray]]:
    """n documents → winner, outvoted int64 [n], votes float64 [6, n], shares and means, what m segments cast.

    segments int64 [n + 1]: those of document i are [segments[i], segments[i + 1]). weights int64 [m]: what
    a segment says, 0 where there is nothing to identify. candidates: (ends int64 [m + 1], name, probability)
    of the segments. families int64 [names]: which names are close languages, -1 for none. nothing: the name
    of text in no language, -1 for none. limits: the least probability of a vote, share and mean score to be
    listed; share and mean probability of a vote from which on a language stands apart from its family.

    A segment votes for the candidate with the largest product of its probability here and its mean over
    the document, so that close languages follow the rest of the text. Where it has no candidate of enough
    probability it votes for no language, listed as the number of names, as are votes for nothing. Votes of a
    family go to the one of the largest mean, but of one that stands apart. Winner: the language of the most
    votes, then mean score, then name; the number of names without one. outvoted: nothing or the number of
    names, the one of more votes, if both together have more than the winner, else -1.
    votes: the winner's mean probability over the segments that voted for it, its share, the largest share of
    another language, the largest mean of a close language as a part of the winner's, the share of all
    languages together, and the mean probability of what outvoted the winner. shares, means: (ends, name,
    value). cast: each segment's vote, the number of names for none, and its probability: int64, float64 [m].
    """
    min_vote, min_share, min_mean, apart_share, apart_score = limits
    names = len(families)
    n = len(segments) - 1
    winner = np.full(n, names, np.int64)
    outvoted = np.full(n, names, np.int64)
    votes = np.zeros((6, n), np.float64)
    cast = np.full(len(weights), names, np.int64), np.zeros(len(weights), np.float64)
    shares = _empty_lists(n, n * (int(1 / min_share) + 1))
    means = _empty_lists(n, min(n * (int(1 / min_mean) + 1), len(candidates[2])))
    tally = _empty_tally(names + 1)
    for document in range(n):
        first, last = segments[document], segments[document + 1]
        total, seen_count = _sum_masses(first, last, weights, candidates, tally)
        tally[5][seen_count] = names
        _cast_votes(first, last, weights, candidates, tally, min_vote, cast)
        _pool_families(seen_count, families, tally, apart_share * total, apart_score)
        if total > 0:
            top = _choose(seen_count, tally, nothing)
            places = (document, top, nothing)
            winner[document] = top
            outvoted[document] = _compare(total, seen_count, families, tally, places, votes)
        _list_names(total, seen_count, tally, nothing, (min_share, min_mean), (shares, means), document)
        _clear(seen_count, families, tally)
    share_count, mean_count = shares[0][n], means[0][n]
    return (
        winner,
        outvoted,
        votes,
        (shares[0], shares[1][:share_count], shares[2][:share_count]),
        (means[0], means[1][:mean_count], means[2][:mean_count]),
        cast,
    )
