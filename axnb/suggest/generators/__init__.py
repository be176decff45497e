"""Generators: ways to make suggestions."""
