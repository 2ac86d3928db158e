#include "config/spacy_schema.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "config/python_json.h"
#include "config/spacy_config.h"

namespace pawl {

namespace {

constexpr std::string_view kSpacySignatures =
#include "config/spacy_signatures.inc"
    ;

// pawl's own, in the same form.
constexpr std::string_view kPawlSignatures =
    R"(factories pawl_sentence_encoder path:str?=
factories pawl_hybrid_textcat model:block= none_of_these:str?=
architectures pawl.HybridTextCat.v1 vectors:str?= hash_bits:int= tune:bool= c:float=
)";

using Members = std::vector<ConfigMember>;
using Table = std::map<std::string, Members, std::less<>>;  // "registry name" -> members

std::string_view take_word(std::string_view& line) {
  const size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

ConfigMember read_member(std::string_view text) {
  ConfigMember member;
  if (text.ends_with('=')) {
    member.optional = true;
    text.remove_suffix(1);
  }
  if (text.ends_with('?')) {
    member.nullable = true;
    text.remove_suffix(1);
  }
  const size_t colon = text.find(':');
  member.name = text.substr(0, colon);
  member.type = text.substr(colon + 1);
  return member;
}

void read_table(std::string_view text, Table& table) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string registry(take_word(line)), name(take_word(line));
    Members& members = table[registry + " " + name];
    while (!line.empty()) members.push_back(read_member(take_word(line)));
  }
}

const Table& table() {
  static const Table instance = [] {
    Table out;
    read_table(kSpacySignatures, out);
    read_table(kPawlSignatures, out);
    return out;
  }();
  return instance;
}

[[noreturn]] void wrong(const std::string& key, const std::string& what) {
  throw Error(ErrorKind::kFormat, key + ": " + what);
}

// "@batchers" and the like; more than one is as wrong as in spaCy.
std::optional<std::string> registry_key(const Json& block, const std::string& path) {
  std::optional<std::string> found;
  for (const auto& [key, value] : block.as_object()) {
    if (!key.starts_with("@")) continue;
    if (found) wrong(path, "names two functions, " + *found + " and " + key + "; keep one");
    found = key;
  }
  return found;
}

bool is_promise(const Json& value) {
  return value.is_object() &&
         std::any_of(value.as_object().begin(), value.as_object().end(),
                     [](const Json::Member& member) { return member.first.starts_with("@"); });
}

bool is_one_of(std::string_view choices, const std::string& value) {
  while (!choices.empty()) {
    const size_t end = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, end) == value) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

bool fits(std::string_view type, const Json& value) {
  if (type == "any") return true;
  if (type == "int") return value.is_integer();
  if (type == "float" || type == "number") return value.is_number();
  if (type == "bool") return value.is_bool();
  if (type == "str") return value.is_string();
  if (type == "dict") return value.is_object();
  if (type == "block") return false;  // only a function's result fits
  if (type == "list") return value.is_array();
  if (type.starts_with("list_")) {
    return value.is_array() && std::all_of(value.as_array().begin(), value.as_array().end(),
                                           [&](const Json& x) { return fits(type.substr(5), x); });
  }
  return value.is_string() && is_one_of(type, value.as_string());
}

std::string described(const ConfigMember& member) {
  static const std::map<std::string, std::string, std::less<>> kWords = {
      {"int", "a whole number"}, {"float", "a number"},
      {"number", "a number"},    {"bool", "true or false"},
      {"str", "a text"},         {"dict", "a section"},
      {"list", "a list"},        {"block", "a block that names a registered function"}};
  std::string out;
  if (const auto found = kWords.find(member.type); found != kWords.end()) {
    out = found->second;
  } else if (member.type.starts_with("list_")) {
    out = member.type == "list_str" ? "a list of texts" : "a list of whole numbers";
  } else {
    out = "one of " + member.type;
  }
  return member.nullable ? out + " or null" : out;
}

// Checks members against a table row, then whatever registered functions stand inside.
class Checker {
 public:
  // `known`: keys that are allowed beside the row's.
  void members(const Json& block, const std::string& path, const Members& row,
               std::string_view taker, const std::vector<std::string>& known = {}) const {
    for (const auto& [key, value] : block.as_object()) {
      const auto found = std::find_if(
          row.begin(), row.end(), [&, name = std::string_view(key)](const ConfigMember& member) {
            return member.name == name;
          });
      if (found != row.end()) {
        check_value(value, path + "." + key, *found);
      } else if (std::find(known.begin(), known.end(), key) == known.end()) {
        wrong(path + "." + key, std::string(taker) + " takes no '" + key + "'" + choices(row));
      }
    }
    for (const ConfigMember& member : row) {
      if (!member.optional && !block.find(member.name))
        wrong(path + "." + member.name, "missing; " + std::string(taker) + " needs it");
    }
  }

