"""The stages as plain functions of a unit, without Beam; layers/stages.py is their table."""
