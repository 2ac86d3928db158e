// A teacher is asked about what arrived since the last cycle, before anything of it is curated.
#include <algorithm>
#include <optional>

#include "base/error.h"
#include "learn/cycle/run.h"
#include "learn/data/reputation_record.h"

namespace pawl::learn {
namespace {

constexpr const char* kCallsOfDay = "teacher.calls";  // {"day", "calls"}
constexpr size_t kMaxTurns = 20000;

std::string day_of(int64_t now) {
  return format_time(now).substr(0, 10);
}

size_t calls_of(Transaction& t, const std::string& tenant, const std::string& day) {
  const auto known = t.value(tenant, kCallsOfDay);
  const Json calls = known ? parse_json(*known) : Json::object();
  const Json* of = calls.find("day");
  if (of == nullptr || !of->is_string() || of->as_string() != day) return 0;
  return static_cast<size_t>(calls.at("calls").as_uint());
}

void count_calls(Transaction& t, const std::string& tenant, const std::string& day, size_t more) {
  Json calls = Json::object();
  calls["calls"] = static_cast<uint64_t>(calls_of(t, tenant, day) + more);
  calls["day"] = day;
  t.set_value(tenant, kCallsOfDay, to_json(calls));
}

LabelSets label_sets(const Language& live) {
  LabelSets sets;
  for (const auto& [head, labels] : labels_of(live)) {
    if (head->kind == HeadKind::kLabel) sets[head] = {labels.begin(), labels.end()};
  }
  return sets;
}

}  // namespace

void LearningCycle::Run::teach() {
  need_live();
  TeacherReport report;
  std::optional<Teacher> teacher;
  try {
    teacher.emplace(cycle.env_, generations.workspace(), settings().teacher);
  } catch (const Error& error) {
    report.stopped = error.what();  // a setting or the prompt: the cycle does without
  }
  if (teacher) report = ask(*teacher);
  if (!report.stopped.empty()) warnings.push_back("the teacher: " + report.stopped);
  Json told = to_json_value(report);
  const auto records =
      read_from(cycle.store_, [&](Transaction& t) { return read_reputations(t, tenant()); });
  const double general = general_reliability(records, &Reputation::named, kStrangerNames);
  const auto known = records.find(report.author);
  told["reliability"] =
      reliability(known == records.end() ? Record() : known->second.named, general);
  payload["teacher"] = std::move(told);
}

TeacherReport LearningCycle::Run::ask(Teacher& teacher) {
  const TeacherOptions& options = settings().teacher;
  const int64_t now = cycle.env_.now_micros();
  const std::string day = day_of(now);
  SequenceRange range{record.from_sequence, record.to_sequence};
  range.limit = kMaxTurns;
  std::vector<TurnBundle> turns;
  TeacherRun run;
  read_from(cycle.store_, [&](Transaction& t) {
    turns = t.turns_touched(tenant(), range);
    const size_t spent = calls_of(t, tenant(), day);
    run.max_calls = std::min(options.calls_per_cycle,
                             options.calls_per_day - std::min(options.calls_per_day, spent));
  });
  run.between = [this] { lease.renew(); };
  run.keep = [&](const TeacherQuestion& question, const std::map<Head, std::string>& labels,
                 size_t calls) {
    write([&](Transaction& t) {
      count_calls(t, tenant(), day, calls);
      // Consent may have been withdrawn while the teacher thought.
      if (!t.turn(tenant(), question.turn_id)) return;
      for (const auto& [head, label] : labels) {
        EvidenceRecord said;
        said.tenant_id = tenant();
        said.turn_id = question.turn_id;
        said.head = head_name(head);
        said.source = "teacher";
        said.value = label;
        said.author = teacher.author();
        said.generation_id = live_id;
        said.at = now;
        t.add_evidence(said);
      }
    });
  };
  return teacher.ask(choose_questions(turns, *live, run.max_calls), label_sets(*live), run,
                     progress);
}

}  // namespace pawl::learn
