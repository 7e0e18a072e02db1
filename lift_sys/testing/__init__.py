"""Tests from templates: an instrument to measure models with. `docs/TEST_GENERATION_DESIGN.md` has the reasons."""
