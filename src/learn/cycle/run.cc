// How a run begins and ends.
#include "learn/cycle/run.h"

#include <chrono>

#include "base/error.h"

namespace pawl::learn {
namespace {

// A cycle that was cut off this often is closed, and a new one begins over the same data: whatever
// kills it may hang on it.
constexpr int64_t kMaxStarts = 8;


int64_t starts_of(const CycleRecord& cycle) {
  const Json payload = parse_json(cycle.payload);
  const Json* starts = payload.find("starts");
  return starts != nullptr ? starts->as_int() : 0;
}

void give_up(CycleRecord cycle, int64_t now, Transaction& transaction) {
  cycle.status = "failed";
  cycle.finished_at = now;
  cycle.reason = "closed after being cut off " + std::to_string(kMaxStarts) + " times";
  transaction.put_cycle(cycle);
}

}  // namespace

// Resumes what a killed process left, or opens a new cycle over everything since the last completed
// one.
void LearningCycle::Run::open() {
  const int64_t now = cycle.env_.now_micros();
  write([&](Transaction& t) {
    auto unfinished = t.unfinished_cycle(tenant());
    if (unfinished && starts_of(*unfinished) >= kMaxStarts) {
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
    } else if (request.tune) {
      payload[kTunes] = true;
    }
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
  details["reason"] = record.reason;
  details["generation"] = result.generation;
  event.details = to_json(details);
  write([&](Transaction& t) {
    t.put_cycle(record);
    t.add_event(event);
    if (status == "completed") count_named(t, tenant(), result.curation);
  });
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
    result.model_improved = !result.generation.empty() && !result.rollback_performed;
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
