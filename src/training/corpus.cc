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
  std::set<std::string> kinds;          // prefixes of the families it names a label of
  std::vector<CharEntity> misaligned;   // entities that nothing is learnt from
  std::string entity_key = "entities";  // the key they stood under
};

// Entities that do not fit the tokens, counted over one file.
class Misaligned {
 public:
  explicit Misaligned(const std::string& where) : where_(where) {}

  void add(const Line& line, size_t number) {
    if (line.misaligned.empty()) return;
    if (count_ == 0) {
      first_ = "line " + std::to_string(number) + ", \"" + line.entity_key + "\", " +
               offsets_text(line.misaligned.front());
    }
    count_ += line.misaligned.size();
    ++lines_;
  }

  void report(Warnings& warnings) const {
    if (count_ == 0) return;
    warnings.push_back(where_ + ": " + std::to_string(count_) + " entities on " +
                       std::to_string(lines_) +
                       " lines do not begin and end where tokens do, and nothing is learnt from "
                       "them; the first: " +
                       first_);
  }

 private:
  const std::string& where_;
  std::string first_;
  size_t count_ = 0, lines_ = 0;
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

void read_cats(const Json& record, Line& line) {
  if (const Json* cats = record.find("cats"); cats && !cats->is_null()) {
    for (const auto& [label, score] : cats->as_object()) {
      add_category(line.gold, label, score.is_bool() ? score.as_bool() : score.as_double());
    }
  }
  read_labels(record, line);
}

Line read_line(std::string_view text, const Language& language) {
  const Json record = parse_json(text);
  const std::string& words = record.at("text").as_string();
  std::vector<CharEntity> entities;
  Line line;
  bool known = false;
  for (const char* key : {"entities", "ents"}) {
    const Json* list = record.find(key);
    if (!list || list->is_null()) continue;
    known = true;
    line.entity_key = key;
    for (const Json& item : list->as_array()) entities.push_back(read_entity(item));
  }
  line.gold = make_gold(language, words, entities, known, &line.misaligned);
  read_cats(record, line);
  return line;
}

// The labels of a file by family. What a document did not name, of a kind it did name, it is not.
class LabelFamilies {
 public:
  void add(const Line& line) {
    for (const auto& [label, score] : line.gold.cats) labels_[kind_of(label)].insert(label);
  }

  GoldDoc filled(Line line) {
    std::set<std::string, std::less<>> own;
    for (const auto& [label, score] : line.gold.cats) own.insert(label);
    for (const std::string& kind : line.kinds) {
      for (const std::string& label : labels_[kind]) {
        if (!own.contains(label)) line.gold.cats.emplace_back(label, 0.0f);
      }
    }
    return std::move(line.gold);
  }

 private:
  static std::string kind_of(const std::string& label) {
    for (const LabelKey& family : kLabelKeys) {
      const std::string prefix = family.prefix;
      if (!prefix.empty() && label.starts_with(prefix)) return prefix;
    }
    return {};
  }

