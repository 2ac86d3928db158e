// The factories pawl runs. Each takes the component's name and its interpolated [components.NAME]
// block and throws Error(kUnsupported) naming an architecture or option it does not know.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/json.h"
#include "pipeline/component.h"

namespace pawl {

using Factory = std::unique_ptr<Component> (*)(const std::string& name, const Json& config,
                                               std::shared_ptr<Vocab> vocab);

// "tok2vec"
std::unique_ptr<Component> make_tok2vec(const std::string& name, const Json& config,
                                        std::shared_ptr<Vocab> vocab);
// "textcat" and "textcat_multilabel"
std::unique_ptr<Component> make_textcat(const std::string& name, const Json& config,
                                        std::shared_ptr<Vocab> vocab);
// "ner"
std::unique_ptr<Component> make_ner(const std::string& name, const Json& config,
                                    std::shared_ptr<Vocab> vocab);

// "pawl_sentence_encoder" and "pawl_hybrid_textcat", which spaCy runs with pawl's Python package
std::unique_ptr<Component> make_sentence_encoder(const std::string& name, const Json& config,
                                                 std::shared_ptr<Vocab> vocab);
std::unique_ptr<Component> make_hybrid_textcat(const std::string& name, const Json& config,
                                               std::shared_ptr<Vocab> vocab);

// Null for a factory pawl does not run: such a component is carried.
Factory find_factory(std::string_view factory);

// Adds what spaCy's factory would fill in (model, threshold ...) where the block says nothing.
void fill_component_defaults(Json& block);

}  // namespace pawl
