"""Models measured and compared: what they answer, whether it holds, and what the difference is worth."""
