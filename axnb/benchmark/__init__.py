"""Problems, methods and scores, to see how well suggestions are made and how long one waits for them."""
