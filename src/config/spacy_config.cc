#include "config/spacy_config.h"

#include <algorithm>
#include <deque>
#include <numeric>

#include "base/error.h"
#include "config/config_reader.h"
#include "config/python_json.h"

namespace pawl {

namespace {

constexpr int kMaxSectionReferences = 16;
constexpr size_t kMaxValues = 1'000'000;

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// "$$" stands for "$"; before "{" it stays, or it would turn into a reference.
std::string unescape_dollars(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text.compare(i, 2, "$$") == 0 && text.compare(i + 2, 1, "{") != 0) ++i;
  }
  return out;
}

std::string escape_dollars(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '$' && text.compare(i + 1, 1, "{") != 0) out += '$';
  }
  return out;
}

Json interpret(const std::string& text) {
  std::optional<Json> value = parse_python_json(text);
  if (!value || (value->is_string() && has_config_variable(text))) return Json(text);
  return std::move(*value);
}

// The same without resolving references: a text with references is kept, and later written, as it
// is.
Json interpret_raw(const std::string& text) {
  const Json value = interpret(text);
  if (value.is_string() && has_config_variable(text)) return value;
  return interpret(unescape_dollars(text));
}

Json& descend(Json& root, std::string_view path) {
  Json* node = &root;
  for (size_t start = 0; start <= path.size();) {
    const size_t dot = std::min(path.find('.', start), path.size());
    Json& child = (*node)[path.substr(start, dot - start)];
    if (child.is_null()) child = Json::object();
    node = &child;
    start = dot + 1;
  }
  return *node;
}

// Replaces section markers by the sections they name.
class SectionReferences {
 public:
  SectionReferences(const Json& root, const std::string& where) : root_(root), where_(where) {}

  void replace(Json& node, const std::string& path, int depth) {
    if (depth > kMaxSectionReferences || ++seen_ > kMaxValues) {
      throw Error(ErrorKind::kFormat,
                  where_ + ": '" + path + "': sections refer to each other in circles");
    }
    if (node.is_object()) {
      for (auto& [key, child] : node.as_object()) {
        const std::string child_path = path.empty() ? key : path + "." + key;
        if (child.is_array()) {
          for (Json& item : child.as_array()) {
            if (item.is_string()) replace(item, child_path, depth);
          }
        } else {
          replace(child, child_path, depth);
        }
      }
    } else if (node.is_string()) {
      replace_text(node, path, depth);
    }
  }

 private:
  void replace_text(Json& node, const std::string& path, int depth) {
    const std::string text = node.as_string();
    const size_t at = text.find(kSectionMarker);
    if (at == std::string::npos || text == kSectionMarker) return;
    if (at != 0) {
      throw Error(
          ErrorKind::kFormat,
          where_ + ": '" + path + "': a whole section cannot stand inside of a string or list");
    }
    const Json* target = find_config(root_, std::string_view(text).substr(kSectionMarker.size()));
    if (!target)
      throw Error(ErrorKind::kFormat, where_ + ": '" + path + "' refers to an unknown section");
    Json copy = *target;
    replace(copy, path, depth + 1);
    node = std::move(copy);
  }

  const Json& root_;
  const std::string& where_;
  size_t seen_ = 0;
};

Json read_config(std::string_view text, const std::string& where, bool interpolate, bool numbered) {
  const ConfigReader reader(text, where, numbered);
  std::vector<const IniSection*> by_depth;
  Json root = Json::object();
  for (const IniSection& section : reader.sections()) {
    if (section.name == "DEFAULT") continue;
    descend(root, section.name);
    by_depth.push_back(&section);
  }
  auto depth = [](const IniSection* s) { return std::count(s->name.begin(), s->name.end(), '.'); };
  std::stable_sort(by_depth.begin(), by_depth.end(),
                   [&](const IniSection* a, const IniSection* b) { return depth(a) < depth(b); });
  for (const IniSection* section : by_depth) {
    Json& node = descend(root, section->name);
    for (const IniEntry& entry : section->entries) {
      node[entry.key] =
          interpolate ? interpret(reader.resolve(*section, entry)) : interpret_raw(entry.value);
    }
  }
  if (interpolate) {
    const Json unresolved = root;
    SectionReferences(unresolved, where).replace(root, "", 0);
  }
  return root;
}

