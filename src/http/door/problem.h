// Errors as RFC 9457 problem documents.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "base/error.h"
#include "http/net/message.h"

namespace pawl::http {

// {"type", "title", "status", "detail", "field"?}. `detail` is one sentence that says what to do.
Response problem(int status, std::string_view detail, std::string_view field = {});
// The kind decides the status; a message that names a "key" in quotes gives the field.
Response problem(const Error& error);

// Ends a request with a status that no kind of Error stands for (401, 403, 409, 429 ...).
class Refusal : public std::runtime_error {
 public:
  Refusal(int status, const std::string& detail) : std::runtime_error(detail), status_(status) {}
  int status() const { return status_; }

 private:
  int status_;
};

}  // namespace pawl::http
