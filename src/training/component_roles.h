// Which components are frozen, annotate or listen, and whether that can be trained at all.
#pragma once

#include "base/json.h"
#include "base/log.h"
#include "pipeline/language.h"
#include "training/training_settings.h"

namespace pawl {

// To be called before components are initialised. Throws Error(kFormat) naming the key for an
// unknown component in training.frozen_components, training.annotating_components or
// initialize.components, for a frozen component that has no weights (spaCy's E109), and for a
// trained component that listens to one that neither learns nor annotates (E203).
void check_component_roles(Language& language, const TrainingSettings& settings,
                           const Json& config);

// Combinations that train but are rarely meant (W087: a trained tok2vec below a frozen listener).
Warnings component_role_warnings(const Language& language, const TrainingSettings& settings);

}  // namespace pawl
