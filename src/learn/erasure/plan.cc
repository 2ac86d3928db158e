#include "learn/erasure/plan.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "base/error.h"
#include "base/json_strings.h"
#include "learn/cycle/cycle_history.h"
#include "learn/train/provenance.h"

namespace pawl::learn {
namespace {

int64_t noted(Transaction& t, const std::string& tenant, std::string_view name) {
  const auto value = t.value(tenant, name);
  int64_t number = 0;
  if (value) std::from_chars(value->data(), value->data() + value->size(), number);
  return number;
}

class Planner {
 public:
  Planner(Transaction& transaction, const std::string& tenant, const std::string& user,
          const ErasureBases& bases)
      : t_(transaction), tenant_(tenant), user_(user), bases_(bases) {}

  ErasurePlan run() {
    const auto first = t_.first_row_of(tenant_, user_);
    cycles_ = t_.cycles_since(tenant_, 0);
    const auto touched = std::find_if(
        cycles_.begin(), cycles_.end(),
        [&](const CycleRecord& cycle) { return first && cycle.to_sequence >= *first; });
    history_ = t_.live_history(tenant_, SIZE_MAX);
    if (first) doubt_what_was_taken_back(*first);
    if (touched == cycles_.end()) return std::move(plan_);
    cycles_.erase(cycles_.begin(), choose_base(touched));
    plan_.since = cycles_.front().sequence;
    for (const CycleRecord& cycle : cycles_) plan_.cycles.push_back(cycle.cycle_id);
    list_generations();
    list_items();
    list_doubts();
    return std::move(plan_);
  }

 private:
  using Place = std::vector<CycleRecord>::iterator;

  // From which cycle on to begin anew.
  Place choose_base(Place touched) {
    const int64_t at = touched->sequence;
    bool nearest = true;
    for (const LiveRecord& live : history_) {
      if (live.sequence > at) continue;
      const auto record = t_.generation(tenant_, live.generation_id);
      if (record && record->state != "unusable" && !bases_.lost.contains(live.generation_id)) {
        plan_.base = live.generation_id;
        return nearest ? touched
                       : std::find_if(cycles_.begin(), touched, [&](const CycleRecord& cycle) {
                           return cycle.sequence > live.sequence;
                         });
      }
      nearest = false;
    }
    if (!bases_.last_resort.empty()) {
      plan_.base = bases_.last_resort;
      plan_.inexact.emplace_back(
          "no generation from before could be opened: all heads were trained anew beside the "
          "entity recogniser that the workspace began with");
      return cycles_.begin();
    }
    throw Error(ErrorKind::kNotFound,
                "no generation is left that never saw the person and can be opened");
  }

  void list_generations() {
    const std::set<std::string> undone(plan_.cycles.begin(), plan_.cycles.end());
    const auto saw = t_.generations_that_saw(tenant_, user_);
    std::set<std::string> going(saw.begin(), saw.end());
    std::vector<GenerationRecord> all = t_.generations(tenant_);
    std::reverse(all.begin(), all.end());  // ancestors first
    for (const GenerationRecord& record : all) {
      made_by_[record.generation_id] = record.cycle_id;
      if (undone.contains(record.cycle_id) || going.contains(record.parent_id))
        going.insert(record.generation_id);
    }
    for (const GenerationRecord& record : all) {
      if (going.contains(record.generation_id) && record.state != "unusable")
        plan_.generations.push_back(record.generation_id);
    }
    if (going.contains(plan_.base))
      throw Error(ErrorKind::kInternal, "the generation to begin anew from has seen the person");
  }

  // What came of a failed cycle came of no data, and what a person took back while it was at work
  // was looked at again by the next.
  static bool had_outcome(const CycleRecord& cycle) {
    return !cycle.finished_at || cycle.status == "completed" || cycle.status == "skipped";
  }

  void list_items() {
    for (const CycleRecord& cycle : cycles_) {
      if (had_outcome(cycle)) plan_.items.push_back(item_of(cycle));
    }
    for (const LiveRecord& live : history_) {
      if (live.kind == "rollback" && live.sequence >= plan_.since) add_way_back(live);
    }
    std::stable_sort(plan_.items.begin(), plan_.items.end(),
                     [](const ReplayItem& a, const ReplayItem& b) { return order(a) < order(b); });
  }

  static std::pair<bool, int64_t> order(const ReplayItem& item) {
    return {item.unfinished, item.place};
  }

  ReplayItem item_of(const CycleRecord& cycle) {
    const Json kept = readable_json(cycle.payload);
    const Json payload = kept.is_object() ? kept : Json::object();
    ReplayItem item;
    item.cycle_id = cycle.cycle_id;
    item.force = payload.find(kForced) != nullptr;
    item.tune = payload.find(kTunes) != nullptr;
    item.unfinished = !cycle.finished_at.has_value();
    item.to_sequence = cycle.to_sequence;
    item.started_at = cycle.started_at;
    item.place = item.at = cycle.sequence;
    const Json* ended = payload.find(kEndedAt);
    if (ended != nullptr) item.at = ended->as_int();
    for (const LiveRecord& live : history_) {
      if (live.cycle_id != cycle.cycle_id || live.kind != "deploy") continue;
      // Of a cycle that was run again the pointer moved long after the turns that it answers.
      item.at = ended != nullptr ? std::min(item.at, live.sequence) : live.sequence;
    }
    if (const Json* settings = payload.find(kAskedWith)) item.settings = *settings;
    if (cycle.status != "skipped" && !item.unfinished) {
      unknown_settings_ |= item.settings.is_null();
      short_of_memory_ |= payload.find(kShortOfMemory) != nullptr;
      const Json* made_with = payload.find(kMadeWith);
      other_program_ |= made_with == nullptr || to_json(*made_with) != to_json(this_program());
    }
    return item;
  }

