// What a client sends, once it is a request: targets, queries, headers, chat requests.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/utf8.h"
#include "http/door/route.h"
#include "http/gateway/chat_request.h"
#include "http/gateway/upstream.h"
#include "http/net/client.h"

namespace {

using namespace pawl;
using namespace pawl::http;

const RouteTable& table() {
  static const RouteTable routes = [] {
    RouteTable made;
    for (const char* pattern : {"/a", "/a/{id}", "/a/{id}/b/{other}", "/"})
      made.add({.method = "GET", .pattern = pattern, .least = {}, .name = pattern, .summary = ""});
    return made;
  }();
  return routes;
}

void read_target(std::string_view text) {
  Request request;
  request.target = std::string(text);
  for (const auto& [name, value] : table().match("GET", request.path()).parameters) {
    if (value.empty() || utf8::find_invalid(value) != utf8::kValid ||
        value.find('\0') != std::string::npos)
      std::abort();
  }
  query_parameter(request.query(), "a");
  const auto decoded = percent_decode(percent_encode(text));
  const bool plain =
      utf8::find_invalid(text) == utf8::kValid && text.find('\0') == std::string_view::npos;
  if (plain != (decoded == std::string(text))) std::abort();
}

void read_chat(std::string_view text) {
  Request request;
  request.body = std::string(text);
  const ChatRequest chat = read_chat_request(request, "caller");
  if (chat.user.empty() || chat.conversation.empty()) std::abort();
  if (utf8::find_invalid(chat.user_text) != utf8::kValid) std::abort();
}

void read_headers(std::string_view text) {
  Headers headers;
  headers.add("Connection", std::string(text));
  headers.add("Retry-After", std::string(text));
  if (goes_upstream(headers, "Connection") || goes_upstream(headers, "Authorization")) std::abort();
  const double rest = retry_after_seconds(headers);
  if (!(rest >= -1 && rest <= 600)) std::abort();
  const Origin origin = parse_origin(std::string(text));
  if (origin.host.empty() || origin.port == 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr void (*kReaders[])(std::string_view) = {read_target, read_chat, read_headers};
  try {
    kReaders[data[0] % 3](std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  } catch (const Error&) {
  }
  return 0;
}
