// The vocab/ folder of a pipeline: what pawl uses is read from it, all of it is kept and written
// back.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/env.h"
#include "text/lexical_rules.h"
#include "text/string_store.h"
#include "text/vectors.h"

namespace pawl {

class VocabFiles {
 public:
  static constexpr std::string_view kStrings = "strings.json";
  static constexpr std::string_view kLookups = "lookups.bin";
  static constexpr std::string_view kVectors = "vectors";
  static constexpr std::string_view kVectorKeys = "key2row";
  static constexpr std::string_view kVectorSettings = "vectors.cfg";
  static constexpr std::string_view kLexicalRules =
      "lex_attrs.json";  // pawl's; spaCy does not look at it

  // Throws Error naming the file.
  static VocabFiles read(Env& env, const Path& path);

  // `path` is for error messages only. Each throws Error(kFormat) naming the file.
  void each_string(const Path& path, const std::function<void(std::string_view)>& each) const;
  std::unordered_map<StringId, std::string> lexeme_norms(const Path& path) const;
  std::optional<LexicalRules> lexical_rules(const Path& path) const;

  // The words' vectors; null when there are none.
  std::shared_ptr<const Vectors> vectors(const Path& path) const;
  // From now on those of another folder.
  void take_vectors(const VocabFiles& other);

  // This file is to be written anew.
  void forget(std::string_view name) { files_.erase(std::string(name)); }

  void write(Env& env, const Path& path, std::vector<std::string> strings,
             const std::unordered_map<StringId, std::string>& lexeme_norms) const;

 private:
  const std::string* find(std::string_view name) const;
  size_t count_strings() const;

  std::map<std::string, std::string> files_;  // by name, as they were read
  // The table of vectors stays where it is.
  std::shared_ptr<const MappedFile> table_;
};

}  // namespace pawl