  void add_way_back(const LiveRecord& live) {
    ReplayItem item;
    item.place = item.at = live.sequence;
    item.reason = live.reason;
    const std::set<std::string> undone(plan_.cycles.begin(), plan_.cycles.end());
    const std::string& cycle = made_by_[live.generation_id];
    if (undone.contains(cycle))
      item.to_cycle = cycle;
    else
      item.to_generation = live.generation_id;
    plan_.items.push_back(std::move(item));
  }

  // Complaints decide it, of which some may have been the person's: it is not looked at again.
  void doubt_what_was_taken_back(int64_t first) {
    for (const EventRecord& event : t_.events(tenant_, {.after = first})) {
      if (event.kind != "generation.taken_back") continue;
      plan_.inexact.emplace_back(
          "generation " + event.subject +
          " was taken back by what people said while the person was one of them; it stays so");
    }
  }

  void list_doubts() {
    const auto doubt = [&](bool known, const char* why) {
      if (known) plan_.inexact.emplace_back(why);
    };
    doubt(unknown_settings_,
          "cycles of an older pawl did not write down their settings; today's are used");
    doubt(other_program_, "another version of pawl, or another instruction set, trained before");
    doubt(short_of_memory_, "memory was short before, and batches smaller than they are set");
    doubt(noted(t_, tenant_, kWithdrawnAt) >= plan_.since,
          "turns or statements were taken back since");
    doubt(noted(t_, tenant_, kPrunedAt) >= plan_.since,
          "older turns went since because of their age");
    doubt(
        std::any_of(plan_.items.begin(), plan_.items.end(),
                    [](const ReplayItem& item) { return item.cycle_id.empty(); }),
        "somebody went back to an earlier generation since, which is repeated as far as it can be");
  }

  Transaction& t_;
  const std::string& tenant_;
  const std::string& user_;
  const ErasureBases& bases_;
  std::vector<CycleRecord> cycles_;
  std::vector<LiveRecord> history_;  // newest first
  std::map<std::string, std::string> made_by_;
  bool unknown_settings_ = false, other_program_ = false, short_of_memory_ = false;
  ErasurePlan plan_;
};

Json to_json_value(const ReplayItem& item) {
  return Json::Object{{"cycle_id", item.cycle_id},
                      {"force", item.force},
                      {"tune", item.tune},
                      {"unfinished", item.unfinished},
                      {"to_sequence", item.to_sequence},
                      {"started_at", item.started_at},
                      {"place", item.place},
                      {"at", item.at},
                      {"settings", item.settings},
                      {"to_generation", item.to_generation},
                      {"to_cycle", item.to_cycle},
                      {"reason", item.reason}};
}

ReplayItem item_from_json(const Json& json) {
  ReplayItem item;
  item.cycle_id = json.at("cycle_id").as_string();
  item.force = json.at("force").as_bool();
  item.tune = json.at("tune").as_bool();
  item.unfinished = json.at("unfinished").as_bool();
  item.to_sequence = json.at("to_sequence").as_int();
  item.started_at = json.at("started_at").as_int();
  item.place = json.at("place").as_int();
  item.at = json.at("at").as_int();
  item.settings = json.at("settings");
  item.to_generation = json.at("to_generation").as_string();
  item.to_cycle = json.at("to_cycle").as_string();
  item.reason = json.at("reason").as_string();
  return item;
}

}  // namespace

ErasurePlan plan_erasure(Transaction& transaction, const std::string& tenant,
                         const std::string& user, const ErasureBases& bases) {
  return Planner(transaction, tenant, user, bases).run();
}

Json to_json_value(const ErasurePlan& plan) {
  Json items = Json::array();
  for (const ReplayItem& item : plan.items) items.push_back(to_json_value(item));
  return Json::Object{{"since", plan.since},
                      {"base", plan.base},
                      {"generations", json_strings(plan.generations)},
                      {"cycles", json_strings(plan.cycles)},
                      {"items", std::move(items)},
                      {"inexact", json_strings(plan.inexact)}};
}

ErasurePlan plan_from_json(const Json& json) {
  ErasurePlan plan;
  plan.since = json.at("since").as_int();
  plan.base = json.at("base").as_string();
  plan.generations = strings_from_json(json.at("generations"));
  plan.cycles = strings_from_json(json.at("cycles"));
  for (const Json& item : json.at("items").as_array()) plan.items.push_back(item_from_json(item));
  plan.inexact = strings_from_json(json.at("inexact"));
  return plan;
}

}  // namespace pawl::learn
