"""Live cards: what they draw (`source`), who looks (`audience`), the widgets, and what readers do from them."""