  std::map<std::string, std::set<std::string>> labels_;  // prefix -> labels
};

// Calls `take` with number and text of every line that is not blank, until it returns false.
void for_each_line(std::string_view text,
                   const std::function<bool(size_t, std::string_view)>& take) {
  size_t number = 0;
  for (size_t at = text.starts_with(utf8::kByteOrderMark) ? utf8::kByteOrderMark.size() : 0;
       at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (!take(number, line)) return;
  }
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

void check_line_length(std::string_view line, const CorpusOptions& options) {
  if (line.size() > options.max_line) throw Error(ErrorKind::kInvalidInput, "the line is too long");
}

LabelFamilies scan_labels(std::string_view text, const CorpusOptions& options) {
  LabelFamilies families;
  for_each_line(text, [&](size_t, std::string_view line) {
    try {
      check_line_length(line, options);
      Line read;
      read_cats(parse_json(line), read);
      families.add(read);
    } catch (const Error&) {
      // Reported when the line's turn comes.
    }
    return true;
  });
  return families;
}

// Hands out one file's documents; false once `take` wants no more.
class FileStream {
 public:
  FileStream(Env& env, const Language& language, Warnings& warnings, const CorpusOptions& options)
      : language_(language),
        warnings_(warnings),
        options_(options),
        augment_(env, options.augment) {}

  bool run(const std::string& bytes, const Path& file, const std::function<bool(GoldDoc)>& take) {
    if (file.extension() != ".spacy") return lines(bytes, file.string(), take);
    for (GoldDoc& gold : read_docbin(bytes, language_.vocab().strings(), file.string())) {
      if (!give(std::move(gold), take)) return false;
    }
    return true;
  }

 private:
  bool lines(const std::string& bytes, const std::string& where,
             const std::function<bool(GoldDoc)>& take) {
    LabelFamilies families = scan_labels(bytes, options_);
    Misaligned misaligned(where);
    bool more = true;
    for_each_line(bytes, [&](size_t number, std::string_view line) {
      try {
        check_line_length(line, options_);
        Line read = read_line(line, language_);
        misaligned.add(read, number);
        more = give(families.filled(std::move(read)), take);
      } catch (const Error& error) {
        warnings_.push_back(where + ":" + std::to_string(number) + ": skipped: " + error.what());
      }
      return more;
    });
    misaligned.report(warnings_);
    return more;
  }

  bool give(GoldDoc gold, const std::function<bool(GoldDoc)>& take) {
    if (gold.tokens.empty() || too_long(gold, options_)) return true;
    if (options_.limit > 0 && given_ >= options_.limit) return false;
    ++given_;
    augment_(gold, language_.vocab().strings());
    return take(std::move(gold));
  }

  const Language& language_;
  Warnings& warnings_;
  const CorpusOptions& options_;
  Augmenter augment_;
  uint64_t given_ = 0;
};

}  // namespace

std::vector<GoldDoc> read_jsonl_corpus(std::string_view text, const std::string& where,
                                       const Language& language, Warnings& warnings,
                                       const CorpusOptions& options) {
  std::vector<Line> lines;
  Misaligned misaligned(where);
  for_each_line(text, [&](size_t number, std::string_view line) {
    try {
      check_line_length(line, options);
      Line read = read_line(line, language);
      misaligned.add(read, number);
      if (!read.gold.tokens.empty() && !too_long(read.gold, options))
        lines.push_back(std::move(read));
    } catch (const Error& error) {
      warnings.push_back(where + ":" + std::to_string(number) + ": skipped: " + error.what());
    }
    return options.limit == 0 || lines.size() < options.limit;
  });
  misaligned.report(warnings);
  LabelFamilies families;
  for (const Line& line : lines) families.add(line);
  std::vector<GoldDoc> out;
  for (Line& line : lines) out.push_back(families.filled(std::move(line)));
  return out;
}

std::vector<GoldDoc> read_corpus(Env& env, const Path& path, const Language& language,
                                 Warnings& warnings, const CorpusOptions& options) {
  std::vector<GoldDoc> out;
  Augmenter augment(env, options.augment);
  for (const Path& file : corpus_files(env, path)) {
    const std::string bytes = env.read_file(file);
    std::vector<GoldDoc> docs =
        file.extension() == ".spacy"
            ? read_docbin(bytes, language.vocab().strings(), file.string())
            : read_jsonl_corpus(bytes, file.string(), language, warnings, options);
    for (GoldDoc& gold : docs) {
      if (gold.tokens.empty() || too_long(gold, options)) continue;
      if (options.limit > 0 && out.size() >= options.limit) break;
      augment(gold, language.vocab().strings());
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

void stream_corpus(Env& env, const Path& path, const Language& language, Warnings& warnings,
                   const CorpusOptions& options, const std::function<bool(GoldDoc)>& take) {
  FileStream stream(env, language, warnings, options);
  for (const Path& file : corpus_files(env, path)) {
    if (!stream.run(env.read_file(file), file, take)) return;
  }
}

}  // namespace pawl