void apply_overrides(Json& config, const ConfigOverrides& overrides, const std::string& where) {
  for (const auto& [path, value] : overrides) {
    const size_t dot = path.rfind('.');
    const Json* section =
        dot == std::string::npos ? nullptr : find_config(config, path.substr(0, dot));
    if (!section || !section->is_object()) {
      throw Error(ErrorKind::kInvalidInput,
                  where + ": '" + path + "' cannot be overridden: there is no such section");
    }
    set_config(config, path, value);
  }
}

bool fits_key(std::string_view key) {
  return !key.empty() && key.find_first_of("=:\n\r") == std::string_view::npos &&
         std::string_view("[#; \t").find(key.front()) == std::string_view::npos &&
         key.back() != ' ' && key.back() != '\t';
}

bool fits_section(std::string_view key) {
  return !key.empty() && key.find_first_of(".\n\r") == std::string_view::npos;
}

// Whether the members can be written as lines of a section of their own.
bool fits(const Json& value) {
  return std::all_of(
      value.as_object().begin(), value.as_object().end(), [](const Json::Member& member) {
        return fits_key(member.first) && (!member.second.is_object() || fits_section(member.first));
      });
}

std::string dump_value(const Json& value) {
  if (value.is_string() && has_config_variable(value.as_string())) return value.as_string();
  return escape_dollars(python_json(value));
}

void append_line(std::string& out, const std::string& key, const std::string& value) {
  out.append(key).append(" = ");
  for (const char c : value) {
    out += c;
    if (c == '\n') out += '\t';
  }
  out += '\n';
}

}  // namespace

bool has_config_variable(std::string_view text) {
  for (size_t at = 0; (at = text.find("${", at)) != std::string_view::npos; at += 2) {
    size_t end = at + 2;
    while (end < text.size() && (is_word(text[end]) || text[end] == '.' || text[end] == ':')) ++end;
    if (end > at + 2 && end < text.size() && text[end] == '}') return true;
  }
  return false;
}

Json parse_config(std::string_view text, const std::string& where, const ConfigOptions& options) {
  const bool direct = options.interpolate && options.overrides.empty();
  Json config = read_config(text, where, direct, true);
  apply_overrides(config, options.overrides, where);
  if (!options.interpolate || direct) return config;
  return interpolate_config(config, where);
}

Json interpolate_config(const Json& config, const std::string& where) {
  return read_config(write_config(config), where, true, false);
}

std::string write_config(const Json& config) {
  std::string out;
  std::deque<std::pair<std::string, const Json*>> queue{{"", &config}};
  for (; !queue.empty(); queue.pop_front()) {
    const auto [path, node] = queue.front();
    std::string lines;
    for (const auto& [key, value] : node->as_object()) {
      const std::string child = path.empty() ? key : path + "." + key;
      if (value.is_object() && fits_section(key) && fits(value)) {
        queue.emplace_back(child, &value);
      } else if (path.empty()) {
        throw Error(ErrorKind::kInvalidInput,
                    "config: '" + key + "' stands outside of any section");
      } else {
        append_line(lines, key, dump_value(value));
      }
    }
    const bool starred = path == "*" || path.ends_with(".*");
    if (!path.empty() && (!starred || !lines.empty())) out += "[" + path + "]\n" + lines + "\n";
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

const Json* find_config(const Json& config, std::string_view path) {
  const Json* node = &config;
  for (size_t start = 0; start <= path.size() && node;) {
    const size_t dot = std::min(path.find('.', start), path.size());
    node = node->is_object() ? node->find(path.substr(start, dot - start)) : nullptr;
    start = dot + 1;
  }
  return node;
}

void set_config(Json& config, std::string_view path, Json value) {
  const size_t dot = path.rfind('.');
  Json& section = dot == std::string_view::npos ? config : descend(config, path.substr(0, dot));
  section[path.substr(dot == std::string_view::npos ? 0 : dot + 1)] = std::move(value);
}

namespace {

const std::string* registered_name(const Json& block) {
  for (const auto& [key, value] : block.as_object()) {
    if (key.starts_with("@") && value.is_string()) return &value.as_string();
  }
  return nullptr;
}

}  // namespace

void merge_config_defaults(Json& config, const Json& defaults) {
  for (const auto& [key, value] : defaults.as_object()) {
    Json* own = config.find(key);
    if (!own) {
      config[key] = value;
    } else if (value.is_object() && own->is_object()) {
      const std::string* mine = registered_name(*own);
      const std::string* theirs = registered_name(value);
      if (mine && (!theirs || *mine != *theirs)) continue;
      merge_config_defaults(*own, value);
    }
  }
}

}  // namespace pawl
