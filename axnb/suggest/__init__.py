"""What to try next: acquisition, candidate search, generators and the strategy over them."""
