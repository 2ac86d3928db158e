"""Of the reference documentation: see pawl.learning."""

from pawl.learning import create_spacy_analyzer

__all__ = ["create_spacy_analyzer"]
