#include "learn/cycle/cycle_history.h"

namespace pawl::learn {
namespace {

constexpr size_t kMostCycles = 200;

// How a cycle judged the head; null where it had no candidate.
const Json* judgement_of(const Json& result, Head head) {
  const Json* validation = result.find("validation");
  const Json* heads =
      validation != nullptr && validation->is_object() ? validation->find("heads") : nullptr;
  return heads == nullptr ? nullptr : heads->find(head_name(head));
}

}  // namespace

CycleHistory::CycleHistory(Store& store, const std::string& tenant, const std::string& current) {
  for (const CycleRecord& c :
       read_from(store, [&](Transaction& t) { return t.recent_cycles(tenant, kMostCycles); })) {
    if (c.cycle_id == current) continue;
    cycles_.push_back({parse_json(c.payload), parse_json(c.result), c.status == "completed"});
  }
}

std::vector<const CycleHistory::Finished*> CycleHistory::since_change(Head head) const {
  std::vector<const Finished*> since;
  for (const Finished& c : cycles_) {
    if (!c.completed) continue;
    const Json* judgement = judgement_of(c.result, head);
    if (judgement != nullptr && judgement->at("deployed").as_bool()) break;
    since.push_back(&c);
  }
  return since;
}

size_t CycleHistory::attempts(Head head) const {
  size_t count = 1;
  for (const Finished* c : since_change(head)) {
    const Json* judgement = judgement_of(c->result, head);
    count += judgement != nullptr && judgement->at("judged").as_bool();
  }
  return count;
}

bool CycleHistory::changed_last(Head head) const {
  for (const Finished& c : cycles_) {
    if (!c.completed) continue;
    const Json* judgement = judgement_of(c.result, head);
    return judgement != nullptr && judgement->at("deployed").as_bool();
  }
  return false;
}

std::vector<LabelOutcome> CycleHistory::forerunners(Head head, const std::string& incumbent,
                                                    size_t limit) const {
  std::vector<LabelOutcome> outcomes;
  const auto since = since_change(head);
  if (since.empty()) return outcomes;
  const Json* unseen = since.front()->payload.find("unseen");
  const Json* kept = unseen == nullptr ? nullptr : unseen->find(head_name(head));
  if (kept == nullptr || kept->at("incumbent").as_string() != incumbent) return outcomes;
  for (const Json& o : kept->at("outcomes").as_array()) {
    if (outcomes.size() >= limit) break;
    const auto& labels = o.as_array();
    outcomes.push_back(
        {labels.at(0).as_string(), labels.at(1).as_string(), labels.at(2).as_string()});
  }
  return outcomes;
}

double CycleHistory::named_share(const Json* curation) const {
  double named = 1, unnamed = 0;
  auto add = [&](const Json* counts) {
    if (counts == nullptr) return;
    if (const Json* n = counts->find("named")) named += n->as_double();
    if (const Json* n = counts->find("unnamed")) unnamed += n->as_double();
  };
  add(curation);
  for (const Finished& c : cycles_) add(c.payload.find("curation"));
  return named / (named + unnamed);
}

void keep_outcomes(Json& payload, Head head, const std::string& incumbent,
                   const std::vector<LabelOutcome>& outcomes) {
  Json rows = Json::array();
  for (const LabelOutcome& o : outcomes)
    rows.push_back(Json(Json::Array{Json(o.gold), Json(o.incumbent), Json(o.candidate)}));
  Json kept = Json::object();
  kept["incumbent"] = incumbent;
  kept["outcomes"] = std::move(rows);
  if (payload.find("unseen") == nullptr) payload["unseen"] = Json::object();
  payload["unseen"][head_name(head)] = std::move(kept);
}

}  // namespace pawl::learn
