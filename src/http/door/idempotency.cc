#include "http/door/idempotency.h"

#include "base/json.h"
#include "http/door/problem.h"

namespace pawl::http {
namespace {

constexpr const char* kKind = "idempotency";
constexpr int64_t kDay = int64_t{86400} * 1'000'000;
constexpr int64_t kPurgeEvery = kDay / 24;

}  // namespace

Idempotency::Hold::~Hold() {
  if (owner_ == nullptr) return;
  const std::scoped_lock lock(owner_->mutex_);
  owner_->held_.erase(id_);
}

Idempotency::Hold Idempotency::hold(const std::string& id) {
  const std::scoped_lock lock(mutex_);
  if (!held_.insert(id).second)
    throw Refusal(409,
                  "a request with this Idempotency-Key is being worked on; wait for its answer");
  return Hold(*this, id);
}

std::optional<Response> Idempotency::earlier(const std::string& id,
                                             const std::string& fingerprint) {
  const auto found = read_from(store_, [&](Transaction& t) { return t.document("", kKind, id); });
  if (!found || found->at < env_.now_micros() - kDay) return std::nullopt;
  const Json body = parse_json(found->body);
  if (body.at("fingerprint").as_string() != fingerprint)
    throw Refusal(422, "this Idempotency-Key was used for another request; choose a new one");
  Response response;
  response.status = static_cast<int>(body.at("status").as_int());
  response.headers.add("Content-Type", body.at("type").as_string());
  response.headers.add("Idempotency-Replayed", "true");
  response.body = body.at("body").as_string();
  return response;
}

void Idempotency::remember(const std::string& id, const std::string& fingerprint,
                           const Response& response) {
  Json body = Json::object();
  body["fingerprint"] = fingerprint;
  body["status"] = response.status;
  body["type"] = response.headers.get("Content-Type");
  body["body"] = response.body;
  const int64_t now = env_.now_micros();
  bool purge = false;
  {
    const std::scoped_lock lock(mutex_);
    purge = now - purged_at_ > kPurgeEvery;
    if (purge) purged_at_ = now;
  }
  write_to(store_, [&](Transaction& t) {
    if (purge) t.remove_documents_before("", kKind, now - kDay);
    t.put_document(
        {.tenant_id = "", .kind = kKind, .document_id = id, .body = to_json(body), .at = now});
  });
}

}  // namespace pawl::http
