#include "store/sqlite/text_functions.h"

#include <sqlite3.h>

#include <string>

#include "base/text_key.h"

namespace pawl::sqlite {
namespace {

template <std::string (*kKey)(std::string_view)>
void key_of(sqlite3_context* context, int, sqlite3_value** values) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
  const auto size = static_cast<size_t>(sqlite3_value_bytes(values[0]));
  const std::string key = kKey(text == nullptr ? std::string_view() : std::string_view(text, size));
  sqlite3_result_text(context, key.data(), static_cast<int>(key.size()), SQLITE_TRANSIENT);
}

}  // namespace

void add_text_functions(Connection& connection) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
  for (const auto& [name, function] :
       {std::pair{"pawl_text_key", &key_of<text_key>}, {"pawl_group_key", &key_of<group_key>}}) {
    const int code = sqlite3_create_function_v2(connection.handle(), name, 1, kFlags, nullptr,
                                                function, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) connection.fail(code);
  }
}

}  // namespace pawl::sqlite
