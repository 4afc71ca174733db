"""The language of a document from the languages of its segments: weighted votes."""

import numpy as np

from filters.kernels.compiling import kernel, kernel_without_references

_Lists = tuple[np.ndarray, np.ndarray, np.ndarray]


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


@kernel
def count_votes(
    segments: np.ndarray,
    weights: np.ndarray,
    candidates: _Lists,
    families: np.ndarray,
    nothing: int,
    limits: tuple[float, float, float, float, float],
) -> tuple[np.ndarray, np.ndarray, _Lists, _Lists]:
    """n documents → winner int64 [n], votes float64 [5, n], (ends, name, share) and (ends, name, mean score).

    segments int64 [n + 1]: those of document i are [segments[i], segments[i + 1]). weights int64 [m]: what
    a segment says, 0 where there is nothing to identify. candidates: (ends int64 [m + 1], name, probability)
    of the segments. families int64 [names]: which names are close languages, -1 for none. nothing: the name
    of text in no language, -1 for none. limits: the least probability of a vote, share and mean score to be
    listed; share and mean probability of a vote from which on a language stands apart from its family.

    A segment votes for the candidate with the largest product of its probability here and its mean over
    the document, so that close languages follow the rest of the text. Where it has no candidate of enough
    probability it votes for no language, listed as the number of names, as are votes for nothing. Votes of a
    family go to the one of the largest mean, but of one that stands apart. Winner: the language of the most
    votes, then mean score, then name; if more are for no language, nothing or the number of names.
    votes: the winner's mean probability over the segments that voted for it, its share, the largest share of
    another language, the largest mean of a close language as a part of the winner's, and the share of all
    languages together.
    """
    ends, candidate_names, scores = candidates
    min_vote, min_share, min_mean, apart_share, apart_score = limits
    names = len(families)
    n = len(segments) - 1
    winner = np.full(n, names, np.int64)
    result = np.zeros((5, n), np.float64)
    most_shares = n * (int(1 / min_share) + 1)
    most_means = min(n * (int(1 / min_mean) + 1), len(scores))
    share_ends, share_names, shares = (
        np.zeros(n + 1, np.int64),
        np.empty(most_shares + 1, np.int64),
        np.empty(most_shares + 1, np.float64),
    )
    mean_ends, mean_names, means = (
        np.zeros(n + 1, np.int64),
        np.empty(most_means + 1, np.int64),
        np.empty(most_means + 1, np.float64),
    )
    mass = np.zeros(names + 1, np.float64)  # of the document in hand; zero again after each
    votes = np.zeros(names + 1, np.int64)
    trust = np.zeros(names + 1, np.float64)
    pooled = np.zeros(names + 1, np.int64)
    leaders = np.full(names + 1, -1, np.int64)
    seen = np.empty(names + 1, np.int64)
    for document in range(n):
        first, last = segments[document], segments[document + 1]
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
        seen[seen_count] = names
        for segment in range(first, last):
            if weights[segment] == 0:
                continue
            best, best_value, best_score = names, 0.0, 0.0
            for k in range(ends[segment], ends[segment + 1]):
                value = scores[k] * mass[candidate_names[k]]
                if value > best_value:
                    best, best_value, best_score = candidate_names[k], value, scores[k]
            if best_score < min_vote:
                best = names
            votes[best] += weights[segment]
            trust[best] += weights[segment] * best_score
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
            apart = votes[name] >= apart_share * total and trust[name] >= apart_score * votes[name]
            pooled[name if apart else leader] += votes[name]
        share_end, mean_end = share_ends[document], mean_ends[document]
        top = names
        most, score = np.int64(0), 0.0
        unnamed = votes[names] + (votes[nothing] if nothing >= 0 else 0)
        for k in range(seen_count + 1):
            name = seen[k]
            if name != names and name != nothing:
                better = pooled[name] > most or (pooled[name] == most and mass[name] > score)
                if better or (pooled[name] == most and mass[name] == score and name < top):
                    top, most, score = name, pooled[name], mass[name]
            listed = votes[name] if name != names else unnamed
            if name != nothing and listed >= min_share * total and listed > 0:
                insert_ranked(share_names, shares, share_ends[document], share_end, name, listed / total)
                share_end += 1
            if name != names and mass[name] >= min_mean * total:
                insert_ranked(mean_names, means, mean_ends[document], mean_end, name, mass[name] / total)
                mean_end += 1
        if unnamed > most:
            top = nothing if nothing >= 0 and votes[nothing] >= votes[names] else names
        if total > 0 and pooled[top] > 0:
            winner[document] = top
            result[0, document] = trust[top] / votes[top] if votes[top] > 0 else mass[top] / total
            result[1, document] = pooled[top] / total
            result[4, document] = (total - unnamed) / total
            for k in range(seen_count):
                if seen[k] != top and seen[k] != nothing:
                    result[2, document] = max(result[2, document], pooled[seen[k]] / total)
                    if top < names and families[top] >= 0 and families[seen[k]] == families[top]:
                        result[3, document] = max(result[3, document], mass[seen[k]] / mass[top])
        for k in range(seen_count + 1):
            if seen[k] < names and families[seen[k]] >= 0:
                leaders[families[seen[k]]] = -1
            pooled[seen[k]] = 0
            mass[seen[k]] = 0
            votes[seen[k]] = 0
            trust[seen[k]] = 0
        share_ends[document + 1], mean_ends[document + 1] = share_end, mean_end
    share_count, mean_count = share_ends[n], mean_ends[n]
    return (
        winner,
        result,
        (share_ends, share_names[:share_count], shares[:share_count]),
        (mean_ends, mean_names[:mean_count], means[:mean_count]),
    )
