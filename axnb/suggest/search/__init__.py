"""The search for the point where an acquisition is largest."""
