// Annotated texts from files: DocBin (.spacy) and JSON Lines.
//
// A line is {"text", "entities" or "ents"?: [[start, end, label] or {"start","end","label"}, ...],
// "cats"?: {label: score}, "label"?: text, "labels"?: [texts], "intent"?: text, "sentiment"?:
// text}. An intent X is the category INTENT_X, a sentiment SENTIMENT_X. Labels given by name make
// the other labels of the same kind in the file 0.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "training/augment.h"
#include "training/gold.h"

namespace pawl {

struct CorpusOptions {
  uint64_t limit = 0;       // documents; 0: all
  uint64_t max_length = 0;  // tokens; longer documents are left out; 0: none is too long
  size_t max_line = size_t{16} << 20;
  Augmentation augment = {};
};

// A file, or every .spacy and .jsonl file below a folder, in order of name; empty documents are
// left out. A bad line is reported in `warnings` with its number and skipped; a bad DocBin, or a
// corpus without a single document, throws Error.
std::vector<GoldDoc> read_corpus(Env& env, const Path& path, const Language& language,
                                 Warnings& warnings, const CorpusOptions& options = {});

// The same documents one after another, each made when it is its turn; ends early when `take`
// returns false. What is kept at a time is one file's bytes and its names of labels.
void stream_corpus(Env& env, const Path& path, const Language& language, Warnings& warnings,
                   const CorpusOptions& options, const std::function<bool(GoldDoc)>& take);

// The documents of one JSON Lines text. Entities that do not begin and end where tokens do are
// counted in one warning that names the first.
std::vector<GoldDoc> read_jsonl_corpus(std::string_view text, const std::string& where,
                                       const Language& language, Warnings& warnings,
                                       const CorpusOptions& options = {});

}  // namespace pawl
