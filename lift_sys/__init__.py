"""lift-sys: Python repositories in, execution-validated training data and better models out.

Importing the package does nothing and loads nothing; import the module you need.
"""

__version__ = "0.1.0"
