"""Ax's module path for measures of fit: names only."""
