#include "learn/data/damage.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/utf8.h"
#include "learn/data/example_record.h"

namespace pawl::learn {
namespace {

bool is_text(const std::string& text) {
  return utf8::find_invalid(text) == utf8::kValid;
}

std::string damage_of(const EvidenceRecord& e) {
  if (!is_text(e.value) || !is_text(e.author)) return "value or author is not UTF-8";
  if (!std::isfinite(e.score)) return "score is no number";
  const auto head = head_of(e.head);
  if (!head || said_by_model(e.source) || (*head)->kind != HeadKind::kSpans) return "";
  try {
    parse_spans(e.value);
  } catch (const std::exception& error) {
    return "value: " + std::string(error.what());
  }
  return "";
}

// Bounds that everything written by a cycle keeps.
void check(const LabeledExample& example) {
  const auto fail = [](const char* what) { throw Error(ErrorKind::kFormat, what); };
  if (!is_text(example.text)) fail("text is not UTF-8");
  for (const auto& [head, annotation] : example.heads) {
    if (!(annotation.weight >= 0 && annotation.weight <= 1)) fail("weight is not within 0 and 1");
    if (head->kind != HeadKind::kLabel) continue;
    if (annotation.label.empty() || !is_text(annotation.label)) fail("label is empty or not UTF-8");
  }
}

}  // namespace

std::optional<Damage> damage_of(const TurnBundle& bundle) {
  const std::string row = "turn, row " + std::to_string(bundle.turn.sequence);
  if (!bundle.turn.damage.empty()) return Damage{row, bundle.turn.damage};
  if (text_key(bundle.turn.user_text) != bundle.turn.text_key)
    return Damage{row, "text_key is not that of user_text"};
  for (const FeedbackRecord& f : bundle.feedback) {
    if (!f.damage.empty()) return Damage{"feedback, row " + std::to_string(f.sequence), f.damage};
  }
  for (const EvidenceRecord& e : bundle.evidence) {
    if (const std::string what = damage_of(e); !what.empty())
      return Damage{"evidence, row " + std::to_string(e.sequence), what};
  }
  return std::nullopt;
}

std::vector<LabeledExample> readable_examples(std::span<const ExampleRecord> records,
                                              Damages* damages) {
  std::vector<LabeledExample> examples;
  for (const ExampleRecord& record : records) {
    try {
      if (!record.damage.empty()) throw Error(ErrorKind::kFormat, record.damage);
      LabeledExample example = from_record(record);
      check(example);
      examples.push_back(std::move(example));
    } catch (const std::exception& error) {
      if (damages != nullptr)
        damages->push_back({"example, row " + std::to_string(record.sequence), error.what()});
    }
  }
  return examples;
}

void quarantine(Transaction& transaction, const std::string& tenant, const std::string& cycle_id,
                int64_t now, std::span<const Damage> damages) {
  if (damages.empty()) return;
  std::set<std::pair<std::string, std::string>> known;
  for (const QuarantineRecord& item : transaction.quarantine(tenant, true))
    known.emplace(item.subject, item.reason);
  for (const Damage& damage : damages) {
    if (!known.emplace(damage.row, damage.what).second) continue;
    QuarantineRecord item;
    item.tenant_id = tenant;
    item.kind = kDamagedKind;
    item.subject = damage.row;
    item.reason = damage.what;
    item.cycle_id = cycle_id;
    item.at = now;
    transaction.add_quarantine(item);
  }
}

}  // namespace pawl::learn
