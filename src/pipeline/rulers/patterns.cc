#include "pipeline/rulers/patterns.h"

#include <set>

#include "base/error.h"

namespace pawl {
namespace {

// Attributes a component must have set before patterns can ask about them, as in spaCy.
constexpr Attr kAnnotations[] = {Attr::kTag, Attr::kPos, Attr::kMorph, Attr::kLemma, Attr::kDep};

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kFormat, what);
}

StringId key_of(const RulerPattern& pattern) {
  return string_id(pattern.label + '\0' + pattern.id);
}

RulerPattern read_pattern_line(const Json& line) {
  if (!line.is_object()) fail("must be an object with \"label\" and \"pattern\"");
  RulerPattern out;
  for (const auto& [key, value] : line.as_object()) {
    if (key == "label" && value.is_string()) {
      out.label = value.as_string();
    } else if (key == "id" && value.is_string()) {
      out.id = value.as_string();
    } else if (key == "pattern" && (value.is_string() || value.is_array())) {
      out.pattern = value;
    } else if (key == "label" || key == "id" || key == "pattern") {
      fail("\"" + key + "\" has a value of the wrong kind");
    } else {
      fail("\"" + key + "\" is not known; a pattern has \"label\", \"pattern\" and perhaps \"id\"");
    }
  }
  if (out.label.empty()) fail("\"label\" is missing or empty");
  if (out.pattern.is_null()) fail("\"pattern\" is missing");
  return out;
}

}  // namespace

void RulerPatterns::read(std::string_view jsonl, const std::string& where) {
  size_t number = 0, from = 0;
  while (from < jsonl.size()) {
    const size_t end = std::min(jsonl.find('\n', from), jsonl.size());
    const std::string_view line = jsonl.substr(from, end - from);
    from = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      add(read_pattern_line(parse_json(line)));
    } catch (const Error& error) {
      throw error.within(where + ", line " + std::to_string(number));
    }
  }
}

std::string RulerPatterns::write() const {
  std::string out;
  for (const RulerPattern& pattern : patterns_) {
    Json line = Json::object();
    line["label"] = pattern.label;
    line["pattern"] = pattern.pattern;
    if (!pattern.id.empty()) line["id"] = pattern.id;
    append_json(out, line);
    out += '\n';
  }
  return out;
}

std::vector<std::string> RulerPatterns::labels() const {
  std::set<std::string> labels;
  for (const RulerPattern& pattern : patterns_) labels.insert(pattern.label);
  return {labels.begin(), labels.end()};
}

void RulerPatterns::compile(StringStore& strings, const DocMaker& make_docs) {
  matcher_ = Matcher();
  phrases_ = PhraseMatcher(attribute_);
  by_key_.clear();
  std::vector<std::string> texts;
  std::vector<StringId> keys;
  for (size_t i = 0; i < patterns_.size(); ++i) {
    const RulerPattern& pattern = patterns_[i];
    const StringId key = key_of(pattern);
    by_key_.emplace(key, i);
    strings.add(pattern.label);
    strings.add(pattern.id);
    if (pattern.pattern.is_string()) {
      texts.push_back(pattern.pattern.as_string());
      keys.push_back(key);
      continue;
    }
    try {
      matcher_.add(key, pattern.pattern, strings);
    } catch (const Error& error) {
      throw error.within("pattern " + std::to_string(i + 1) + " (" + pattern.label + ")");
    }
  }
  needed_.clear();
  bool annotated = false;
  for (const Attr attribute : kAnnotations) {
    annotated = annotated || attribute == attribute_;
    if (matcher_.asks_about(attribute)) needed_.push_back(attribute);
  }
  const std::vector<Doc> docs = make_docs(texts, annotated);
  for (size_t i = 0; i < docs.size(); ++i) phrases_.add(keys[i], docs[i]);
}

void RulerPatterns::require_annotations(const Doc& doc) const {
  for (const Attr attribute : needed_) {
    if (doc.has_annotation(attribute)) continue;
    throw Error(ErrorKind::kInvalidInput,
                "patterns ask about " + std::string(attr_name(attribute)) +
                    ", which no component before has set; put the component that sets it before");
  }
}

std::vector<Match> RulerPatterns::operator()(const Doc& doc) const {
  require_annotations(doc);
  std::vector<Match> matches = matcher_(doc);
  std::set<std::pair<StringId, std::pair<uint32_t, uint32_t>>> known;
  for (const Match& m : matches) known.insert({m.key, {m.start, m.end}});
  for (const Match& m : phrases_(doc)) {
    if (known.insert({m.key, {m.start, m.end}}).second) matches.push_back(m);
  }
  return matches;
}

Attr read_phrase_attribute(const Json* value, const std::string& where) {
  if (value == nullptr || value->is_null()) return Attr::kOrth;
  if (!value->is_string())
    throw Error(ErrorKind::kFormat, where + ": must be the name of an attribute or null");
  try {
    return matcher::attribute_from_name(value->as_string());
  } catch (const Error& error) {
    throw error.within(where);
  }
}

}  // namespace pawl
