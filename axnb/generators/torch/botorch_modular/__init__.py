"""Ax's module paths for BoTorch parts: names only, nothing decides here."""
