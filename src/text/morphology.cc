#include "text/morphology.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace pawl {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t at = 0;;) {
    const size_t end = text.find(separator, at);
    parts.emplace_back(text.substr(at, end - at));
    if (end == std::string_view::npos) return parts;
    at = end + 1;
  }
}

std::string join(const std::vector<std::string>& parts, char separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) out += separator;
    out += part;
  }
  return out;
}

}  // namespace

MorphFeatures parse_morph(std::string_view feats) {
  MorphFeatures out;
  if (feats.empty() || feats == kEmptyMorph) return out;
  for (const std::string& part : split(feats, '|')) {
    const size_t sign = part.find('=');
    if (sign == std::string::npos || part.find('=', sign + 1) != std::string::npos) {
      throw Error(ErrorKind::kFormat,
                  "a morphological analysis is not of the form \"Field=Value|Field=Value\"");
    }
    out.emplace_back(part.substr(0, sign), part.substr(sign + 1));
  }
  return out;
}

std::string normalize_morph(const MorphFeatures& features) {
  std::map<std::string, std::string> by_field;
  for (const auto& [field, values] : features) {
    std::vector<std::string> sorted = split(values, ',');
    std::sort(sorted.begin(), sorted.end());
    by_field[field] = join(sorted, ',');
  }
  std::vector<std::string> parts;
  for (const auto& [field, values] : by_field) parts.push_back(field + "=" + values);
  std::sort(parts.begin(), parts.end());
  return parts.empty() ? std::string(kEmptyMorph) : join(parts, '|');
}

std::string normalize_morph(std::string_view feats) {
  return normalize_morph(parse_morph(feats));
}

StringId add_morph(std::string_view feats, StringStore& strings) {
  return strings.add(normalize_morph(feats));
}

std::string morph_text(StringId morph, const StringStore& strings) {
  if (morph == 0) return {};
  const std::string& text = strings.at(morph);
  return text == kEmptyMorph ? std::string() : text;
}

}  // namespace pawl
