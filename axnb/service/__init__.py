"""Older faces: thin translations onto the Client."""
