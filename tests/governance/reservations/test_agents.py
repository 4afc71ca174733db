"""The list of robots of artificial intelligence is data with a date."""

import datetime
import re

from governance.reservations.agents import load_agents

ASKED = {
    *("GPTBot", "CCBot", "Google-Extended", "ClaudeBot", "anthropic-ai", "Bytespider", "Applebot-Extended"),
    *("PerplexityBot", "Amazonbot", "meta-externalagent", "cohere-ai", "Diffbot", "Omgilibot", "AI2Bot"),
}


def test_names_are_product_tokens_and_each_stands_once() -> None:
    names = [agent.name for agent in load_agents().agents]
    assert len({name.lower() for name in names}) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names)


def test_those_that_train_are_told_from_those_that_answer() -> None:
    agents = load_agents()
    assert set(agents.training) >= ASKED
    assert "ChatGPT-User" not in agents.training
    assert datetime.date.fromisoformat(agents.listed)
