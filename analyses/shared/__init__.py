"""What several analyses ask: which arms, what the model promises of them, slices, learning curves."""
