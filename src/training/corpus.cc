#include "training/corpus.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "base/utf8.h"
#include "training/docbin.h"

namespace pawl {

namespace {

// Which family of labels a key names: its labels exclude each other's silence.
struct LabelKey {
  const char* key;
  const char* prefix;
};
constexpr LabelKey kLabelKeys[] = {
    {"label", ""}, {"labels", ""}, {"intent", "INTENT_"}, {"sentiment", "SENTIMENT_"}};

struct Line {
  GoldDoc gold;
  std::set<std::string> kinds;  // prefixes of the families it names a label of
};

CharEntity read_entity(const Json& item) {
  const bool list = item.is_array();
  if (list && item.as_array().size() < 3) {
    throw Error(ErrorKind::kInvalidInput, "an entity must be [start, end, label]");
  }
  const Json& start = list ? item.as_array()[0] : item.at("start");
  const Json& end = list ? item.as_array()[1] : item.at("end");
  const Json& label = list ? item.as_array()[2] : item.at("label");
  if (start.as_int() < 0 || end.as_int() < 0 || end.as_int() > INT32_MAX ||
      start.as_int() > INT32_MAX) {
    throw Error(ErrorKind::kInvalidInput, "an entity's offsets are out of range");
  }
  return {static_cast<uint32_t>(start.as_int()), static_cast<uint32_t>(end.as_int()),
          label.as_string()};
}

void add_category(GoldDoc& gold, const std::string& label, double score) {
  if (label.empty()) throw Error(ErrorKind::kInvalidInput, "an empty label");
  if (!(score >= 0.0 && score <= 1.0)) {
    throw Error(ErrorKind::kInvalidInput, "category '" + label + "' has a score outside of 0 to 1");
  }
  for (const auto& cat : gold.cats) {
    if (cat.first == label) return;
  }
  gold.cats.emplace_back(label, static_cast<float>(score));
}

void read_labels(const Json& record, Line& line) {
  for (const LabelKey& family : kLabelKeys) {
    const Json* value = record.find(family.key);
    if (!value || value->is_null()) continue;
    line.kinds.insert(family.prefix);
    if (value->is_array()) {
      for (const Json& label : value->as_array())
        add_category(line.gold, family.prefix + label.as_string(), 1.0);
    } else {
      add_category(line.gold, family.prefix + value->as_string(), 1.0);
    }
  }
}

Line read_line(std::string_view text, const Language& language) {
  const Json record = parse_json(text);
  const std::string& words = record.at("text").as_string();
  std::vector<CharEntity> entities;
  bool known = false;
  for (const char* key : {"entities", "ents"}) {
    const Json* list = record.find(key);
    if (!list || list->is_null()) continue;
    known = true;
    for (const Json& item : list->as_array()) entities.push_back(read_entity(item));
  }
  Line line;
  line.gold = make_gold(language, words, entities, known);
  if (const Json* cats = record.find("cats"); cats && !cats->is_null()) {
    for (const auto& [label, score] : cats->as_object()) {
      add_category(line.gold, label, score.is_bool() ? score.as_bool() : score.as_double());
    }
  }
  read_labels(record, line);
  return line;
}

// What a document did not name, of a kind it did name, it is not.
std::vector<GoldDoc> fill_absent_labels(std::vector<Line> lines) {
  std::map<std::string, std::set<std::string>> labels;  // prefix -> labels
  auto kind_of = [](const std::string& label) {
    for (const LabelKey& family : kLabelKeys) {
      const std::string prefix = family.prefix;
      if (!prefix.empty() && label.starts_with(prefix)) return prefix;
    }
    return std::string();
  };
  for (const Line& line : lines) {
    for (const auto& [label, score] : line.gold.cats) labels[kind_of(label)].insert(label);
  }
  std::vector<GoldDoc> out;
  for (Line& line : lines) {
    std::set<std::string, std::less<>> own;
    for (const auto& [label, score] : line.gold.cats) own.insert(label);
    for (const std::string& kind : line.kinds) {
      for (const std::string& label : labels[kind]) {
        if (!own.contains(label)) line.gold.cats.emplace_back(label, 0.0f);
      }
    }
    out.push_back(std::move(line.gold));
  }
  return out;
}

bool too_long(const GoldDoc& gold, const CorpusOptions& options) {
  return options.max_length > 0 && gold.tokens.size() >= options.max_length;
}

std::vector<Path> corpus_files(Env& env, const Path& path) {
  if (!env.exists(path))
    throw Error(ErrorKind::kNotFound, path.string() + ": there is no such corpus");
  if (!env.is_directory(path)) return {path};
  std::vector<Path> files;
  for (const std::string& name : env.list_files(path)) {
    if (name.ends_with(".spacy") || name.ends_with(".jsonl")) files.push_back(path / name);
  }
  return files;
}

}  // namespace

std::vector<GoldDoc> read_jsonl_corpus(std::string_view text, const std::string& where,
                                       const Language& language, Warnings& warnings,
                                       const CorpusOptions& options) {
  std::vector<Line> lines;
  size_t number = 0;
  for (size_t at = text.starts_with(utf8::kByteOrderMark) ? utf8::kByteOrderMark.size() : 0;
       at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    try {
      if (line.size() > options.max_line)
        throw Error(ErrorKind::kInvalidInput, "the line is too long");
      Line read = read_line(line, language);
      if (!read.gold.tokens.empty() && !too_long(read.gold, options))
        lines.push_back(std::move(read));
    } catch (const Error& error) {
      warnings.push_back(where + ":" + std::to_string(number) + ": skipped: " + error.what());
    }
    if (options.limit > 0 && lines.size() >= options.limit) break;
  }
  return fill_absent_labels(std::move(lines));
}

std::vector<GoldDoc> read_corpus(Env& env, const Path& path, const Language& language,
                                 Warnings& warnings, const CorpusOptions& options) {
  std::vector<GoldDoc> out;
  for (const Path& file : corpus_files(env, path)) {
    const std::string bytes = env.read_file(file);
    std::vector<GoldDoc> docs =
        file.extension() == ".spacy"
            ? read_docbin(bytes, language.vocab().strings(), file.string())
            : read_jsonl_corpus(bytes, file.string(), language, warnings, options);
    for (GoldDoc& gold : docs) {
      if (gold.tokens.empty() || too_long(gold, options)) continue;
      if (options.limit > 0 && out.size() >= options.limit) break;
      out.push_back(std::move(gold));
    }
  }
  if (out.empty()) {
    throw Error(ErrorKind::kInvalidInput,
                path.string() +
                    ": not one document in it; .spacy files and JSON Lines with \"text\" are read");
  }
  return out;
}

}  // namespace pawl