  void blocks(const Json& value, const std::string& path) const {
    if (value.is_array()) {
      for (const Json& item : value.as_array()) blocks(item, path);
    } else if (value.is_object()) {
      const std::optional<std::string> registry = registry_key(value, path);
      if (registry) {
        function(value, path, *registry);
      }
      for (const auto& [key, item] : value.as_object()) blocks(item, path + "." + key);
    }
  }

 private:
  void function(const Json& block, const std::string& path, const std::string& registry) const {
    const Json& name = block.at(registry);
    if (!name.is_string()) wrong(path + "." + registry, "must be the name of a function");
    const Members* row = config_members(registry.substr(1), name.as_string());
    if (!row) return;
    std::vector<std::string> known = {registry};
    if (block.find("*")) known.push_back("*");
    members(block, path, *row, name.as_string(), known);
  }

  static void check_value(const Json& value, const std::string& path, const ConfigMember& member) {
    if (is_promise(value) || (value.is_null() && member.nullable)) return;
    if (!fits(member.type, value)) {
      const bool large = value.is_object() || value.is_array();
      wrong(path, "must be " + described(member) +
                      (large ? std::string() : ", but is " + python_json(value)));
    }
  }

  static std::string choices(const Members& row) {
    if (row.empty()) return "; remove it";
    std::string out = "; it takes ";
    for (const ConfigMember& member : row) out += (&member == row.data() ? "" : ", ") + member.name;
    return out;
  }
};

void check_component(const Checker& checker, const std::string& name, const Json& block) {
  const std::string path = "components." + name;
  if (!block.is_object()) wrong(path, "must be a section");
  const Json* factory = block.find("factory");
  if (!factory) {
    if (!block.find("source")) wrong(path, "has neither 'factory' nor 'source'; add one of them");
    static const Members kSourced = {{"source", "str", false, false},
                                     {"component", "str", false, true},
                                     {"replace_listeners", "list_str", false, true}};
    checker.members(block, path, kSourced, "a sourced component");
    return;
  }
  if (!factory->is_string()) wrong(path + ".factory", "must be the name of a factory");
  if (const Members* row = config_members("factories", factory->as_string()))
    checker.members(block, path, *row, "'" + factory->as_string() + "'", {"factory"});
  checker.blocks(block, path);
}

void check_initialize_components(const Checker& checker, const Json& config) {
  const Json* blocks = find_config(config, "initialize.components");
  if (!blocks || !blocks->is_object()) return;
  for (const auto& [name, block] : blocks->as_object()) {
    const std::string path = "initialize.components." + name;
    const Json* factory = find_config(config, "components." + name + ".factory");
    if (!block.is_object()) wrong(path, "must be a section");
    if (!factory || !factory->is_string()) continue;
    if (const Members* row = config_members("initialize", factory->as_string()))
      checker.members(block, path, *row, "'" + factory->as_string() + "'");
  }
}

}  // namespace

const std::vector<ConfigMember>* config_members(std::string_view registry, std::string_view name) {
  const auto found = table().find(std::string(registry) + " " + std::string(name));
  return found == table().end() ? nullptr : &found->second;
}

void check_spacy_config(const Json& config) {
  const Checker checker;
  for (const char* name : {"nlp", "training", "initialize", "pretraining"}) {
    const Json* section = config.find(name);
    const bool may_be_empty = std::string_view(name) == "pretraining";
    if (!section || !section->is_object()) wrong(name, "there is no such section");
    if (may_be_empty && section->as_object().empty()) continue;
    checker.members(*section, name, *config_members("section", name),
                    "[" + std::string(name) + "]");
    checker.blocks(*section, name);
  }
  for (const char* name : {"corpora", "components"}) {
    const Json* section = config.find(name);
    if (!section || !section->is_object()) wrong(name, "there is no such section");
  }
  checker.blocks(config.at("corpora"), "corpora");
  for (const auto& [name, block] : config.at("components").as_object())
    check_component(checker, name, block);
  check_initialize_components(checker, config);
}

}  // namespace pawl
