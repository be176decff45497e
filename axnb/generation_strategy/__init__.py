"""Ax's module paths for generation strategies: they make ours."""
