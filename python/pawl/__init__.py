"""pawl's own components for spaCy, in plain Python and numpy; they predict as pawl does and do not train."""
