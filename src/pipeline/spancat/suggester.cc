#include "pipeline/spancat/suggester.h"

#include "base/error.h"
#include "pipeline/component/model_settings.h"

namespace pawl {
namespace {

constexpr size_t kMaxSizes = 1000;

std::vector<uint32_t> listed_sizes(const Json& block, const std::string& where) {
  const Json& list = setting(block, "sizes", where);
  if (!list.is_array() || list.as_array().empty() || list.as_array().size() > kMaxSizes) {
    throw Error(ErrorKind::kFormat,
                "[" + where + "] sizes must be a list of at most 1000 whole numbers");
  }
  std::vector<uint32_t> out;
  for (const Json& size : list.as_array()) {
    if (!size.is_integer() || size.as_double() < 1 ||
        size.as_double() > static_cast<double>(Suggester::kMaxSize)) {
      throw Error(ErrorKind::kFormat, "[" + where + "] sizes must be whole numbers from 1 to 1000");
    }
    out.push_back(static_cast<uint32_t>(size.as_int()));
  }
  return out;
}

std::vector<uint32_t> range_of_sizes(const Json& block, const std::string& where) {
  const int64_t least = size_setting(block, "min_size", where, Suggester::kMaxSize);
  const int64_t most = size_setting(block, "max_size", where, Suggester::kMaxSize);
  if (least > most) {
    throw Error(ErrorKind::kFormat, "[" + where + "] min_size is greater than max_size");
  }
  std::vector<uint32_t> out;
  for (int64_t size = least; size <= most; ++size) out.push_back(static_cast<uint32_t>(size));
  return out;
}

}  // namespace

Suggester::Suggester(const Json& block, const std::string& where) {
  const Json& name = setting(block, "@misc", where);
  const std::string function = name.is_string() ? name.as_string() : "";
  if (function == "spacy.ngram_suggester.v1") {
    sizes_ = listed_sizes(block, where);
  } else if (function == "spacy.ngram_range_suggester.v1") {
    sizes_ = range_of_sizes(block, where);
  } else if (function == "spacy.preset_spans_suggester.v1") {
    const Json& key = setting(block, "spans_key", where);
    if (!key.is_string() || key.as_string().empty()) {
      throw Error(ErrorKind::kFormat, "[" + where + "] spans_key must be the name of a span group");
    }
    spans_key_ = key.as_string();
  } else {
    throw_unsupported(where, "the suggester '" + function + "'");
  }
}

void Suggester::suggest(const Doc& doc, std::vector<Candidate>& out) const {
  if (!spans_key_.empty()) {
    const SpanGroup* group = doc.find_spans(spans_key_);
    if (!group) {
      throw Error(ErrorKind::kInvalidInput,
                  "preset_spans_suggester: a document has no spans '" + spans_key_ +
                      "'; a component before must set them, in training an annotating one");
    }
    for (const Span& span : group->spans) out.push_back({span.start, span.end});
    return;
  }
  const auto tokens = static_cast<uint32_t>(doc.size());
  for (const uint32_t size : sizes_) {
    for (uint32_t start = 0; start + size <= tokens; ++start) out.push_back({start, start + size});
  }
}

}  // namespace pawl
