#include "wire/collect_json.h"

#include <utility>

namespace pawl::wire {

Json to_json_value(const learn::CollectSummary& summary) {
  Json out = Json::object();
  out["accepted"] = summary.accepted;
  out["rejected"] = summary.rejected;
  out["skipped_no_consent"] = summary.skipped_no_consent;
  out["redactions"] = summary.redactions;
  Json kinds = Json::object();
  for (const auto& [kind, count] : summary.redactions_by_kind) kinds[kind] = count;
  out["redactions_by_kind"] = std::move(kinds);
  out["duplicates"] = summary.duplicates;
  out["feedback"] = summary.feedback;
  Json rejections = Json::array();
  for (const auto& rejection : summary.rejections) {
    Json one = Json::object();
    one["line"] = rejection.line;
    one["reason"] = rejection.reason;
    rejections.push_back(std::move(one));
  }
  out["rejections"] = std::move(rejections);
  return out;
}

}  // namespace pawl::wire
