// The seam between a pipeline and components that look for phrases: phrases are given as texts and
// become tokens as the pipeline makes them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "text/doc.h"

namespace pawl {

// Documents of these texts: tokenised and, where `annotated`, run through the components that come
// before the one that asks.
using DocMaker =
    std::function<std::vector<Doc>(std::span<const std::string> texts, bool annotated)>;

// Implemented beside Component. Language calls it once the component has its place in the pipeline.
class PhraseOwner {
 public:
  virtual ~PhraseOwner() = default;
  virtual void compile_phrases(const DocMaker& make_docs) = 0;
};

}  // namespace pawl
