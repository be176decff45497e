"""The static face of cards: what is shown without a kernel, in a saved notebook, a report or a picture."""
