"""Finding repositories on GitHub and bringing them here; `lift_sys.data_synthesis.github_scraper` is the way in."""
