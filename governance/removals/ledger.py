"""The private ledger of removals: a folder of requests, of what was removed for each, and of frozen cuts.

    requests/<request_id>.yaml     what was asked for, with state and deadline
    executed/<request_id>.jsonl    the tombstones: a line per document that went or was cut
    cuts/<key>.json                where the shards of a release began before anything was removed

Patterns, values of spans and contacts stand here and nowhere else.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

import yaml

from governance.removals.request import (
    InvalidRequest,
    Request,
    check_authority,
    find_broad,
    parse_request,
)
from governance.removals.rules import Rule, selector_rules
from layers import storage

REQUESTS, EXECUTED, CUTS = "requests", "executed", "cuts"


@dataclass(frozen=True)
class Cut:
    """A span of a released text that was cut: code points, of a text of so many."""

    start: int
    end: int
    chars: int


@dataclass(frozen=True)
class Tombstone:
    """A document that was removed, or of which spans were cut."""

    doc_id: str
    """As it was released, or would have been."""
    key_id: str
    """Of source and key."""
    source: str
    lang: str
    raw_sha256: str = ""
    """Of its record, where several texts have the key."""
    is_released: bool = True
    is_twin: bool = False
    """Not asked for itself, but an exact copy of what was."""
    spans: tuple[str, ...] = ()
    """What was cut; none: the whole document went."""
    replacements: tuple[str, ...] = ()
    """Of each span what stands there instead, empty: the placeholder; none: nothing was corrected."""
    cuts: tuple[Cut, ...] = ()

    @property
    def changes(self) -> dict[str, str]:
        """Span → what stands there instead; empty: the placeholder."""
        return dict(zip(self.spans, self.replacements or ("",) * len(self.spans), strict=True))

    def to_json(self) -> dict[str, Any]:
        fields = asdict(self)
        if not self.replacements:
            del fields["replacements"]
        return fields

    def rules(self, request_id: str) -> list[Rule]:
        """What keeps it out of every later run."""
        if self.spans:
            return [
                Rule(
                    "span",
                    span,
                    request_id,
                    redacts=True,
                    doc_id=self.key_id,
                    raw_sha256=self.raw_sha256,
                    replacement=replacement,
                )
                for span, replacement in self.changes.items()
            ]
        return [Rule("document", self.key_id, request_id, raw_sha256=self.raw_sha256)]


@dataclass(frozen=True)
class Executed:
    """What was removed for one request."""

    request_id: str
    added: str
    """ISO 8601 date."""
    release: str
    """Version of the release that lacks it."""
    tombstones: tuple[Tombstone, ...]

    def to_jsonl(self) -> bytes:
        head = {"request_id": self.request_id, "added": self.added, "release": self.release}
        lines = [
            json.dumps(head),
            *(json.dumps(each.to_json(), ensure_ascii=False) for each in self.tombstones),
        ]
        return "\n".join(lines).encode() + b"\n"

    @classmethod
    def from_jsonl(cls, data: bytes, *, place: str) -> "Executed":
        """Raises InvalidRequest."""
        try:
            head, *rows = (json.loads(line) for line in data.decode().splitlines())
            tombstones = []
            for row in rows:
                cuts = tuple(Cut(**cut) for cut in row.pop("cuts"))
                lists = {name: tuple(row.get(name, ())) for name in ("spans", "replacements")}
                tombstones.append(Tombstone(**row | lists | {"cuts": cuts}))
            return cls(head["request_id"], head["added"], head["release"], tuple(tombstones))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise InvalidRequest(place, [f"no list of tombstones: {error}"]) from error

    def joined(self, others: Iterable[Tombstone], *, release: str) -> "Executed":
        """With more tombstones, for another release; two of one document are one, with all spans."""
        by_key: dict[tuple[str, str], Tombstone] = {}
        for each in (*self.tombstones, *others):
            key = (each.key_id, each.raw_sha256)
            known = by_key.get(key)
            if known is None:
                by_key[key] = each
            elif known.spans and each.spans:
                changes = known.changes | each.changes
                replacements = tuple(changes.values()) if any(changes.values()) else ()
                by_key[key] = replace(
                    known, spans=tuple(changes), replacements=replacements, cuts=known.cuts or each.cuts
                )
            elif known.spans:
                by_key[key] = each  # the whole document went since
        ordered = sorted(by_key.values(), key=lambda each: (each.source, each.key_id, each.raw_sha256))
        return Executed(self.request_id, self.added, release, tuple(ordered))


@dataclass(frozen=True)
class Ledger:
    """All requests, and what was removed."""

    requests: Mapping[str, Request] = field(default_factory=dict)
    executed: Mapping[str, Executed] = field(default_factory=dict)

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """What every run looks for, each once, in a fixed order."""
        found: dict[str, Rule] = {}
        for request in self.requests.values():
            for rule in selector_rules(request):
                found[rule.id] = rule
        for request_id, executed in self.executed.items():
            for tombstone in executed.tombstones:
                for rule in tombstone.rules(request_id):
                    found[rule.id] = rule
        return tuple(found[key] for key in sorted(found))

    @cached_property
    def gated_sources(self) -> tuple[str, ...]:
        """Sources that are published behind a gate, whatever their cards say."""
        gates = (each for each in self.requests.values() if each.is_active and each.action == "gate_source")
        return tuple(sorted({selector.canonical for gate in gates for selector in gate.selectors}))

    @cached_property
    def digest(self) -> str:
        """Of everything that a release depends on; states and contacts are not among it."""
        whole = hashlib.sha256()
        for rule in self.rules:
            whole.update(rule.id.encode())
        for request_id, executed in sorted(self.executed.items()):
            request = self.requests.get(request_id)
            whole.update(executed.to_jsonl())
            whole.update(b"" if request is None else request.public.encode())
        for uid in self.gated_sources:
            whole.update(f"gated\0{uid}\0".encode())
        return whole.hexdigest()

    @property
    def min_version(self) -> str | None:
        """The last release in which something was removed."""
        versions = [each.release for each in self.executed.values()]
        return max(versions, key=version_numbers) if versions else None


def version_numbers(version: str) -> tuple[int, ...]:
    """`1.10.0` → (1, 10, 0)."""
    return tuple(int(part) for part in version.split("."))


def read_ledger(folder: str, *, is_checked: bool = False) -> Ledger:
    """The ledger of a folder or URL, empty where there is none; raises InvalidRequest with every problem.

    A request that acts must have authority, and no selector that matches everything; is_checked: that is so.
    """
    requests: dict[str, Request] = {}
    executed: dict[str, Executed] = {}
    problems: list[str] = []
    for path in storage.list_tree(storage.join(folder, REQUESTS)):
        if not path.endswith((".yaml", ".yml")) or storage.name_of(path).startswith("."):
            continue
        place = storage.join(folder, REQUESTS, path)
        try:
            request = parse_request(storage.read_bytes(place).decode(), place=path)
        except InvalidRequest as error:
            problems += [f"{path}: {problem}" for problem in error.problems]
            continue
        except UnicodeDecodeError as error:
            problems.append(f"{path}: not UTF-8: {error}")
            continue
        if request.request_id in requests:
            problems.append(f"{path}: request {request.request_id} stands in two files")
        if request.is_active and not is_checked:
            found = check_authority(request) + find_broad(request)
            problems += [f"{path}: {problem}" for problem in found]
        requests[request.request_id] = request
    for path in storage.list_tree(storage.join(folder, EXECUTED)):
        if path.endswith(".jsonl"):
            place = storage.join(folder, EXECUTED, path)
            try:
                each = Executed.from_jsonl(storage.read_bytes(place), place=path)
                executed[each.request_id] = each
            except InvalidRequest as error:
                problems += [f"{path}: {problem}" for problem in error.problems]
    withdrawn = {uid for uid, each in requests.items() if each.decision.state in ("received", "rejected")}
    executed = {uid: each for uid, each in executed.items() if uid not in withdrawn}
    if problems:
        raise InvalidRequest(folder, problems)
    return Ledger(requests, dict(sorted(executed.items())))


def request_url(folder: str, *, request_id: str) -> str:
    return storage.join(folder, REQUESTS, f"{request_id}.yaml")


def executed_url(folder: str, *, request_id: str) -> str:
    return storage.join(folder, EXECUTED, f"{request_id}.jsonl")


def cut_url(folder: str, *, key: str) -> str:
    return storage.join(folder, CUTS, f"{key}.json")


def find_request_file(folder: str, *, request_id: str) -> str | None:
    """Where a request lies in the ledger, by whatever name."""
    for path in storage.list_tree(storage.join(folder, REQUESTS)):
        place = storage.join(folder, REQUESTS, path)
        if path.endswith((".yaml", ".yml")):
            try:
                if parse_request(storage.read_bytes(place).decode(), place=path).request_id == request_id:
                    return place
            except (InvalidRequest, UnicodeDecodeError):
                continue
    return None


def write_request(place: str, request: Request) -> None:
    """Write a request in one step, as YAML."""
    fields: dict[str, Any] = request.model_dump(mode="json", exclude_none=True)
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=110)
    storage.write_bytes(place, text.encode())
