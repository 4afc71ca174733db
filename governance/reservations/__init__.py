"""Reservations: what sites say for machines about training on their texts, one module per protocol.

Every signal has its protocol, place, raw value and date. Within a protocol its own precedence holds, between
protocols the most restrictive. Parsers take bytes and text and know no network, no disk and no clock.
"""
