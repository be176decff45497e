"""Functions to try things on."""
