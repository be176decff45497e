"""Ax's paths for runners."""
