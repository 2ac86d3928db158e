// Variants of training documents (spacy.training.augment).
#pragma once

#include "base/rng.h"
#include "training/corpus.h"

namespace pawl {

// Replaces `gold` by its variant as often as `options` say; `rng` decides.
void augment(GoldDoc& gold, const Augmentation& options, Rng& rng);

// The document in lower case; entities and categories stay.
GoldDoc lower_cased(const GoldDoc& gold);

}  // namespace pawl
