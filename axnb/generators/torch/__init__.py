"""Ax's module paths for models and acquisitions: names only, nothing decides here."""
