"""Names of Ax's core for the classes of axnb; nothing decides here."""
