"""A path of Ax; nothing decides here."""
