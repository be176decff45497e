"""Protocols that users implement, under the paths that they know."""
