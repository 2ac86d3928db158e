#include "http/gateway/feedback_token.h"

#include "base/hash.h"

namespace pawl::http {
namespace {

constexpr size_t kProofDigits = 40;

std::string load_secret(Env& env, Store& store) {
  const auto known =
      read_from(store, [](Transaction& t) { return t.document("", "secret", "feedback"); });
  if (known) return known->body;
  unsigned char random[32];
  env.random_bytes(random, sizeof random);
  const std::string fresh =
      blake2b_hex(std::string_view(reinterpret_cast<const char*>(random), sizeof random));
  return write_to(store, [&](Transaction& t) {
    if (const auto other = t.document("", "secret", "feedback")) return other->body;
    t.put_document({.tenant_id = "",
                    .kind = "secret",
                    .document_id = "feedback",
                    .body = fresh,
                    .at = env.now_micros()});
    return fresh;
  });
}

}  // namespace

FeedbackTokens::FeedbackTokens(Env& env, Store& store) : secret_(load_secret(env, store)) {}

std::string FeedbackTokens::make(const std::string& tenant, const std::string& turn) const {
  return turn + "." + hmac_sha256_hex(secret_, tenant + "\n" + turn).substr(0, kProofDigits);
}

std::optional<std::string> FeedbackTokens::turn_of(const std::string& tenant,
                                                   const std::string& token) const {
  const size_t dot = token.rfind('.');
  if (dot == std::string::npos) return std::nullopt;
  const std::string turn = token.substr(0, dot);
  if (!equal_in_constant_time(make(tenant, turn), token)) return std::nullopt;
  return turn;
}

}  // namespace pawl::http
