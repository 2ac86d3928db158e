// spaCy pipelines: load, run, look at what they say. Nothing in a pipeline folder is executed.
//
//   const auto nlp = pawl::Pipeline::load("en_core_web_sm");
//   for (const pawl::Span ent : nlp("Ada met Bob in Paris").ents()) use(ent.text(), ent.label());
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pawl/error.h"
#include "pawl/version.h"

PAWL_BEGIN_API

class Doc;

// A token of a document: a view that is valid as long as the Doc (or a copy of it) lives. Offsets
// are Unicode code points. Attributes have spaCy's names and meanings.
class Token {
 public:
  std::size_t i() const { return i_; }  // its place in the document
  std::string_view text() const;
  bool has_space() const;       // whether one blank follows
  std::uint32_t start() const;  // spaCy's idx
  std::uint32_t end() const;
  std::string lower() const;
  std::string norm() const;
  std::string shape() const;
  std::string prefix() const;
  std::string suffix() const;
  bool is_alpha() const;
  bool is_ascii() const;
  bool is_digit() const;
  bool is_lower() const;
  bool is_upper() const;
  bool is_title() const;
  bool is_punct() const;
  bool is_space() const;
  bool is_stop() const;
  bool like_num() const;
  bool like_url() const;
  bool like_email() const;
  std::string_view ent_iob() const;   // "B", "I", "O", or "" when nothing is known
  std::string_view ent_type() const;  // "" outside of entities
  // What taggers, parsers and lemmatizers say; "" where none did.
  std::string tag() const;
  std::string pos() const;
  std::string morph() const;
  std::string lemma() const;
  std::string dep() const;
  std::size_t head() const;  // i() of the head; of a root, or without a parser, its own

 private:
  friend class Doc;
  Token(const void* doc, std::size_t i) : doc_(doc), i_(i) {}
  const void* doc_;
  std::size_t i_;
};

// Tokens [start, end) of a document with a label: a view like Token.
class Span {
 public:
  std::size_t start() const { return start_; }  // tokens, half open
  std::size_t end() const { return end_; }
  std::uint32_t start_char() const;  // code points, half open
  std::uint32_t end_char() const;
  std::string text() const;
  const std::string& label() const { return label_; }

 private:
  friend class Doc;
  Span(const void* doc, std::size_t start, std::size_t end, std::string label)
      : doc_(doc), start_(start), end_(end), label_(std::move(label)) {}
  const void* doc_;
  std::size_t start_, end_;
  std::string label_;
};

// An annotated text. Copies share what they hold, which never changes: safe for any number of
// threads. Keeps alive whatever of its pipeline it needs.
class Doc {
 public:
  const std::string& text() const;        // UTF-8
  std::size_t size() const;               // tokens
  Token operator[](std::size_t i) const;  // i < size()
  std::vector<Span> ents() const;
  std::vector<Span> sents() const;  // empty when no component found sentences
  // One of the span groups (spaCy's doc.spans); empty when there is none of this name.
  std::vector<Span> spans(std::string_view group) const;
  std::vector<std::string> span_groups() const;
  // Category and score, in the order in which the labels were added. Of an exclusive textcat the
  // scores add up to 1.
  const std::vector<std::pair<std::string, float>>& cats() const;
  float cat(std::string_view label) const;  // 0 for a label that there is not
  // The tokens that cover exactly these code points; throws Error(kInvalidInput) when borders
  // differ.
  Span char_span(std::uint32_t start, std::uint32_t end, std::string label = "") const;
  std::string to_json() const;  // in the shape of spaCy's Doc.to_json()

 private:
  friend class Pipeline;
  friend std::string to_docbin(std::span<const Doc> docs);
  struct Impl;
  explicit Doc(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

// The bytes that spacy.tokens.DocBin().from_bytes() reads: words, spaces, entities, categories.
std::string to_docbin(std::span<const Doc> docs);

struct LoadOptions {
  // Folders in which installed pipeline packages are looked for (site-packages). Empty:
  // $PAWL_SITE_PACKAGES (separated by ':'), the active virtual environment, venv/ beside the
  // program.
  std::vector<std::filesystem::path> site_packages = {};
  // Components that are loaded but do not run, as in spacy.load(disable=...).
  std::vector<std::string> disable = {};
};

// A pipeline that runs. Copies are cheap and share it. Const functions, which is all but
// assignment, are safe for any number of threads.
class Pipeline {
 public:
  // A pipeline folder, or the name of an installed package. Components that pawl does not run are
  // named in warnings(). Throws Error naming file and key.
  static Pipeline load(const std::string& path_or_name, const LoadOptions& options = {});

  // Texts are UTF-8, at most a million code points (Error(kInvalidInput) otherwise).
  Doc operator()(std::string_view text) const;
  // The same for many, in batches: faster. Documents come in the order of the texts.
  std::vector<Doc> pipe(std::span<const std::string> texts) const;
  Doc make_doc(std::string_view text) const;  // tokens only

  std::vector<std::string> pipe_names() const;       // components that run, in order
  std::vector<std::string> component_names() const;  // all of them, in order
  // Of one component. Throws Error(kNotFound) for a name there is not.
  std::vector<std::string> labels(std::string_view component) const;
  // The same pipeline with only these components running, or without these. Throw Error(kNotFound)
  // for a name there is not.
  Pipeline enable(std::span<const std::string> components) const;
  Pipeline disable(std::span<const std::string> components) const;

  std::string lang() const;                          // "en"
  std::string meta_json() const;                     // meta.json, as JSON
  std::string config_json() const;                   // config.cfg as nested objects, as JSON
  const std::vector<std::string>& warnings() const;  // of loading
  // The generation that answers now; empty for a pipeline that is of no workspace.
  std::string generation() const;
  // Writes a folder that spacy.load() opens; it must not exist or be empty, and appears whole.
  void to_disk(const std::filesystem::path& folder) const;

 private:
  friend class Engine;
  struct Impl;
  explicit Pipeline(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

PAWL_END_API
