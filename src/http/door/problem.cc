#include "http/door/problem.h"

#include "base/json.h"

namespace pawl::http {
namespace {

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput:
      return 422;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kUnsupported:
      return 501;
    case ErrorKind::kBusy:
      return 409;
    case ErrorKind::kInterrupted:
      return 503;
    case ErrorKind::kFormat:
    case ErrorKind::kIo:
    case ErrorKind::kInternal:
      break;
  }
  return 500;
}

// The name in "..." that a message begins with or holds first.
std::string field_of(std::string_view message) {
  const size_t open = message.find('"');
  if (open == std::string_view::npos) return "";
  const size_t close = message.find('"', open + 1);
  if (close == std::string_view::npos || close - open > 64) return "";
  return std::string(message.substr(open + 1, close - open - 1));
}

}  // namespace

Response problem(int status, std::string_view detail, std::string_view field) {
  Json body = Json::object();
  body["type"] = "about:blank";
  body["title"] = reason_phrase(status);
  body["status"] = status;
  body["detail"] = detail;
  if (!field.empty()) body["field"] = field;
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "application/problem+json");
  if (status == 401) response.headers.add("WWW-Authenticate", "Bearer");
  response.body = to_json(body);
  return response;
}

Response problem(const Error& error) {
  const int status = status_of(error.kind());
  return problem(status, error.what(), status == 422 ? field_of(error.what()) : "");
}

}  // namespace pawl::http
