// How a run begins and ends.
#include "learn/cycle/run.h"

#include <chrono>

#include "base/error.h"
#include "learn/cycle/expectation.h"
#include "learn/train/provenance.h"

namespace pawl::learn {
namespace {

constexpr int64_t kMaxStarts = 8;

int64_t starts_of(const CycleRecord& cycle) {
  const Json payload = readable_json(cycle.payload);
  if (!payload.is_object()) return kMaxStarts;
  const Json* starts = payload.find("starts");
  return starts != nullptr ? starts->as_int() : 0;
}

void give_up(CycleRecord cycle, int64_t now, Transaction& transaction) {
  cycle.status = "failed";
  cycle.finished_at = now;
  cycle.reason = readable_json(cycle.payload).is_object()
                     ? "closed after being cut off " + std::to_string(kMaxStarts) + " times"
                     : "closed: nobody can read how far it was";
  transaction.put_cycle(cycle);
}

}  // namespace

bool goes_on(const CycleRecord& unfinished) {
  return starts_of(unfinished) < kMaxStarts;
}

// Resumes what a killed process left, or opens a new cycle over everything since the last completed
// one.
void LearningCycle::Run::open() {
  const int64_t now = cycle.env_.now_micros();
  write([&](Transaction& t) {
    auto unfinished = t.unfinished_cycle(tenant());
    if (unfinished && !goes_on(*unfinished)) {
      give_up(*unfinished, now, t);
      unfinished.reset();
    }
    if (unfinished) {
      record = *unfinished;
      result.resumed = true;
    } else {
      record.tenant_id = tenant();
      record.cycle_id = new_uuid(cycle.env_);
      record.started_at = now;
      if (const auto earlier = t.last_completed_cycle(tenant()))
        record.from_sequence = earlier->to_sequence;
      record.to_sequence = t.high_water(tenant());
    }
    record.owner = std::to_string(lease.token());
    payload = parse_json(record.payload);
    if (result.resumed) {
      request.tune = payload.find(kTunes) != nullptr;
      request.force = request.force || payload.find(kForced) != nullptr;
    } else {
      if (request.tune) payload[kTunes] = true;
      if (request.force) payload[kForced] = true;
      if (!request.settings.is_null()) payload[kAskedWith] = request.settings;
    }
    payload[kMadeWith] = this_program();
    payload["starts"] = starts_of(record) + 1;
    record.payload = to_json(payload);
    t.put_cycle(record);
  });
  result.cycle_id = record.cycle_id;
  result.tenant_id = tenant();
  result.started_at = record.started_at;
}

void LearningCycle::Run::begin_step(const std::string& status) {
  if (progress.stop_requested())
    throw Error(ErrorKind::kInterrupted, "the cycle was interrupted; 'pawl learn' resumes it");
  record.status = status;
  record.payload = to_json(payload);
  lease.renew();
  write([&](Transaction& t) { t.put_cycle(record); });
}

void LearningCycle::Run::finish(const std::string& status) {
  result.status = status;
  result.finished_at = cycle.env_.now_micros();
  if (const Json* curation = payload.find("curation")) result.curation = *curation;
  if (const Json* tried = payload.find("candidates")) result.candidates = *tried;
  if (const Json* taught = payload.find("teacher")) result.teacher = *taught;
  record.status = status;
  record.finished_at = result.finished_at;
  record.reason = result.reason.empty() ? result.error_message : result.reason;
  record.generation_id = result.generation;
  record.payload = to_json(payload);
  record.result = to_json(to_json_value(result));
  EventRecord event;
  event.tenant_id = tenant();
  event.at = result.finished_at;
  event.actor = "cycle";
  event.kind = "cycle." + status;
  event.subject = record.cycle_id;
  Json details = Json::object();
  details["generation"] = result.generation;
  event.details = to_json(details);
  write([&](Transaction& t) {
    if (payload.find(kEndedAt) == nullptr) {
      payload[kEndedAt] = t.high_water(tenant());
      record.payload = to_json(payload);
    }
    t.put_cycle(record);
    t.add_event(event);
    if (status == "completed") count_named(t, tenant(), result.curation);
  });
}

// Said before the work begins.
void LearningCycle::Run::expect() {
  const auto expected = read_from(cycle.store_, [&](Transaction& t) {
    return expect_duration(t, tenant(), result.data_collected, request.tune);
  });
  if (!expected) return;
  payload["expected_seconds"] = expected->seconds;
  const auto seconds = static_cast<int64_t>(expected->seconds + 1);
  progress.note("this cycle takes about " +
                (seconds < 120 ? std::to_string(seconds) + " seconds"
                               : std::to_string((seconds + 30) / 60) + " minutes") +
                ", judging by " + std::to_string(expected->cycles) + " earlier ones");
}

CycleResult LearningCycle::Run::execute() {
  open();
  recall();
  try {
    sweep();
    if (!is_settled("load")) {
      begin_step("collecting_data");
      const auto start = std::chrono::steady_clock::now();
      const bool enough = collect();
      result.timings["collect"] = seconds_since(start);
      if (!enough) {
        finish("skipped");
        return result;
      }
      expect();
    }
    if (incumbent_changed()) {
      result.rollback_performed = true;
      result.reason =
          "generation " + live_id + ", from which this cycle began, is not live any more";
    } else {
      payload["data_collected"] = static_cast<uint64_t>(result.data_collected);
      run_steps();
    }
    for (const auto& [name, seconds] : std::map(result.timings)) result.timings["total"] += seconds;
    result.model_improved = !result.generation.empty() && !result.rollback_performed &&
                            !waits_in_shadow(settings().rollout);
    // What went live and was taken back has been learnt from; else the turns are looked at again.
    finish(result.rollback_performed && !was_live() ? "rolled_back" : "completed");
    tidy_up();
    sweep();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted || error.kind() == ErrorKind::kIo ||
        error.kind() == ErrorKind::kBusy)
      throw;
    result.error_message = error.what();
    finish("failed");
  }
  return result;
}

}  // namespace pawl::learn
