#include "learn/data/reputation_record.h"

#include "base/json.h"

namespace pawl::learn {
namespace {

Json write_record(const Record& record) {
  return Json(Json::Array{Json(record.right), Json(record.wrong)});
}

Record read_record(const Json& pair) {
  return {pair.as_array().at(0).as_double(), pair.as_array().at(1).as_double()};
}

Reputation read_reputation(const Json& body) {
  const Json* open = body.find("open");
  return {read_record(body.at("named")), read_record(body.at("judged")),
          open == nullptr ? Record() : read_record(*open)};
}

}  // namespace

Reputations read_reputations(Transaction& transaction, const std::string& tenant,
                             Damages* damages) {
  Reputations reputations;
  for (const DocumentRecord& document : transaction.documents(tenant, kReputationKind)) {
    try {
      reputations[document.document_id] = read_reputation(parse_json(document.body));
    } catch (const std::exception& error) {
      if (damages != nullptr) damages->push_back({"the record of an author", error.what()});
    }
  }
  return reputations;
}

void write_reputations(Transaction& transaction, const std::string& tenant, int64_t now,
                       const Reputations& reputations) {
  for (const auto& [author, reputation] : reputations) {
    Json body = Json::object();
    body["named"] = write_record(reputation.named);
    body["judged"] = write_record(reputation.judged);
    if (reputation.open != Record()) body["open"] = write_record(reputation.open);
    transaction.put_document({.tenant_id = tenant,
                              .kind = std::string(kReputationKind),
                              .document_id = author,
                              .body = to_json(body),
                              .at = now});
  }
}

}  // namespace pawl::learn
