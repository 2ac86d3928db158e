#include "service/review.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "learn/privacy/person_ids.h"

namespace pawl::service {
namespace {

constexpr size_t kLookAt = 1000;
constexpr const char* kDismissed = "dismissed";

bool judged(const TurnBundle& bundle) {
  return std::any_of(bundle.evidence.begin(), bundle.evidence.end(), [](const EvidenceRecord& e) {
    return e.source == "review" || e.source == "correction" || e.source == kDismissed;
  });
}

ReviewItem item_of(TurnBundle bundle) {
  ReviewItem item;
  for (const EvidenceRecord& e : bundle.evidence) {
    if (e.source == kShadowSource && (e.head == "intent" || e.head == "sentiment"))
      item.otherwise[e.head] = e.value;
    if (e.source != "self") continue;
    if (e.head == "intent") {
      item.intent = e.value;
      item.intent_confidence = e.score;
    } else if (e.head == "sentiment") {
      item.sentiment = e.value;
      item.sentiment_confidence = e.score;
    }
  }
  std::erase_if(item.otherwise, [&](const auto& other) {
    return other.second == (other.first == "intent" ? item.intent : item.sentiment);
  });
  item.turn = std::move(bundle);
  return item;
}

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

}  // namespace

std::vector<ReviewItem> review_queue(Engine& engine, const std::string& tenant, size_t limit) {
  engine.tenant(tenant).require();
  auto turns = read_from(engine.store(), [&](Transaction& t) {
    return t.recent_turns(tenant, INT64_MAX, "", kLookAt);
  });
  std::vector<ReviewItem> items;
  for (TurnBundle& bundle : turns) {
    if (!judged(bundle)) items.push_back(item_of(std::move(bundle)));
  }
  std::stable_sort(items.begin(), items.end(), [](const ReviewItem& a, const ReviewItem& b) {
    if (a.otherwise.empty() != b.otherwise.empty()) return b.otherwise.empty();
    return a.intent_confidence < b.intent_confidence;
  });
  if (items.size() > limit) items.resize(limit);
  return items;
}

void review_turn(Engine& engine, const std::string& tenant, const std::string& turn_id,
                 const Review& review, const std::string& actor) {
  check_label("intent", review.intent);
  check_label("sentiment", review.sentiment);
  if (!review.intent && !review.sentiment && !review.dismiss)
    throw Error(ErrorKind::kInvalidInput,
                "\"intent\", \"sentiment\" or \"dismiss\" must say something");
  const int64_t now = engine.env().now_micros();
  write_to(engine.store(), [&](Transaction& t) {
    const auto turn = t.turn(tenant, turn_id);
    if (!turn) throw Error(ErrorKind::kNotFound, "there is no turn " + turn_id);
    EvidenceRecord evidence;
    evidence.tenant_id = tenant;
    evidence.turn_id = turn_id;
    evidence.author = actor;
    evidence.generation_id = turn->generation_id;
    evidence.at = now;
    const auto add = [&](const char* head, const char* source, const std::string& value) {
      evidence.head = head;
      evidence.source = source;
      evidence.value = value;
      t.add_evidence(evidence);
    };
    if (review.intent) add("intent", "review", *review.intent);
    if (review.sentiment) add("sentiment", "review", *review.sentiment);
    if (review.dismiss && !review.intent && !review.sentiment) add("response", kDismissed, "");
  });
}

bool take_back_review(Engine& engine, const std::string& tenant, const std::string& turn_id,
                      const std::string& actor) {
  return write_to(engine.store(), [&](Transaction& t) {
    if (!t.turn(tenant, turn_id)) throw Error(ErrorKind::kNotFound, "there is no turn " + turn_id);
    const int64_t said = t.withdraw_evidence(tenant, turn_id, "review", actor);
    return said + t.withdraw_evidence(tenant, turn_id, kDismissed, actor) > 0;
  });
}

}  // namespace pawl::service
