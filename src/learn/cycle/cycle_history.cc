#include "learn/cycle/cycle_history.h"

#include "learn/cycle/verdict_json.h"

namespace pawl::learn {
namespace {

constexpr const char* kNamed = "curation.named";
constexpr const char* kUnnamed = "curation.unnamed";
constexpr const char* kLayers = "layers";  // in a payload, by head: whether they wait
constexpr size_t kLookBack = 20;           // cycles

std::string tuned_name(Head head) {
  return "tuned_with." + std::string(head_name(head));
}

// Of the names, as the next, that an erasure takes back to what they were (count_changed in the
// store's schema).
std::string waiting_name(Head head) {
  return "curation.waiting." + std::string(head_name(head));
}

std::string waited_name(Head head) {
  return "curation.waited." + std::string(head_name(head));
}

size_t count_of(Store& store, const std::string& tenant, const std::string& name) {
  const auto counters = read_from(store, [&](Transaction& t) { return t.counters(tenant); });
  const auto found = counters.find(name);
  return found == counters.end() ? 0 : static_cast<size_t>(found->second);
}

void put_count(Transaction& transaction, const std::string& tenant, const std::string& name,
               size_t count) {
  const auto counters = transaction.counters(tenant);
  const auto found = counters.find(name);
  const int64_t before = found == counters.end() ? 0 : found->second;
  transaction.add_counter(tenant, name, static_cast<int64_t>(count) - before);
}

// Of one that is over, empty where nobody can read it any more.
Json payload_of(const CycleRecord& cycle) {
  const Json payload = readable_json(cycle.payload);
  return payload.is_object() ? payload : Json::object();
}

// A cycle that only tuned, and changed nothing, says nothing of what was learnt before it.
bool counts(const CycleRecord& cycle) {
  return !cycle.generation_id.empty() || payload_of(cycle).find(kTunes) == nullptr;
}

std::string last_that_counts(Transaction& t, const std::string& tenant) {
  const auto last = t.last_completed_cycle(tenant);
  if (!last || counts(*last)) return last ? last->cycle_id : "";
  for (const CycleRecord& cycle : t.recent_cycles(tenant, kLookBack)) {
    if (cycle.status == "completed" && counts(cycle)) return cycle.cycle_id;
  }
  return last->cycle_id;
}

}  // namespace

CycleHistory::CycleHistory(Store& store, std::string tenant, std::string current)
    : store_(store), tenant_(std::move(tenant)), current_(std::move(current)) {
  last_ = read_from(store_, [&](Transaction& t) { return last_that_counts(t, tenant_); });
}

size_t CycleHistory::attempts(Head head) const {
  return 1 + static_cast<size_t>(read_from(store_, [&](Transaction& t) {
           return t.count_looks(tenant_, head_name(head), current_);
         }));
}

bool CycleHistory::changed_last(Head head) const {
  const auto verdicts =
      read_from(store_, [&](Transaction& t) { return t.verdicts(tenant_, last_); });
  for (const VerdictRecord& v : verdicts) {
    if (v.head == head_name(head)) return v.deployed;
  }
  return false;
}

std::vector<LabelOutcome> CycleHistory::forerunners(Head head, const std::string& incumbent,
                                                    size_t limit) const {
  std::vector<LabelOutcome> outcomes;
  if (changed_last(head)) return outcomes;
  const auto kept = read_from(store_, [&](Transaction& t) {
    return t.outcomes(tenant_, last_, head_name(head), incumbent, limit);
  });
  for (const OutcomeRecord& o : kept) outcomes.push_back({o.gold, o.incumbent, o.candidate});
  return outcomes;
}

std::string CycleHistory::waiting_layers(Head head) const {
  return read_from(store_, [&](Transaction& t) -> std::string {
    for (const CycleRecord& cycle : t.recent_cycles(tenant_, kLookBack)) {
      if (cycle.cycle_id == current_ || cycle.status != "completed") continue;
      for (const VerdictRecord& v : t.verdicts(tenant_, cycle.cycle_id)) {
        if (v.head == head_name(head) && v.deployed) return "";
      }
      const Json payload = payload_of(cycle);
      const Json* layers = payload.find(kLayers);
      const Json* wait = layers == nullptr ? nullptr : layers->find(head_name(head));
      if (wait != nullptr) return wait->as_bool() ? cycle.cycle_id : "";
    }
    return "";
  });
}

size_t CycleHistory::tuned_with(Head head) const {
  return count_of(store_, tenant_, tuned_name(head));
}

size_t CycleHistory::waiting_examples(Head head) const {
  return count_of(store_, tenant_, waiting_name(head));
}

size_t CycleHistory::waited_cycles(Head head) const {
  return count_of(store_, tenant_, waited_name(head));
}

double CycleHistory::named_share(const Json* curation) const {
  double named = 1, unnamed = 0;
  const auto counters = read_from(store_, [&](Transaction& t) { return t.counters(tenant_); });
  for (const auto& [name, value] : counters) {
    if (name == kNamed) named += static_cast<double>(value);
    if (name == kUnnamed) unnamed += static_cast<double>(value);
  }
  if (curation != nullptr) {
    if (const Json* n = curation->find("named")) named += n->as_double();
    if (const Json* n = curation->find("unnamed")) unnamed += n->as_double();
  }
  return named / (named + unnamed);
}

void keep_layers(Json& payload, Head head) {
  if (payload.find(kLayers) == nullptr) payload[kLayers] = Json::object();
  payload[kLayers][head_name(head)] = true;
}

void drop_layers(Json& payload, Head head) {
  keep_layers(payload, head);
  payload[kLayers][head_name(head)] = false;
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

std::vector<LabelOutcome> kept_outcomes(const Json& kept) {
  std::vector<LabelOutcome> outcomes;
  for (const Json& row : kept.at("outcomes").as_array()) {
    const auto& labels = row.as_array();
    outcomes.push_back(
        {labels.at(0).as_string(), labels.at(1).as_string(), labels.at(2).as_string()});
  }
  return outcomes;
}

void keep_judgement(Transaction& transaction, const CycleRecord& cycle,
                    const std::vector<HeadVerdict>& verdicts, Json& payload) {
  for (const HeadVerdict& v : verdicts) {
    transaction.put_verdict({.tenant_id = cycle.tenant_id,
                             .cycle_id = cycle.cycle_id,
                             .head = v.head,
                             .judged = v.judged,
                             .verdict = to_json(verdict_to_json(v))});
  }
  if (const Json* unseen = payload.find("unseen")) {
    for (const auto& [head, kept] : unseen->as_object()) {
      std::vector<OutcomeRecord> outcomes;
      for (const LabelOutcome& o : kept_outcomes(kept))
        outcomes.push_back({o.gold, o.incumbent, o.candidate});
      transaction.put_outcomes(cycle.tenant_id, cycle.cycle_id, head,
                               kept.at("incumbent").as_string(), outcomes);
    }
  }
  payload.erase("unseen");
}

std::vector<HeadVerdict> judgement_of(Store& store, const CycleRecord& cycle) {
  const auto rows =
      read_from(store, [&](Transaction& t) { return t.verdicts(cycle.tenant_id, cycle.cycle_id); });
  std::vector<HeadVerdict> verdicts;
  for (const Head head : all_heads()) {
    for (const VerdictRecord& row : rows) {
      if (row.head == head_name(head))
        verdicts.push_back(verdict_from_json(parse_json(row.verdict)));
    }
  }
  return verdicts;
}

void keep_deployed(Transaction& transaction, const CycleRecord& cycle) {
  for (VerdictRecord& row : transaction.verdicts(cycle.tenant_id, cycle.cycle_id)) {
    row.deployed = verdict_from_json(parse_json(row.verdict)).deploy;
    transaction.put_verdict(row);
  }
}

void keep_tuned(Transaction& transaction, const std::string& tenant, Head head, size_t examples) {
  put_count(transaction, tenant, tuned_name(head), examples);
}

void keep_waiting(Transaction& transaction, const std::string& tenant, Head head, size_t examples) {
  put_count(transaction, tenant, waiting_name(head), examples);
  if (examples > 0) {
    transaction.add_counter(tenant, waited_name(head), 1);
  } else {
    put_count(transaction, tenant, waited_name(head), 0);
  }
}

void count_named(Transaction& transaction, const std::string& tenant, const Json& curation) {
  if (const Json* n = curation.find("named")) transaction.add_counter(tenant, kNamed, n->as_int());
  if (const Json* n = curation.find("unnamed"))
    transaction.add_counter(tenant, kUnnamed, n->as_int());
}

}  // namespace pawl::learn
