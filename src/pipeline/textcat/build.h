// Trees of the text classification architectures. Behaviour: spacy.ml.models.textcat,
// spacy_legacy.architectures.textcat.
#pragma once

#include <string>

#include "base/json.h"
#include "nn/model.h"

namespace pawl {

inline constexpr int64_t kMaxNgram = 64;

enum class TextcatKind { kBow, kReduce, kEnsemble };

// The kind of network a [components.NAME.model] block describes. Throws Error(kUnsupported) naming
// the architecture.
TextcatKind textcat_kind(const Json& block, const std::string& where);

// The untrained tree: spacy.TextCatBOW.v1/v2/v3, TextCatCNN.v1/v2, TextCatReduce.v1 and
// TextCatEnsemble.v2. The number of labels stays unset.
nn::NodePtr build_textcat(const Json& block, const std::string& where);

// Sets the number of labels on an untrained tree, where thinc's initialisation would.
void set_label_count(nn::Node& root, int64_t labels);

}  // namespace pawl
