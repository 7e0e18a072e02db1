"""Repositories to execution-validated examples: sources, extraction, oracles, mutants, prompts, the dataset."""
