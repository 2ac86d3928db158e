// Files of components: a lemmatizer's tables, edit trees, an attribute ruler's patterns; and a span
// categorizer's settings. Any bytes are refused with an Error, or what was read can be used and
// written again. The first byte says which file.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "pipeline/lemmatizer/edit_trees.h"
#include "pipeline/lemmatizer/lemma_tables.h"
#include "pipeline/registry.h"
#include "pipeline/spancat/suggester.h"
#include "text/doc.h"

namespace {

using namespace pawl;

// One file in memory, whatever its path.
class OneFile : public Env {
 public:
  explicit OneFile(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string read_file(const Path&, const ReadLimits&) override { return bytes_; }
  void write_file(const Path&, std::string_view bytes, bool, int) override { bytes_ = bytes; }
  void sync_directory(const Path&) override {}
  void create_directories(const Path&, int) override {}
  void rename(const Path&, const Path&) override {}
  void remove_all(const Path&) override {}
  bool exists(const Path&) override { return true; }
  bool is_directory(const Path&) override { return false; }
  std::vector<std::string> list_directory(const Path&) override { return {}; }
  std::vector<std::string> list_files(const Path&) override { return {}; }
  int64_t now_micros() override { return 0; }
  void random_bytes(void*, size_t) override {}
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

Doc make_doc(const Vocab& vocab) {
  Doc doc(vocab, "");
  uint32_t at = 0;
  for (const char* word : {"She", "was", "running", "running", "."}) {
    Token token;
    token.lex = &vocab.get(word);
    token.norm = token.lex->norm;
    token.idx = at;
    token.spacy = true;
    token.pos = string_id("VERB");
    at += token.lex->length + 1;
    doc.tokens().push_back(token);
  }
  return doc;
}

void read_lemma_tables(const std::string& bytes) {
  const LemmaTables tables = LemmaTables::from_bytes(bytes, "lookups.bin");
  if (tables.bytes() != bytes) std::abort();
  if (const auto* part = tables.find(string_id("verb"))) {
    tables.is_known(*part, "run");
    tables.exceptions(*part, "running");
  }
  for (const std::string& name : tables.names()) {
    if (const auto* table = tables.lookup(name)) tables.look_up(*table, string_id("running"));
  }
}

void read_edit_trees(const std::string& bytes) {
  StringStore strings;
  for (const char* text : {"", "s", "ning", "n", "mice", "mouse"}) strings.add(text);
  EditTrees trees;
  trees.from_bytes(bytes, strings, "trees");
  std::string lemma;
  for (uint32_t tree = 0; tree < trees.size(); ++tree) {
    for (const char* form : {"running", "mice", "é", ""}) trees.apply(tree, form, strings, lemma);
  }
  EditTrees again;
  again.from_bytes(trees.to_bytes(), strings, "trees");
  if (again.size() != trees.size()) std::abort();
}

void read_patterns(const std::string& bytes) {
  const auto vocab = std::make_shared<Vocab>();
  vocab->lang = "en";
  OneFile env(bytes);
  const auto ruler =
      make_component("attribute_ruler", parse_json(R"({"factory": "attribute_ruler"})"), vocab);
  ruler->from_disk(env, "attribute_ruler");
  ruler->to_disk(env, "attribute_ruler");
  if (env.bytes() != bytes) std::abort();
  Doc doc = make_doc(*vocab);
  ruler->predict({&doc, 1});
}

void read_suggester(const std::string& bytes) {
  const Suggester suggester(parse_json(bytes), "suggester");
  const auto vocab = std::make_shared<Vocab>();
  const Doc doc = make_doc(*vocab);
  std::vector<Candidate> candidates;
  suggester.suggest(doc, candidates);
  for (const Candidate& candidate : candidates) {
    if (candidate.start >= candidate.end || candidate.end > doc.size()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr void (*kReaders[])(const std::string&) = {read_lemma_tables, read_edit_trees,
                                                      read_patterns, read_suggester};
  try {
    kReaders[data[0] % std::size(kReaders)](bytes);
  } catch (const Error&) {
  }
  return 0;
}
