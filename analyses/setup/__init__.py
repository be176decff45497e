"""What was asked: metrics, search space, generation strategy."""
