"""Signals: one published set of measurements per module."""
