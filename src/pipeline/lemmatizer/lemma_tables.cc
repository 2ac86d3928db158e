#include "pipeline/lemmatizer/lemma_tables.h"

#include <algorithm>

#include "base/error.h"
#include "base/msgpack.h"
#include "base/utf8.h"

namespace pawl {
namespace {

const std::string& text_of(const Msgpack& value) {
  const std::string& text = value.as_string();
  if (utf8::find_invalid(text) != utf8::kValid)
    throw Error(ErrorKind::kFormat, "a text is not UTF-8");
  return text;
}

// Keys are ids, or texts where a table was not made by spaCy itself.
StringId key_of(const Msgpack& key) {
  return key.is<std::string>() ? string_id(text_of(key)) : key.as_uint();
}

// One text or a list of them.
LemmaTables::Forms forms_of(const Msgpack& value) {
  LemmaTables::Forms out;
  if (value.is<std::string>()) return {text_of(value)};
  for (const Msgpack& form : value.as_array()) out.push_back(text_of(form));
  return out;
}

void read_index(const Msgpack& value, LemmaTables::PartOfSpeech& part) {
  if (value.is<Msgpack::Map>()) {
    for (const auto& [form, ignored] : value.as_map()) part.index.insert(text_of(form));
    return;
  }
  for (const Msgpack& form : value.as_array()) part.index.insert(text_of(form));
}

void read_exceptions(const Msgpack& value, LemmaTables::PartOfSpeech& part) {
  for (const auto& [form, lemmas] : value.as_map())
    part.exceptions.emplace(text_of(form), forms_of(lemmas));
}

void read_rules(const Msgpack& value, LemmaTables::PartOfSpeech& part) {
  for (const Msgpack& rule : value.as_array()) {
    const Msgpack::Array& sides = rule.as_array();
    if (sides.size() != 2) throw Error(ErrorKind::kFormat, "a rule is not a pair of suffixes");
    part.suffixes.emplace_back(text_of(sides[0]), text_of(sides[1]));
  }
}

using PartReader = void (*)(const Msgpack& value, LemmaTables::PartOfSpeech& part);

PartReader reader_of(const std::string& table) {
  if (table == "lemma_index") return read_index;
  if (table == "lemma_exc") return read_exceptions;
  if (table == "lemma_rules") return read_rules;
  return nullptr;
}

}  // namespace

LemmaTables LemmaTables::from_bytes(std::string bytes, const std::string& where) {
  LemmaTables out;
  std::string table;
  try {
    const Msgpack message = parse_msgpack(bytes);
    for (const auto& [name, entries] : message.as_map()) {
      table = text_of(name);
      out.names_.push_back(table);
      if (table == "lemma_lookup") {
        for (const auto& [form, lemmas] : entries.as_map())
          out.lemmas_.insert_or_assign(key_of(form), forms_of(lemmas));
      } else if (const PartReader read = reader_of(table)) {
        for (const auto& [pos, value] : entries.as_map()) read(value, out.parts_[key_of(pos)]);
      }
    }
  } catch (const Error& error) {
    throw error.within(where + (table.empty() ? "" : ": table '" + table + "'"));
  }
  out.bytes_ = std::move(bytes);
  return out;
}

bool LemmaTables::has(std::string_view table) const {
  return std::find(names_.begin(), names_.end(), table) != names_.end();
}

const LemmaTables::PartOfSpeech* LemmaTables::find(StringId pos) const {
  const auto found = parts_.find(pos);
  return found == parts_.end() ? nullptr : &found->second;
}

const LemmaTables::Forms* LemmaTables::look_up(StringId form) const {
  const auto found = lemmas_.find(form);
  return found == lemmas_.end() ? nullptr : &found->second;
}

}  // namespace pawl
