"""robots.txt by RFC 9309, read once: rules for crawling, and the lines of AIPREF, Content-Signal and RSL.

Each rule has the number of its line. Where webmasters write other than the RFC, it is read as the reference
parser does: a missing colon, a misspelled `disallow`, an agent up to its first space.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from governance.reservations.addresses import PathPattern, find_path
from governance.reservations.signals import Effect, Origin, Protocol, Purpose, Question, Signal, shorten

MAX_BYTES = 500 << 10
"""The rest of a longer file says nothing: RFC 9309 asks a crawler to read so much."""
MAX_LINE_BYTES = 8 * 2083
"""The rest of a longer line says nothing; the reference parser's limit."""
EVERYONE = "*"

RuleName = Literal["allow", "disallow", "content-usage", "content-signal"]

_LINE_END = re.compile(r"\r\n|\n|\r")
_TOKEN = re.compile(r"[^\s/]+")
_MISSPELLED = ("dissallow", "dissalow", "disalow", "diasllow", "disallaw")
_NAMES = {
    "user-agent": "user-agent",
    "useragent": "user-agent",
    "user agent": "user-agent",
    "allow": "allow",
    "disallow": "disallow",
    **dict.fromkeys(_MISSPELLED, "disallow"),
    "content-usage": "content-usage",
    "content-signal": "content-signal",
    "content-signals": "content-signal",
    "license": "license",
}
_CRAWL: Sequence[RuleName] = ("allow", "disallow")
_USAGE: Sequence[RuleName] = ("content-usage", "content-signal")
_INDEX_PAGE = "/index.html"


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of a group."""

    line: int
    name: RuleName
    value: str
    raw: str
    pattern: PathPattern
    """Of the pages that it is about."""


_Chosen = tuple[list[Rule], list[Rule]]
"""(rules for crawling, statements on use) of an agent."""


@dataclass
class _Groups:
    """Rules by agent; an agent's groups are one."""

    rules: list[list[Rule]] = field(default_factory=list)
    numbers: dict[str, list[int]] = field(default_factory=dict)
    """Token in lower case → its groups."""
    is_closed: bool = True
    """The next agent begins a group."""

    def name_agent(self, token: str) -> None:
        if self.is_closed:
            self.rules.append([])
            self.is_closed = False
        groups = self.numbers.setdefault(token, [])
        if not groups or groups[-1] != len(self.rules) - 1:
            groups.append(len(self.rules) - 1)

    def add(self, rule: Rule) -> bool:
        """False where no agent was named yet."""
        if self.rules:
            self.rules[-1].append(rule)
        return bool(self.rules)

    def close(self) -> None:
        self.is_closed = True

    def rules_for(self, agent: str) -> list[Rule]:
        numbers = self.numbers.get(agent, self.numbers.get(EVERYONE, []))
        return [rule for number in numbers for rule in self.rules[number]]


_ITSELF = "/robots.txt"
"""Is allowed whatever it says (RFC 9309, section 2.2.2)."""


class RobotsFile:
    """What a robots.txt says."""

    def __init__(self, data: bytes) -> None:
        self.licenses: list[tuple[int, str]] = []
        """(line, URL) of RSL licences, which hold for the whole site."""
        self._crawl = _Groups()
        self._usage = _Groups()
        self._general: list[Rule] = []
        """Statements on use before any agent is named: to everyone."""
        self._says_use = False
        """Any line of it is on use."""
        self._chosen: dict[str, _Chosen] = {}
        self._groups: dict[tuple[str, ...], list[tuple[str, _Chosen]]] = {}
        for line, raw in enumerate(_split_lines(data), 1):
            name, value = _split_line(raw)
            if name is not None:
                self._read(name, value, line=line, raw=raw)

    def _read(self, name: str, value: str, *, line: int, raw: str) -> None:
        if name == "user-agent":
            token = _TOKEN.match(value)
            if token is not None:
                self._crawl.name_agent(token[0].lower())
                self._usage.name_agent(token[0].lower())
        elif name == "license":
            self.licenses.append((line, value))
        elif name in _USAGE:
            self._says_use = True
            path, statement = _split_path(value)
            rule = Rule(line, _USAGE[_USAGE.index(name)], statement, raw.strip(), PathPattern.parse(path))
            if not self._usage.add(rule):
                self._general.append(rule)
            self._usage.close()  # a record unknown to RFC 9309 does not end its group
        else:
            if value:
                pattern = PathPattern.parse(value)
                self._crawl.add(Rule(line, _CRAWL[_CRAWL.index(name)], value, raw.strip(), pattern))
            self._crawl.close()
            self._usage.close()

    def called(self, agent: str) -> str:
        """As whom the file speaks to an agent: by name where a group has it, else as to everyone."""
        return agent if _agent_token(agent) in self._crawl.numbers else EVERYONE

    def find_rules(self, url: str, *, agents: Sequence[str]) -> Iterator[tuple[str, Rule]]:
        """(to whom it is said, the rule for crawling) that decides for each agent; none: nothing is said.

        The longest pattern wins, and of equally long ones `allow`. Agents that share a group are one.
        """
        path = find_path(url)
        if path == _ITSELF:
            return
        for called, (rules, _) in self._choose_groups(tuple(agents)):
            rule = _first_match(rules, path=path)
            if rule is not None:
                yield called, rule

    def find_usage(self, url: str, *, agents: Sequence[str], name: RuleName) -> Iterator[tuple[str, Rule]]:
        """The same of statements on use: of each group those with the longest pattern that meets a URL."""
        if not self._says_use:
            return
        path = find_path(url)
        groups = [(called, rules) for called, (_, rules) in self._choose_groups(tuple(agents))]
        for called, rules in [*groups, (EVERYONE, self._general)] if groups else []:
            meeting = [each for each in rules if each.name == name and each.pattern.matches(path)]
            longest = max((each.pattern.octets for each in meeting), default=0)
            yield from ((called, each) for each in meeting if each.pattern.octets == longest)

    def _choose_groups(self, agents: tuple[str, ...]) -> list[tuple[str, _Chosen]]:
        """(to whom, rules) of each group that is for one of the agents, in the order of the agents."""
        if agents not in self._groups:
            tokens = {_agent_token(agent): self.called(agent) for agent in agents}
            groups = {called: self._rules_for(token) for token, called in tokens.items() if token}
            self._groups[agents] = list(groups.items())
        return self._groups[agents]

    def _rules_for(self, token: str) -> _Chosen:
        key = token if token in self._crawl.numbers else EVERYONE
        if key not in self._chosen:
            crawl = sorted(
                _with_folders(self._crawl.rules_for(token)),
                key=lambda rule: (-rule.pattern.octets, rule.name != "allow", rule.line),
            )
            self._chosen[key] = crawl, self._usage.rules_for(token)
        return self._chosen[key]


