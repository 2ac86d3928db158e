"""The learner, under the names of the reference documentation. All of it is pawl.learning's."""

from pawl.learning import (
    AutonomousLearner,
    ConversationMetadata,
    ConversationMetadataCollector,
    IncrementalTrainingPipeline,
    LearningCycleError,
    LearningCycleResult,
    LearningDataType,
    ModelValidator,
    TrainingExample,
    TrainingStatus,
    ValidationResult,
    create_autonomous_learner,
)

__all__ = [
    "AutonomousLearner",
    "ConversationMetadata",
    "ConversationMetadataCollector",
    "IncrementalTrainingPipeline",
    "LearningCycleError",
    "LearningCycleResult",
    "LearningDataType",
    "ModelValidator",
    "TrainingExample",
    "TrainingStatus",
    "ValidationResult",
    "create_autonomous_learner",
]
