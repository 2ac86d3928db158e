// The interface's values from and to those of the layers below.
#pragma once

#include "learn/data/dataset.h"
#include "learn/intake/collect.h"
#include "pawl/types.h"
#include "service/analysis.h"
#include "service/generation_view.h"
#include "service/status.h"

namespace pawl::v1 {

Analysis analysis_of(service::Analysis analysis);
Generation generation_of(const service::GenerationView& view);
// Throws Error(kInvalidInput) naming the key.
learn::LabeledExample labeled_example(const TrainingExample& example);
learn::FeedbackInput feedback_input(const UserFeedback& feedback);
learn::TurnInput turn_input(const ConversationTurn& turn);
// From the contract's JSON, as the cycle recorded it.
LearningCycleResult cycle_result(const service::CycleView& cycle);
LearningMetrics learning_metrics(const service::Status& status);

}  // namespace pawl::v1