def read_robots(data: bytes) -> RobotsFile:
    """Any bytes are a robots.txt; what is not understood says nothing."""
    return RobotsFile(data)


def find_signals(robots: RobotsFile, *, question: Question, origin: Origin) -> list[Signal]:
    """The rule that decides for each agent, one signal a line; agents that no rule meets say nothing."""
    signals: dict[int, Signal] = {}
    for called, rule in robots.find_rules(question.url, agents=question.agents):
        if rule.line not in signals:
            effect: Effect = "disallow" if rule.name == "disallow" else "allow"
            signals[rule.line] = make_signal(
                rule, protocol="robots", effect=effect, agent=called, origin=origin
            )
    return [signals[line] for line in sorted(signals)]


def find_usage_signals(
    robots: RobotsFile,
    *,
    question: Question,
    origin: Origin,
    protocol: Protocol,
    name: RuleName,
    read_value: Callable[[str, Purpose], Effect],
) -> list[Signal]:
    """The lines on the use of a URL, one signal a line."""
    signals: dict[int, Signal] = {}
    for called, rule in robots.find_usage(question.url, agents=question.agents, name=name):
        if rule.line not in signals:
            effect = read_value(rule.value, question.purpose)
            signals[rule.line] = make_signal(
                rule, protocol=protocol, effect=effect, agent=called, origin=origin
            )
    return [signals[line] for line in sorted(signals)]


def make_signal(rule: Rule, *, protocol: Protocol, effect: Effect, agent: str, origin: Origin) -> Signal:
    """A line of robots.txt as a signal."""
    return Signal(
        protocol=protocol,
        place="robots.txt",
        location=origin.location,
        line=rule.line,
        raw=shorten(rule.raw),
        effect=effect,
        agent=agent,
        date=origin.date,
    )


def _first_match(rules: Iterable[Rule], *, path: str) -> Rule | None:
    return next((rule for rule in rules if rule.pattern.matches(path)), None)


def _with_folders(rules: Iterable[Rule]) -> Iterable[Rule]:
    """The rules, and for a page `index.html` that is allowed the folder that it stands for."""
    for rule in rules:
        yield rule
        if rule.name == "allow" and rule.value.endswith(_INDEX_PAGE):
            folder = PathPattern.parse(rule.value.removesuffix(_INDEX_PAGE.strip("/")) + "$")
            yield Rule(rule.line, rule.name, rule.value, rule.raw, folder)


def _agent_token(agent: str) -> str:
    """The product token of an agent; a name with a space is no token, and no group is for it."""
    return agent.strip().partition("/")[0].lower()


def _split_lines(data: bytes) -> list[str]:
    cut = data[:MAX_BYTES]
    for mark in (b"\xef", b"\xbb", b"\xbf"):  # a byte order mark, or what is left of one
        cut = cut.removeprefix(mark) if data.startswith(b"\xef") else cut
    lines = _LINE_END.split(cut.decode("utf-8", "surrogateescape"))
    if len(data) > MAX_BYTES and len(lines) > 1:
        lines.pop()  # its end is behind the limit
    return lines


def _split_line(raw: str) -> tuple[str | None, str]:
    """(its name, its value) where it has one that is read; white space and comments are no part of them."""
    line = raw[:MAX_LINE_BYTES].partition("#")[0].strip(" \t\x00")
    name, colon, value = line.partition(":")
    if not colon:
        name, _, value = line.partition(" " if " " in line else "\t")
        if len(value.split()) != 1:
            return None, ""
    return _NAMES.get(name.strip().lower()), value.strip()


def _split_path(value: str) -> tuple[str, str]:
    """(pattern, statement) of a line on use: a pattern begins with a slash or an asterisk."""
    if value[:1] not in ("/", "*"):
        return "/", value
    path, _, statement = value.partition(" ") if " " in value else value.partition("\t")
    return path, statement.strip()
