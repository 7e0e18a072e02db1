"""From a function to its IR: facts of the source, then predicates that observed calls bear out."""
