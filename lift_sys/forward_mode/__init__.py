"""From a prompt to code: through a specification, with candidates that are run and mended."""
