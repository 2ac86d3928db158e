"""Of the reference documentation: see pawl.learning."""
