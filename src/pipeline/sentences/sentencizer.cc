#include "pipeline/sentences/sentencizer.h"

#include "base/error.h"
#include "base/utf8.h"
#include "pipeline/component/model_settings.h"
#include "pipeline/component/srsly_json.h"

namespace pawl {
namespace {

// Terminal punctuation of the world's scripts, spaCy's default.
constexpr char32_t kTerminal[] = {
    0x0021,  0x002E,  0x003F,  0x0589,  0x061F,  0x06D4,  0x0700,  0x0701,  0x0702,  0x07F9,
    0x0964,  0x0965,  0x104A,  0x104B,  0x1362,  0x1367,  0x1368,  0x166E,  0x1735,  0x1736,
    0x1803,  0x1809,  0x1944,  0x1945,  0x1AA8,  0x1AA9,  0x1AAA,  0x1AAB,  0x1B5A,  0x1B5B,
    0x1B5E,  0x1B5F,  0x1C3B,  0x1C3C,  0x1C7E,  0x1C7F,  0x203C,  0x203D,  0x2047,  0x2048,
    0x2049,  0x2E2E,  0x2E3C,  0xA4FF,  0xA60E,  0xA60F,  0xA6F3,  0xA6F7,  0xA876,  0xA877,
    0xA8CE,  0xA8CF,  0xA92F,  0xA9C8,  0xA9C9,  0xAA5D,  0xAA5E,  0xAA5F,  0xAAF0,  0xAAF1,
    0xABEB,  0xFE52,  0xFE56,  0xFE57,  0xFF01,  0xFF0E,  0xFF1F,  0x10A56, 0x10A57, 0x11047,
    0x11048, 0x110BE, 0x110BF, 0x110C0, 0x110C1, 0x11141, 0x11142, 0x11143, 0x111C5, 0x111C6,
    0x111CD, 0x111DE, 0x111DF, 0x11238, 0x11239, 0x1123B, 0x1123C, 0x112A9, 0x1144B, 0x1144C,
    0x115C2, 0x115C3, 0x115C9, 0x115CA, 0x115CB, 0x115CC, 0x115CD, 0x115CE, 0x115CF, 0x115D0,
    0x115D1, 0x115D2, 0x115D3, 0x115D4, 0x115D5, 0x115D6, 0x115D7, 0x11641, 0x11642, 0x1173C,
    0x1173D, 0x1173E, 0x11A42, 0x11A43, 0x11A9B, 0x11A9C, 0x11C41, 0x11C42, 0x16A6E, 0x16A6F,
    0x16AF5, 0x16B37, 0x16B38, 0x16B44, 0x1BC9F, 0x1DA88, 0xFF61,  0x3002};

Path file_of(const Path& path) {
  Path file = path;
  return file.replace_extension(".json");
}

}  // namespace

Sentencizer::Sentencizer(const std::string& name, const Json& config)
    : Component(name, "sentencizer"), config_(config) {
  const std::string where = "components." + name;
  if (config.find("overwrite")) overwrite_ = flag_setting(config, "overwrite", where);
  set_characters(config.find("punct_chars"), where);
}

// None given, or none in the list: the default.
void Sentencizer::set_characters(const Json* list, const std::string& where) {
  characters_.clear();
  ends_.clear();
  if (list && !list->is_null()) {
    if (!list->is_array()) throw Error(ErrorKind::kFormat, where + ": punct_chars must be a list");
    for (const Json& item : list->as_array()) {
      if (!item.is_string())
        throw Error(ErrorKind::kFormat, where + ": punct_chars must be a list of texts");
      characters_.push_back(item.as_string());
    }
  }
  if (characters_.empty()) {
    for (const char32_t code_point : kTerminal)
      utf8::append(characters_.emplace_back(), code_point);
  }
  for (const std::string& text : characters_) ends_.insert(string_id(text));
}

void Sentencizer::to_disk(Env& env, const Path& path) const {
  Json out = Json::object(), list = Json::array();
  for (const std::string& text : characters_) list.push_back(text);
  out["punct_chars"] = std::move(list);
  out["overwrite"] = overwrite_;
  env.write_file(file_of(path), srsly_json(out), false);
}

void Sentencizer::from_disk(Env& env, const Path& path) {
  const Path file = file_of(path);
  try {
    const Json settings = parse_json(env.read_file(file));
    if (settings.find("overwrite")) overwrite_ = flag_setting(settings, "overwrite", "sentencizer");
    set_characters(settings.find("punct_chars"), "sentencizer");
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kNotFound) throw;
    throw error.within(file.string());
  }
}

std::unique_ptr<Component> Sentencizer::clone(std::shared_ptr<Vocab>) const {
  return std::make_unique<Sentencizer>(*this);
}

void Sentencizer::predict(std::span<Doc> docs) const {
  for (Doc& doc : docs) annotate(doc);
}

void Sentencizer::annotate(Doc& doc) const {
  bool ended = false;
  for (size_t i = 0; i < doc.size(); ++i) {
    Token& token = doc[i];
    const bool ends = ends_.contains(token.lex->orth);
    const bool starts = i == 0 || (ended && !ends && !token.lex->is(Attr::kIsPunct));
    if (ends)
      ended = true;
    else if (starts)
      ended = false;
    if (token.sent_start == 0 || overwrite_) token.sent_start = starts ? int8_t{1} : int8_t{-1};
  }
}

std::unique_ptr<Component> make_sentencizer(const std::string& name, const Json& config,
                                            std::shared_ptr<Vocab>) {
  return std::make_unique<Sentencizer>(name, config);
}

}  // namespace pawl
