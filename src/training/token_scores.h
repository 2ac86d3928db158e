// Scores of what is said of tokens, as spacy.scorer.Scorer measures them, under its keys; null
// where nothing could be measured.
#pragma once

#include <span>
#include <string>

#include "base/json.h"
#include "training/scorer.h"

namespace pawl {

// {"tag_acc": F of (token, value)} and so on for TAG, POS, MORPH and LEMMA
// (Scorer.score_token_attr).
Json score_token_attribute(std::span<const Scored> pairs, Attr attr, const std::string& name);
// "morph_micro_p", ... and "morph_per_feat" (Scorer.score_token_attr_per_feat).
Json score_morph_features(std::span<const Scored> pairs);

}  // namespace pawl
