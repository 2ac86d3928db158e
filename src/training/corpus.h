// Annotated texts from files: DocBin (.spacy) and JSON Lines.
//
// A line is {"text", "entities" or "ents"?: [[start, end, label] or {"start","end","label"}, ...],
// "cats"?: {label: score}, "label"?: text, "labels"?: [texts], "intent"?: text, "sentiment"?:
// text}. An intent X is the category INTENT_X, a sentiment SENTIMENT_X. Labels given by name make
// the other labels of the same kind in the file 0.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "training/gold.h"

namespace pawl {

struct CorpusOptions {
  uint64_t limit = 0;       // documents; 0: all
  uint64_t max_length = 0;  // tokens; longer documents are left out; 0: none is too long
  size_t max_line = size_t{16} << 20;
};

// A file, or every .spacy and .jsonl file below a folder, in order of name; empty documents are
// left out. A bad line is reported in `warnings` with its number and skipped; a bad DocBin, or a
// corpus without a single document, throws Error.
std::vector<GoldDoc> read_corpus(Env& env, const Path& path, const Language& language,
                                 Warnings& warnings, const CorpusOptions& options = {});

// The documents of one JSON Lines text.
std::vector<GoldDoc> read_jsonl_corpus(std::string_view text, const std::string& where,
                                       const Language& language, Warnings& warnings,
                                       const CorpusOptions& options = {});

}  // namespace pawl
