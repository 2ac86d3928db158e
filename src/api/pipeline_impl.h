// What the interface's Pipeline and Doc hold.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "pawl/pipeline.h"
#include "pipeline/language.h"

namespace pawl::v1 {

// Whose components run: one pipeline for ever, or whichever is live at the time of a call.
class PipelineSource {
 public:
  struct Held {
    std::shared_ptr<const Language> nlp;  // never null
    std::string generation;
  };
  virtual ~PipelineSource() = default;
  virtual Held hold() const = 0;
};

struct Pipeline::Impl {
  std::shared_ptr<const PipelineSource> source;
  std::optional<std::set<std::string>> only;  // empty: those the pipeline says
  std::set<std::string> off = {};
  std::vector<std::string> warnings = {};

  // Components of `nlp` that run, in order.
  std::vector<const Component*> running(const Language& nlp) const;
  void annotate(const Language& nlp, std::span<pawl::Doc> docs) const;
};

struct Doc::Impl {
  std::shared_ptr<const Language> nlp;  // its vocabulary is the document's
  pawl::Doc doc;

  std::vector<Span> views(std::span<const pawl::Span> spans) const;
};

}  // namespace pawl::v1
