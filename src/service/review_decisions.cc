#include "service/review_decisions.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/json_strings.h"

namespace pawl::service {
namespace {

constexpr std::string_view kKind = "review_decision";
// Of the smaller of two sets of texts: so many in common make them one.
constexpr double kSame = 0.3;

ReviewDecision read_decision(const DocumentRecord& document) {
  const Json body = parse_json(document.body);
  ReviewDecision decision;
  decision.id = document.document_id;
  decision.at = document.at;
  decision.kind = body.at("kind").as_string();
  decision.accepted = body.at("accepted").as_bool();
  decision.name = body.at("name").as_string();
  decision.text_keys = strings_from_json(body.at("text_keys"));
  decision.turn_ids = strings_from_json(body.at("turn_ids"));
  decision.actor = body.at("actor").as_string();
  return decision;
}

}  // namespace

void ReviewDecisions::add(ReviewDecision decision) {
  by_id_[decision.id] = std::move(decision);
}

bool ReviewDecisions::refused(const std::string& name,
                              std::span<const std::string> text_keys) const {
  const std::set<std::string> keys(text_keys.begin(), text_keys.end());
  return std::any_of(by_id_.begin(), by_id_.end(), [&](const auto& one) {
    const ReviewDecision& decision = one.second;
    if (decision.accepted || decision.kind != "new_intent") return false;
    const auto shared = static_cast<double>(
        std::count_if(decision.text_keys.begin(), decision.text_keys.end(),
                      [&](const std::string& key) { return keys.contains(key); }));
    const auto smaller = static_cast<double>(std::min(keys.size(), decision.text_keys.size()));
    return decision.name == name || (smaller > 0 && shared >= kSame * smaller);
  });
}

std::string burst_id(const QuarantineRecord& burst) {
  return "burst-" + std::to_string(burst.sequence);
}

ReviewDecisions read_decisions(Transaction& transaction, const std::string& tenant) {
  ReviewDecisions decisions;
  for (const DocumentRecord& document : transaction.documents(tenant, kKind))
    decisions.add(read_decision(document));
  return decisions;
}

void keep_decision(Transaction& transaction, const std::string& tenant,
                   const ReviewDecision& decision) {
  Json body = Json::object();
  body["kind"] = decision.kind;
  body["accepted"] = decision.accepted;
  body["name"] = decision.name;
  body["text_keys"] = json_strings(decision.text_keys);
  body["turn_ids"] = json_strings(decision.turn_ids);
  body["actor"] = decision.actor;
  transaction.put_document({.tenant_id = tenant,
                            .kind = std::string(kKind),
                            .document_id = decision.id,
                            .body = to_json(body),
                            .at = decision.at});
}

std::optional<ReviewDecision> find_decision(Transaction& transaction, const std::string& tenant,
                                            const std::string& id) {
  const auto kept = transaction.document(tenant, kKind, id);
  if (!kept) return std::nullopt;
  return read_decision(*kept);
}

void forget_decision(Transaction& transaction, const std::string& tenant, const std::string& id) {
  transaction.remove_document(tenant, kKind, id);
}

}  // namespace pawl::service
