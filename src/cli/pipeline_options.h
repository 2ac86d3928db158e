// What the verbs that work on one pipeline share: finding and loading it, overrides as "--a.b
// value".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "config/spacy_config.h"
#include "pipeline/language.h"
#include "training/corpus.h"

namespace pawl::cli {

// A folder or the name of an installed package; warnings go to standard error.
std::unique_ptr<Language> load_pipeline(Context& context, const std::string& name);

// Annotated texts for the pipeline. Lines that were passed over are told of on standard error, also
// when that leaves none.
std::vector<GoldDoc> load_corpus(Context& context, const Path& path, const Language& language,
                                 const CorpusOptions& options = {});

// "--paths.train", "x" or "--paths.train=x" -> overrides; a value is JSON where it reads as JSON,
// text otherwise. Throws Error(kInvalidInput) for anything else.
ConfigOverrides parse_overrides(const std::vector<std::string>& arguments);

}  // namespace pawl::cli
