"""Ax's module paths for adapters: names of generators."""
