"""Wikitext → text: what a reader of the page sees as prose, from the tokens of mwparserfromhell."""
