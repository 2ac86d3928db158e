#include "http/gateway/chat_request.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/utf8.h"

namespace pawl::http {
namespace {

constexpr size_t kMaxId = 256;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, what);
}

// A string's text, or that of the parts of type "text".
std::string text_of(const Json& content) {
  if (content.is_string()) return content.as_string();
  std::string out;
  if (!content.is_array()) return out;
  for (const Json& part : content.as_array()) {
    const Json* text = part.is_object() ? part.find("text") : nullptr;
    if (text == nullptr || !text->is_string()) continue;
    if (!out.empty()) out += '\n';
    out += text->as_string();
  }
  return out;
}

std::string header_id(const Request& request, std::string_view name) {
  const std::string value(request.headers.get(name));
  if (value.size() > kMaxId || utf8::find_invalid(value) != utf8::kValid)
    fail("\"" + std::string(name) + "\" must be UTF-8 of at most 256 bytes");
  return value;
}

std::string member(const Json& object, std::string_view key) {
  const Json* value = object.is_object() ? object.find(key) : nullptr;
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

std::optional<bool> consent_of(const Request& request, const Json* metadata) {
  const std::string_view header = request.headers.get("x-pawl-consent");
  if (!header.empty()) {
    if (header != "true" && header != "false") fail("\"x-pawl-consent\" must be true or false");
    return header == "true";
  }
  const Json* value =
      metadata != nullptr && metadata->is_object() ? metadata->find("consent") : nullptr;
  if (value == nullptr) return std::nullopt;
  if (value->is_bool()) return value->as_bool();
  return value->is_string() && value->as_string() == "true";
}

bool one_of(std::string_view name, const auto& list) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view known) { return equal_ignoring_case(name, known); });
}

bool starts_with_pawl(std::string_view name) {
  return name.size() >= 7 && equal_ignoring_case(name.substr(0, 7), "x-pawl-");
}

// Ends at this connection: named so by the standard or by the Connection header.
bool is_hop_by_hop(const Headers& all, std::string_view name) {
  constexpr std::array<std::string_view, 9> kHop = {"Connection",
                                                    "Keep-Alive",
                                                    "Proxy-Authenticate",
                                                    "Proxy-Authorization",
                                                    "Proxy-Connection",
                                                    "TE",
                                                    "Trailer",
                                                    "Transfer-Encoding",
                                                    "Upgrade"};
  if (one_of(name, kHop)) return true;
  std::string_view list = all.get("Connection");
  while (!list.empty()) {
    std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    if (equal_ignoring_case(item, name)) return true;
  }
  return false;
}

}  // namespace

ChatRequest read_chat_request(const Request& request, const std::string& caller) {
  const Json body = parse_json(request.body, {.max_depth = 64});
  if (!body.is_object()) fail("the body must be an object");
  const Json* messages = body.find("messages");
  if (messages == nullptr || !messages->is_array() || messages->as_array().empty())
    fail("\"messages\" must be a list of messages");
  ChatRequest chat;
  chat.model = member(body, "model");
  const Json* stream = body.find("stream");
  chat.stream = stream != nullptr && stream->is_bool() && stream->as_bool();
  const Json* metadata = body.find("metadata");
  chat.user = header_id(request, "x-pawl-user");
  if (chat.user.empty()) chat.user = member(body, "user");
  if (chat.user.empty() && metadata != nullptr) chat.user = member(*metadata, "user_id");
  if (chat.user.empty()) chat.user = caller;
  chat.conversation = header_id(request, "x-pawl-conversation");
  if (chat.conversation.empty() && metadata != nullptr)
    chat.conversation = member(*metadata, "conversation_id");
  chat.consent = consent_of(request, metadata);
  std::string beginning;
  for (const Json& message : messages->as_array()) {
    if (member(message, "role") != "user") continue;
    const Json* content = message.find("content");
    chat.user_text = content != nullptr ? text_of(*content) : "";
    if (beginning.empty()) beginning = chat.user_text;
  }
  if (chat.conversation.empty())
    chat.conversation = "c-" + blake2b_hex(chat.user + "\n" + beginning).substr(0, 24);
  return chat;
}

bool goes_upstream(const Headers& all, std::string_view name) {
  constexpr std::array<std::string_view, 6> kOurs = {"Host",   "Content-Length",  "Authorization",
                                                     "Cookie", "Accept-Encoding", "Expect"};
  return !one_of(name, kOurs) && !starts_with_pawl(name) && !is_hop_by_hop(all, name);
}

bool goes_downstream(const Headers& all, std::string_view name) {
  constexpr std::array<std::string_view, 2> kOurs = {"Content-Length", "Set-Cookie"};
  return !one_of(name, kOurs) && !starts_with_pawl(name) && !is_hop_by_hop(all, name);
}

}  // namespace pawl::http
