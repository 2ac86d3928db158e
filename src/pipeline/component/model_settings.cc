#include "pipeline/component/model_settings.h"

#include "base/error.h"

namespace pawl {

namespace {

[[noreturn]] void throw_value(const Json& value, std::string_view key, const std::string& where,
                              const std::string& expected) {
  throw Error(ErrorKind::kFormat, "[" + where + "] " + std::string(key) + " must be " + expected +
                                      ", but is " + to_json(value));
}

}  // namespace

std::string architecture(const Json& block, const std::string& where) {
  const Json& value = setting(block, "@architectures", where);
  if (!value.is_string()) throw_value(value, "@architectures", where, "a name");
  return value.as_string();
}

const Json& setting(const Json& block, std::string_view key, const std::string& where) {
  const Json* value = block.is_object() ? block.find(key) : nullptr;
  if (!value) {
    throw Error(ErrorKind::kFormat,
                "[" + where + "] has no setting '" + std::string(key) + "'; add it to config.cfg");
  }
  return *value;
}

int64_t size_setting(const Json& block, std::string_view key, const std::string& where,
                     int64_t limit) {
  const Json& value = setting(block, key, where);
  if (!value.is_integer() || value.as_double() < 1 ||
      value.as_double() > static_cast<double>(limit)) {
    throw_value(value, key, where, "a whole number from 1 to " + std::to_string(limit));
  }
  return value.as_int();
}

bool flag_setting(const Json& block, std::string_view key, const std::string& where) {
  const Json& value = setting(block, key, where);
  if (!value.is_bool()) throw_value(value, key, where, "true or false");
  return value.as_bool();
}

void throw_unsupported(const std::string& where, const std::string& what) {
  throw Error(ErrorKind::kUnsupported, "[" + where + "] " + what + " is not supported by pawl");
}

}  // namespace pawl
