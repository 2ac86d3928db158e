#include "store/sqlite/codec.h"

#include "base/json.h"
#include "base/json_strings.h"

namespace pawl::sqlite {

std::string encode_strings(const std::vector<std::string>& items) {
  return to_json(json_strings(items));
}

std::vector<std::string> decode_strings(const std::string& text) {
  return strings_from_json(parse_json(text));
}

std::string encode_edits(const std::vector<TextEdit>& edits) {
  Json list = Json::array();
  for (const TextEdit& edit : edits) {
    list.push_back(Json::Array{edit.start, edit.end, edit.length, edit.kind});
  }
  return to_json(list);
}

std::vector<TextEdit> decode_edits(const std::string& text) {
  std::vector<TextEdit> edits;
  for (const Json& item : parse_json(text).as_array()) {
    const Json::Array& fields = item.as_array();
    edits.push_back({fields.at(0).as_int(), fields.at(1).as_int(), fields.at(2).as_int(),
                     fields.at(3).as_string()});
  }
  return edits;
}

std::optional<std::string> encode_entities(const std::optional<std::vector<EntitySpan>>& entities) {
  if (!entities) return std::nullopt;
  Json list = Json::array();
  for (const EntitySpan& entity : *entities) {
    list.push_back(Json::Array{entity.start, entity.end, entity.label});
  }
  return to_json(list);
}

std::optional<std::vector<EntitySpan>> decode_entities(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  std::vector<EntitySpan> entities;
  for (const Json& item : parse_json(*text).as_array()) {
    const Json::Array& fields = item.as_array();
    entities.push_back({fields.at(0).as_int(), fields.at(1).as_int(), fields.at(2).as_string()});
  }
  return entities;
}

}  // namespace pawl::sqlite
