// Requests and responses as plain values, free of any HTTP library.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::http {

bool equal_ignoring_case(std::string_view a, std::string_view b);

// In the order received. Names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  void set(std::string_view name, std::string value);  // in place of all of that name
  void remove(std::string_view name);
  const std::string* find(std::string_view name) const;  // the first, or null
  std::string_view get(std::string_view name) const;     // empty when absent
  size_t count(std::string_view name) const;

  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }
  size_t size() const { return fields_.size(); }

 private:
  std::vector<Field> fields_;
};

struct Request {
  std::string method;
  std::string target;  // as sent: path and query
  Headers headers;
  std::string body;
  std::string peer;  // "127.0.0.1"
  bool loopback = false;

  std::string_view path() const;   // not decoded
  std::string_view query() const;  // without '?'
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

std::string_view reason_phrase(int status);

// %XX decoded ('+' as a blank in queries). Nothing when an escape is broken, or when what it stands
// for is not UTF-8 or holds a NUL.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank = false);
std::string percent_encode(std::string_view text);

// The value of the query's first parameter of that name; nothing when absent or broken.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

}  // namespace pawl::http
