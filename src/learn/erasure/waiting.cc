#include "learn/erasure/waiting.h"

#include <algorithm>

#include "base/json.h"

namespace pawl::learn {
namespace {

constexpr const char* kKind = "erasure.waiting";

}  // namespace

std::vector<WaitingErasure> waiting_erasures(Transaction& transaction, const std::string& tenant) {
  std::vector<WaitingErasure> waiting;
  for (const DocumentRecord& document : transaction.documents(tenant, kKind)) {
    const Json body = parse_json(document.body);
    waiting.push_back({document.document_id, body.at("user").as_string(),
                       body.at("actor").as_string(), document.at});
  }
  std::stable_sort(waiting.begin(), waiting.end(),
                   [](const auto& a, const auto& b) { return a.asked_at < b.asked_at; });
  return waiting;
}

void put_waiting(Transaction& transaction, const std::string& tenant,
                 const WaitingErasure& waiting) {
  const Json body = Json::Object{{"user", waiting.user}, {"actor", waiting.actor}};
  transaction.put_document({.tenant_id = tenant,
                            .kind = kKind,
                            .document_id = waiting.erasure_id,
                            .body = to_json(body),
                            .at = waiting.asked_at});
}

std::string take_waiting(Transaction& transaction, const std::string& tenant,
                         const std::string& user) {
  std::string oldest;
  for (const WaitingErasure& waiting : waiting_erasures(transaction, tenant)) {
    if (waiting.user != user) continue;
    if (oldest.empty()) oldest = waiting.erasure_id;
    transaction.remove_document(tenant, kKind, waiting.erasure_id);
  }
  return oldest;
}

ErasureReceipt receipt_of(const WaitingErasure& waiting, const std::string& tenant) {
  ErasureReceipt receipt;
  receipt.erasure_id = waiting.erasure_id;
  receipt.tenant_id = tenant;
  receipt.state = "waiting";
  receipt.actor = waiting.actor;
  receipt.started_at = waiting.asked_at;
  return receipt;
}

}  // namespace pawl::learn
