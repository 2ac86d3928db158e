#include "learn/erasure/receipt.h"

#include "base/json_strings.h"
#include "learn/erasure/erasure.h"
#include "learn/erasure/waiting.h"

namespace pawl::learn {
namespace {

struct Count {
  const char* name;
  int64_t ErasedCounts::* value;
};
constexpr Count kCounts[] = {
    {"turns", &ErasedCounts::turns},           {"feedback", &ErasedCounts::feedback},
    {"evidence", &ErasedCounts::evidence},     {"examples", &ErasedCounts::examples},
    {"memories", &ErasedCounts::memories},     {"documents", &ErasedCounts::documents},
    {"quarantine", &ErasedCounts::quarantine},
};

Json time_or_null(int64_t at) {
  return at == 0 ? Json() : Json(format_time(at));
}

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

std::string text_of(const Json& json) {
  return json.is_null() ? std::string() : json.as_string();
}

int64_t time_of(const Json& json) {
  return json.is_null() ? 0 : parse_time(json.as_string());
}

}  // namespace

Json to_json_value(const ErasureReceipt& receipt) {
  Json out = Json::Object{{"erasure_id", text_or_null(receipt.erasure_id)},
                          {"tenant_id", receipt.tenant_id},
                          {"state", receipt.state},
                          {"actor", receipt.actor},
                          {"started_at", time_or_null(receipt.started_at)},
                          {"finished_at", time_or_null(receipt.finished_at)}};
  for (const Count& count : kCounts) out[count.name] = receipt.counts.*count.value;
  out["generations"] = json_strings(receipt.generations);
  out["base"] = text_or_null(receipt.base);
  out["way"] = text_or_null(receipt.way);
  out["reasons"] = json_strings(receipt.reasons);
  out["cycles"] = static_cast<uint64_t>(receipt.cycles);
  out["deployed"] = static_cast<uint64_t>(receipt.deployed);
  out["live"] = text_or_null(receipt.live);
  return out;
}

ErasureReceipt receipt_from_json(const Json& json) {
  ErasureReceipt receipt;
  receipt.erasure_id = text_of(json.at("erasure_id"));
  receipt.tenant_id = json.at("tenant_id").as_string();
  receipt.state = json.at("state").as_string();
  receipt.actor = json.at("actor").as_string();
  receipt.started_at = time_of(json.at("started_at"));
  receipt.finished_at = time_of(json.at("finished_at"));
  for (const Count& count : kCounts) receipt.counts.*count.value = json.at(count.name).as_int();
  for (const Json& id : json.at("generations").as_array())
    receipt.generations.push_back(id.as_string());
  receipt.base = text_of(json.at("base"));
  receipt.way = text_of(json.at("way"));
  for (const Json& why : json.at("reasons").as_array()) receipt.reasons.push_back(why.as_string());
  receipt.cycles = json.at("cycles").as_uint();
  receipt.deployed = json.at("deployed").as_uint();
  receipt.live = text_of(json.at("live"));
  return receipt;
}

std::vector<ErasureReceipt> erasure_receipts(Transaction& transaction, const std::string& tenant) {
  std::vector<ErasureReceipt> receipts;
  for (const DocumentRecord& document : transaction.documents(tenant, kReceiptKind))
    receipts.push_back(receipt_from_json(parse_json(document.body)));
  for (const DocumentRecord& job : transaction.documents(tenant, kErasureKind))
    receipts.push_back(receipt_from_json(parse_json(job.body).at("receipt")));
  for (const WaitingErasure& waiting : waiting_erasures(transaction, tenant))
    receipts.push_back(receipt_of(waiting, tenant));
  return receipts;
}

}  // namespace pawl::learn
