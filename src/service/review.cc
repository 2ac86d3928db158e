// What a person says of items of the queue.
#include "service/review.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "learn/privacy/person_ids.h"
#include "service/review_decisions.h"

namespace pawl::service {
namespace {

// How sure an operator's word on a whole group is of each of its turns: he saw a dozen of them.
constexpr double kGroupConfidence = 0.9;

void check_label(const char* name, const std::optional<std::string>& label) {
  if (!label) return;
  const bool plain = std::none_of(label->begin(), label->end(),
                                  [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (label->empty() || label->size() > 128 || !plain || utf8::find_invalid(*label) != utf8::kValid)
    throw Error(ErrorKind::kInvalidInput,
                std::string("\"") + name + "\" must be one line of 1 to 128 bytes");
  if (learn::is_personal_label(*label))
    throw Error(ErrorKind::kInvalidInput,
                std::string("\"") + name + "\" looks like personal data, not like a label");
}

EvidenceRecord evidence_about(const TurnRecord& turn, const std::string& actor, int64_t now) {
  EvidenceRecord evidence;
  evidence.tenant_id = turn.tenant_id;
  evidence.turn_id = turn.turn_id;
  evidence.author = actor;
  evidence.generation_id = turn.generation_id;
  evidence.at = now;
  return evidence;
}

void review_turn(Transaction& t, const TurnRecord& turn, const Review& said,
                 const std::string& actor, int64_t now) {
  if (!said.intent && !said.sentiment && !said.dismiss)
    throw Error(ErrorKind::kInvalidInput,
                "\"intent\", \"sentiment\" or \"dismiss\" must say something");
  const auto add = [&](const char* head, const char* source, const std::string& value) {
    EvidenceRecord evidence = evidence_about(turn, actor, now);
    evidence.head = head;
    evidence.source = source;
    evidence.value = value;
    t.add_evidence(evidence);
  };
  if (said.intent) add("intent", "review", *said.intent);
  if (said.sentiment) add("sentiment", "review", *said.sentiment);
  if (said.dismiss) add("response", kDismissed, "");
}

[[noreturn]] void fail_without(const std::string& id) {
  throw Error(ErrorKind::kNotFound,
              "there is no turn " + id + ", and nothing in the review queue has this id now");
}

// The proposal as the queue has it; of a caller that names its turns, what he names.
ReviewItem proposal_of(Engine& engine, const std::string& tenant, const std::string& id,
                       const Review& said) {
  if (!said.turn_ids.empty()) {
    ReviewItem item;
    item.id = id;
    item.suggested = said.intent.value_or("");
    item.turn_ids = said.turn_ids;
    return item;
  }
  for (ReviewItem& item : review_queue(engine, tenant, SIZE_MAX)) {
    if (item.id == id) return std::move(item);
  }
  fail_without(id);
}

Reviewed decide_proposal(Engine& engine, const std::string& tenant, const std::string& id,
                         const Review& said, const std::string& actor) {
  if (!said.accept && !said.dismiss)
    throw Error(ErrorKind::kInvalidInput, "\"accept\" or \"dismiss\" must say something");
  const ReviewItem item = proposal_of(engine, tenant, id, said);
  const std::string name = said.intent.value_or(item.suggested);
  if (said.accept) check_label("intent", name);
  const int64_t now = engine.env().now_micros();
  return write_to(engine.store(), [&](Transaction& t) {
    ReviewDecision decision;
    decision.id = id;
    decision.kind = "new_intent";
    decision.accepted = said.accept;
    decision.name = said.accept ? name : item.suggested;
    decision.actor = actor;
    decision.at = now;
    for (const std::string& turn_id : item.turn_ids) {
      const auto turn = t.turn(tenant, turn_id);
      if (!turn) continue;
      decision.text_keys.push_back(turn->text_key);
      if (!said.accept) continue;
      decision.turn_ids.push_back(turn_id);
      EvidenceRecord evidence = evidence_about(*turn, actor, now);
      evidence.head = "intent";
      evidence.source = "review";
      evidence.value = name;
      evidence.score = kGroupConfidence;
      t.add_evidence(evidence);
    }
    if (decision.text_keys.empty()) fail_without(id);
    keep_decision(t, tenant, decision);
    return Reviewed{decision.turn_ids.size()};
  });
}

Reviewed decide_burst(Engine& engine, const std::string& tenant, const std::string& id,
                      const Review& said, const std::string& actor) {
  if (!said.accept && !said.dismiss)
    throw Error(ErrorKind::kInvalidInput, "\"accept\" or \"dismiss\" must say something");
  const int64_t now = engine.env().now_micros();
  return write_to(engine.store(), [&](Transaction& t) {
    const auto bursts = t.quarantine(tenant, false);
    const auto burst = std::find_if(bursts.begin(), bursts.end(),
                                    [&](const auto& item) { return burst_id(item) == id; });
    if (burst == bursts.end()) fail_without(id);
    if (said.accept) {
      t.release_quarantine(tenant, burst->sequence);
      t.reconsider(tenant, burst->subject);
    }
    keep_decision(t, tenant,
                  {.id = id,
                   .kind = "burst",
                   .accepted = said.accept,
                   .name = {},
                   .text_keys = {},
                   .turn_ids = {},
                   .actor = actor,
                   .at = now});
    return Reviewed{};
  });
}

}  // namespace

Reviewed review(Engine& engine, const std::string& tenant, const std::string& id,
                const Review& said, const std::string& actor) {
  engine.tenant(tenant).require();
  check_label("intent", said.intent);
  check_label("sentiment", said.sentiment);
  if (said.dismiss && (said.accept || said.intent || said.sentiment))
    throw Error(ErrorKind::kInvalidInput, "\"dismiss\" and \"" +
                                              std::string(said.accept   ? "accept"
                                                          : said.intent ? "intent"
                                                                        : "sentiment") +
                                              "\" exclude each other");
  const int64_t now = engine.env().now_micros();
  const bool is_turn =
      read_from(engine.store(), [&](Transaction& t) { return t.turn(tenant, id).has_value(); });
  if (is_turn) {
    write_to(engine.store(), [&](Transaction& t) {
      const auto turn = t.turn(tenant, id);
      if (!turn) fail_without(id);
      review_turn(t, *turn, said, actor, now);
    });
    return {1};
  }
  if (id.starts_with("intent-")) return decide_proposal(engine, tenant, id, said, actor);
  if (id.starts_with("burst-")) return decide_burst(engine, tenant, id, said, actor);
  fail_without(id);
}

bool take_back_review(Engine& engine, const std::string& tenant, const std::string& id,
                      const std::string& actor) {
  return write_to(engine.store(), [&](Transaction& t) {
    const auto take_back = [&](const std::string& turn_id) {
      const int64_t said = t.withdraw_evidence(tenant, turn_id, "review", actor);
      return said + t.withdraw_evidence(tenant, turn_id, kDismissed, actor);
    };
    if (t.turn(tenant, id)) return take_back(id) > 0;
    const auto decision = find_decision(t, tenant, id);
    if (!decision || decision->actor != actor) fail_without(id);
    if (decision->kind == "burst" && decision->accepted)
      throw Error(ErrorKind::kInvalidInput,
                  "a release from quarantine cannot be taken back; review its turns instead");
    for (const std::string& turn_id : decision->turn_ids) take_back(turn_id);
    forget_decision(t, tenant, id);
    return true;
  });
}

}  // namespace pawl::service
