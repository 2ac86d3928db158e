"""The module paths of the reference documentation, over pawl.learning."""
