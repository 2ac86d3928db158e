// What the gateway reads of a chat completion's request. The body itself goes on as it is.
#pragma once

#include <optional>
#include <string>

#include "http/net/message.h"

namespace pawl::http {

struct ChatRequest {
  std::string model;
  bool stream = false;
  std::string user;             // header x-pawl-user, else "user", else "metadata.user_id"
  std::string conversation;     // header x-pawl-conversation, else "metadata.conversation_id", else
                                // one derived of how the conversation began
  std::optional<bool> consent;  // header x-pawl-consent, else "metadata.consent"
  std::string user_text;        // of the last message of the user; empty when there is none
};

// Throws Error(kInvalidInput or kFormat) naming the key. `caller` stands in for an unnamed user.
ChatRequest read_chat_request(const Request& request, const std::string& caller);

// Whether a header is an end of its own (RFC 9110, 7.6.1), pawl's, or one the client library sets.
bool goes_upstream(const Headers& all, std::string_view name);
bool goes_downstream(const Headers& all, std::string_view name);

}  // namespace pawl::http
