#include "pipeline/component/srsly_json.h"

namespace pawl {

namespace {

constexpr size_t kIndent = 2;

void new_line(std::string& out, size_t level) {
  out += '\n';
  out.append(level * kIndent, ' ');
}

void append(std::string& out, const Json& value, size_t level);

void append_array(std::string& out, const Json::Array& items, size_t level) {
  out += "[\n";
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ",\n";
    out.append((level + 1) * kIndent, ' ');
    append(out, items[i], level + 1);
  }
  new_line(out, level);
  out += ']';
}

void append_object(std::string& out, const Json::Object& members, size_t level) {
  out += "{\n";
  for (size_t i = 0; i < members.size(); ++i) {
    if (i > 0) out += ",\n";
    out.append((level + 1) * kIndent, ' ');
    append_json_string(out, members[i].first, true);
    out += ':';
    append(out, members[i].second, level + 1);
  }
  new_line(out, level);
  out += '}';
}

void append(std::string& out, const Json& value, size_t level) {
  if (value.is_array()) {
    append_array(out, value.as_array(), level);
  } else if (value.is_object()) {
    append_object(out, value.as_object(), level);
  } else {
    append_json(out, value, {.ascii = true});
  }
}

}  // namespace

std::string srsly_json(const Json& value) {
  std::string out;
  append(out, value, 0);
  return out;
}

}  // namespace pawl
