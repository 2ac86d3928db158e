#include "learn/deploy/rollout_record.h"

#include <algorithm>

namespace pawl::learn {
namespace {

constexpr const char* kKind = "rollout";
constexpr const char* kShadowing = "rollout.shadowing";

double number_in(const Json& body, const char* key) {
  const Json* value = body.find(key);
  return value == nullptr ? 0 : value->as_double();
}

std::string compared_with(const std::string& baseline) {
  return "compared with generation " + baseline;
}

Rollout rollout_in(const std::string& generation_id, const Json& body) {
  const Json* replaced = body.find("replaced_by");
  return Rollout{.generation_id = generation_id,
                 .baseline_id = body.at("baseline").as_string(),
                 .cycle_id = body.at("cycle").as_string(),
                 .phase = body.at("phase").as_string(),
                 .note = body.at("note").as_string(),
                 .since = body.at("since").as_int(),
                 .from_sequence = body.at("from_sequence").as_int(),
                 .looked_at = body.at("looked_at").as_int(),
                 .wanted_turns = static_cast<size_t>(number_in(body, "wanted_turns")),
                 .wanted_hours = number_in(body, "wanted_hours"),
                 .replaced_by = replaced == nullptr ? "" : replaced->as_string(),
                 .shadow = body.at("shadow"),
                 .live = body.at("live")};
}

}  // namespace

std::optional<Rollout> read_rollout(Transaction& transaction, const std::string& tenant,
                                    const std::string& generation_id) {
  const auto document = transaction.document(tenant, kKind, generation_id);
  if (!document) return std::nullopt;
  try {
    return rollout_in(generation_id, parse_json(document->body));
  } catch (const std::exception&) {
    return std::nullopt;  // damaged: it is compared no more
  }
}

void write_rollout(Transaction& transaction, const std::string& tenant, int64_t now,
                   const Rollout& rollout) {
  Json body = Json::Object{{"baseline", rollout.baseline_id},
                           {"cycle", rollout.cycle_id},
                           {"phase", rollout.phase},
                           {"note", rollout.note},
                           {"since", rollout.since},
                           {"from_sequence", rollout.from_sequence},
                           {"looked_at", rollout.looked_at},
                           {"shadow", rollout.shadow},
                           {"live", rollout.live}};
  if (rollout.wanted_turns > 0) {
    body["wanted_turns"] = static_cast<uint64_t>(rollout.wanted_turns);
    body["wanted_hours"] = rollout.wanted_hours;
  }
  if (!rollout.replaced_by.empty()) body["replaced_by"] = rollout.replaced_by;
  transaction.put_document({.tenant_id = tenant,
                            .kind = kKind,
                            .document_id = rollout.generation_id,
                            .body = to_json(body),
                            .at = now});
}

std::string shadowing_id(Transaction& transaction, const std::string& tenant) {
  return transaction.value(tenant, kShadowing).value_or("");
}

void set_shadowing(Transaction& transaction, const std::string& tenant,
                   const std::string& generation_id) {
  if (shadowing_id(transaction, tenant) != generation_id)
    transaction.set_value(tenant, kShadowing, generation_id);
}

void begin_baking(Transaction& transaction, const std::string& tenant, Rollout rollout,
                  const std::string& previous_id, int64_t now) {
  rollout.baseline_id = previous_id;
  if (auto previous = read_rollout(transaction, tenant, previous_id);
      previous && previous->phase == "baking") {
    rollout.baseline_id = previous->baseline_id;
    previous->phase = "settled";
    previous->replaced_by = rollout.generation_id;
    previous->since = now;
    previous->note = "replaced by generation " + rollout.generation_id +
                     ", which is compared with generation " + rollout.baseline_id;
    write_rollout(transaction, tenant, now, *previous);
  }
  rollout.phase = "baking";
  rollout.note = compared_with(rollout.baseline_id);
  rollout.since = now;
  const auto live = transaction.live(tenant);
  if (rollout.from_sequence == 0)
    rollout.from_sequence = live ? live->sequence : transaction.high_water(tenant);
  rollout.looked_at = rollout.from_sequence;
  write_rollout(transaction, tenant, now, rollout);
}

void forget_replacements(Transaction& transaction, const std::string& tenant,
                         const std::vector<std::string>& gone, int64_t now) {
  for (const GenerationRecord& record : transaction.generations(tenant)) {
    auto rollout = read_rollout(transaction, tenant, record.generation_id);
    if (!rollout || rollout->replaced_by.empty() ||
        std::find(gone.begin(), gone.end(), rollout->replaced_by) == gone.end())
      continue;
    rollout->phase = "baking";
    rollout->note = compared_with(rollout->baseline_id);
    rollout->replaced_by.clear();
    write_rollout(transaction, tenant, now, *rollout);
  }
}

std::string phase_of(const std::optional<Rollout>& rollout, const GenerationRecord& generation,
                     bool was_live) {
  if (!generation.rejected.empty()) return "rolled_back";
  // What a person went back to, whatever it had been taken back for, is compared no more.
  if (rollout && rollout->phase != "rolled_back") return rollout->phase;
  return was_live ? "settled" : "";
}

}  // namespace pawl::learn
