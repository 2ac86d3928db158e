// Lists within one column, as JSON text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/records.h"

namespace pawl::sqlite {

std::string encode_strings(const std::vector<std::string>& items);
std::vector<std::string> decode_strings(const std::string& text);

std::string encode_edits(const std::vector<TextEdit>& edits);
std::vector<TextEdit> decode_edits(const std::string& text);

std::optional<std::string> encode_entities(const std::optional<std::vector<EntitySpan>>& entities);
std::optional<std::vector<EntitySpan>> decode_entities(const std::optional<std::string>& text);

}  // namespace pawl::sqlite
