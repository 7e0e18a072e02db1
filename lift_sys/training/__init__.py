"""Instruction data, fine-tuning and what it costs."""
