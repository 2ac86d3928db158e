#include "pipeline/rulers/attribute_ruler.h"

#include <algorithm>
#include <cctype>
#include <tuple>

#include "base/error.h"
#include "base/msgpack.h"
#include "base/utf8.h"
#include "text/morphology.h"

namespace pawl {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{256} << 20;
constexpr std::string_view kNoPatterns = "\x90";  // an empty list

Json to_json_value(const Msgpack& value) {
  if (value.is_null()) return {};
  if (value.is<bool>()) return value.as_bool();
  if (value.is<uint64_t>()) return value.as_uint();
  if (value.is<int64_t>()) return value.as_int();
  if (value.is<double>() || value.is<float>()) return value.as_double();
  if (value.is<Msgpack::Array>()) {
    Json out = Json::array();
    for (const Msgpack& item : value.as_array()) out.push_back(to_json_value(item));
    return out;
  }
  if (value.is<Msgpack::Map>()) {
    Json out = Json::object();
    for (const auto& [key, item] : value.as_map()) out[key.as_string()] = to_json_value(item);
    return out;
  }
  if (utf8::find_invalid(value.as_string()) != utf8::kValid)
    throw Error(ErrorKind::kFormat, "a text is not UTF-8");
  return value.as_string();
}

// What a rule may set; a property of the word form would change it for every text.
Attr attribute_of(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const Attr attr = attr_from_name(name);
  constexpr Attr kSettable[] = {Attr::kTag,     Attr::kPos,  Attr::kMorph,     Attr::kLemma,
                                Attr::kDep,     Attr::kNorm, Attr::kSentStart, Attr::kEntType,
                                Attr::kEntKbId, Attr::kEntId};
  if (std::find(std::begin(kSettable), std::end(kSettable), attr) == std::end(kSettable))
    throw Error(ErrorKind::kUnsupported, "setting " + name + " is not supported by pawl");
  return attr;
}

uint64_t value_of(Attr attr, const Json& value, StringStore& strings) {
  if (attr == Attr::kSentStart)
    return static_cast<uint64_t>(value.is_bool() ? (value.as_bool() ? 1 : -1) : value.as_int());
  if (attr == Attr::kMorph && value.is_string()) return add_morph(value.as_string(), strings);
  if (value.is_string()) return strings.add(value.as_string());
  const StringId id = value.as_uint();
  strings.at(id);
  return id;
}

void set_attribute(Token& token, Attr attr, uint64_t value) {
  switch (attr) {
    case Attr::kTag:
      token.tag = value;
      break;
    case Attr::kPos:
      token.pos = value;
      break;
    case Attr::kMorph:
      token.morph = value;
      break;
    case Attr::kLemma:
      token.lemma = value;
      break;
    case Attr::kDep:
      token.dep = value;
      break;
    case Attr::kNorm:
      token.norm = value;
      break;
    case Attr::kSentStart:
      token.sent_start = static_cast<int8_t>(static_cast<int64_t>(value));
      break;
    case Attr::kEntType:
      token.ent_type = value;
      break;
    case Attr::kEntKbId:
      token.ent_kb_id = value;
      break;
    default:
      token.ent_id = value;
  }
}

}  // namespace

AttributeRuler::AttributeRuler(const std::string& name, const Json& config,
                               std::shared_ptr<Vocab> vocab)
    : Component(name, "attribute_ruler"), config_(config), vocab_(std::move(vocab)) {
  rules_ = read_rules(std::string(kNoPatterns), *vocab_, "components." + name);
}

std::shared_ptr<const AttributeRuler::Rules> AttributeRuler::read_rules(std::string bytes,
                                                                        Vocab& vocab,
                                                                        const std::string& where) {
  auto out = std::make_shared<Rules>();
  std::string place = where;
  try {
    const Json list = to_json_value(parse_msgpack(bytes));
    for (const Json& record : list.as_array()) {
      place = where + ": rule " + std::to_string(out->rules.size() + 1);
      Rule rule;
      for (const auto& [name, value] : record.at("attrs").as_object()) {
        const Attr attr = attribute_of(name);
        rule.attributes.emplace_back(attr, value_of(attr, value, vocab.strings()));
      }
      if (const Json* index = record.find("index")) rule.index = index->as_int();
      for (const Json& pattern : record.at("patterns").as_array())
        out->matcher.add(out->rules.size(), pattern, vocab.strings());
      out->rules.push_back(std::move(rule));
    }
  } catch (const Error& error) {
    throw error.within(place);
  }
  out->bytes = std::move(bytes);
  return out;
}

void AttributeRuler::to_disk(Env& env, const Path& path) const {
  env.create_directories(path);
  env.write_file(path / "patterns", rules_->bytes, false);
}

void AttributeRuler::from_disk(Env& env, const Path& path) {
  const Path file = path / "patterns";
  rules_ = read_rules(env.read_file(file, {.max_bytes = kMaxBytes}), *vocab_, file.string());
}

std::unique_ptr<Component> AttributeRuler::clone(std::shared_ptr<Vocab> vocab) const {
  auto copy = std::make_unique<AttributeRuler>(name(), config_, vocab);
  copy->rules_ = vocab == vocab_ ? rules_ : read_rules(rules_->bytes, *vocab, name());
  return copy;
}

void AttributeRuler::apply(const Rule& rule, const Match& match, Doc& doc) const {
  const int64_t at = rule.index < 0 ? match.end + rule.index : match.start + rule.index;
  if (at < match.start || at >= match.end) {
    throw Error(ErrorKind::kInvalidInput, "component '" + name() + "': the index of rule " +
                                              std::to_string(match.key + 1) +
                                              " is not in what its pattern matched");
  }
  for (const auto& [attr, value] : rule.attributes)
    set_attribute(doc[static_cast<size_t>(at)], attr, value);
}

void AttributeRuler::predict(std::span<Doc> docs) const {
  const Rules& rules = *rules_;
  for (Doc& doc : docs) {
    std::vector<Match> matches = rules.matcher(doc);
    std::sort(matches.begin(), matches.end(), [](const Match& a, const Match& b) {
      return std::tie(a.key, a.start, a.end) < std::tie(b.key, b.start, b.end);
    });
    for (const Match& match : matches) apply(rules.rules[match.key], match, doc);
  }
}

std::unique_ptr<Component> make_attribute_ruler(const std::string& name, const Json& config,
                                                std::shared_ptr<Vocab> vocab) {
  return std::make_unique<AttributeRuler>(name, config, std::move(vocab));
}

}  // namespace pawl
