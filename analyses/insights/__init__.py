"""What the model has learnt of the search space: what matters, and how."""
