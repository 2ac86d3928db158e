"""The analyzer, under the names of the reference documentation."""

from pawl.learning import SpacyAnalyzer, create_spacy_analyzer

__all__ = ["SpacyAnalyzer", "create_spacy_analyzer"]
