#include "learn/erasure/erasure.h"

#include <algorithm>

#include "base/error.h"
#include "learn/cycle/cycle_history.h"
#include "learn/deploy/live_pointer.h"
#include "learn/deploy/original_names.h"
#include "learn/deploy/rollout_record.h"
#include "learn/heads/heads.h"

namespace pawl::learn {
namespace {

constexpr const char* kPending = "pending";  // the id of the document
constexpr int kPlans = 20;
constexpr size_t kTurnsAtOnce = 256;

EventRecord event_of(const std::string& tenant, int64_t now, const std::string& actor,
                     const char* kind, const std::string& subject, Json details) {
  EventRecord event;
  event.tenant_id = tenant;
  event.at = now;
  event.actor = actor;
  event.kind = kind;
  event.subject = subject;
  event.details = to_json(details);
  return event;
}

size_t cycles_in(const ErasurePlan& plan) {
  return static_cast<size_t>(std::count_if(
      plan.items.begin(), plan.items.end(),
      [](const ReplayItem& item) { return !item.cycle_id.empty() && !item.unfinished; }));
}

}  // namespace

struct Erasure::Job {
  std::string phase;  // "purge", "compact", "replay"
  size_t next = 0;    // item of the plan
  ErasurePlan plan;
  ErasureReceipt receipt;
};

Erasure::Erasure(Env& env, Store& store, Generations& generations, std::string tenant)
    : env_(env), store_(store), generations_(generations), tenant_(std::move(tenant)) {}

std::optional<Erasure::Job> Erasure::read_job(Transaction& transaction) {
  const auto document = transaction.document(tenant_, kErasureKind, kPending);
  if (!document) return std::nullopt;
  const Json body = parse_json(document->body);
  return Job{body.at("phase").as_string(), static_cast<size_t>(body.at("next").as_uint()),
             plan_from_json(body.at("plan")), receipt_from_json(body.at("receipt"))};
}

void Erasure::write_job(Transaction& transaction, const Job& job) {
  const Json body = Json::Object{{"phase", job.phase},
                                 {"next", static_cast<uint64_t>(job.next)},
                                 {"plan", to_json_value(job.plan)},
                                 {"receipt", to_json_value(job.receipt)}};
  transaction.put_document({.tenant_id = tenant_,
                            .kind = std::string(kErasureKind),
                            .document_id = kPending,
                            .body = to_json(body),
                            .at = env_.now_micros()});
}

bool Erasure::is_pending() {
  return read_from(store_, [&](Transaction& t) { return read_job(t).has_value(); });
}

std::unique_ptr<Lease> Erasure::take_lease() {
  auto lease = store_.acquire_lease(tenant_);
  if (lease != nullptr) return lease;
  throw Error(ErrorKind::kBusy, "a learning cycle of tenant \"" + tenant_ +
                                    "\" is at work; nothing was erased, try again when it is over");
}

ErasureReceipt Erasure::preview(const std::string& user, const std::string& actor) {
  const auto transaction = store_.begin_write();  // never committed
  const ErasurePlan plan = plan_erasure(*transaction, tenant_, user);
  ErasureReceipt receipt = remove(*transaction, plan, user, actor, 0);
  receipt.erasure_id.clear();
  receipt.state = "planned";
  return receipt;
}

ErasureReceipt Erasure::begin(const std::string& user, const std::string& actor) {
  const auto lease = take_lease();
  ErasureBases bases;
  for (int i = 0; i < kPlans; ++i) {
    const auto plan_now = [&](Transaction& t) { return plan_erasure(t, tenant_, user, bases); };
    const std::string base = [&] {
      try {
        return read_from(store_, plan_now).base;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kNotFound || !bases.last_resort.empty()) throw;
        bases.last_resort = make_last_resort(error);
        return bases.last_resort;
      }
    }();
    std::unique_ptr<FileLock> hold;
    if (!base.empty() && (hold = generations_.hold(base)) == nullptr) {
      bases.lost.insert(base);
      continue;
    }
    const auto begun = write_to(store_, [&](Transaction& t) -> std::optional<ErasureReceipt> {
      if (read_job(t))
        throw Error(ErrorKind::kBusy, "another erasure of tenant \"" + tenant_ +
                                          "\" is under way; 'pawl erase' without --user ends it");
      const ErasurePlan plan = plan_now(t);
      if (plan.base != base) return std::nullopt;
      return remove(t, plan, user, actor, lease->token());
    });
    if (begun) return *begun;
  }
  throw Error(ErrorKind::kBusy,
              "the live generation keeps changing; nothing was erased, try again");
}

ErasureReceipt Erasure::wait(const std::string& user, const std::string& actor) {
  return write_to(store_, [&](Transaction& t) {
    for (const WaitingErasure& waiting : waiting_erasures(t, tenant_)) {
      if (waiting.user == user) return receipt_of(waiting, tenant_);
    }
    const WaitingErasure asked{new_uuid(env_), user, actor, env_.now_micros()};
    put_waiting(t, tenant_, asked);
    t.add_event(event_of(tenant_, asked.asked_at, actor, "erasure.asked", asked.erasure_id,
                         Json::object()));
    return receipt_of(asked, tenant_);
  });
}

std::optional<WaitingErasure> Erasure::next_waiting() {
  const auto waiting =
      read_from(store_, [&](Transaction& t) { return waiting_erasures(t, tenant_); });
  if (waiting.empty()) return std::nullopt;
  return waiting.front();
}

// Of what the workspace began with, the recogniser of names is kept apart.
std::string Erasure::make_last_resort(const Error& why) {
  const auto names = original_names_of(store_, tenant_);
  if (!names || names->id.empty()) throw why;
  const auto nlp = open_original_names(env_, generations_.workspace(), *names);
  NewGeneration made;
  made.reason = "what the workspace began with, as far as it is kept apart";
  return generations_.publish(made, [&](const Path& folder) { nlp->to_disk(env_, folder); })
      .generation_id;
}

// All of it or nothing: from here on nothing that answers has seen the person.
ErasureReceipt Erasure::remove(Transaction& t, const ErasurePlan& plan, const std::string& user,
                               const std::string& actor, int64_t token) {
  if (token != 0) t.require_lease(tenant_, token);
  const int64_t now = env_.now_micros();
  Job job;
  job.phase = "purge";
  job.plan = plan;
  ErasureReceipt& receipt = job.receipt;
  const std::string waited = take_waiting(t, tenant_, user);
  receipt.erasure_id = waited.empty() ? new_uuid(env_) : waited;
  receipt.tenant_id = tenant_;
  receipt.state = "under way";
  receipt.actor = actor;
  receipt.started_at = now;
  receipt.generations = plan.generations;
  receipt.cycles = cycles_in(plan);
  receipt.base = plan.base;
  receipt.way = plan.since == 0 ? "none" : plan.inexact.empty() ? "exact" : "replayed";
  receipt.reasons = plan.inexact;
  receipt.counts = t.erase_user(tenant_, user);
  if (plan.since != 0) {
    t.unlearn_since(tenant_, plan.since, plan.cycles);
    t.forget_generations(tenant_, plan.generations);
    forget_replacements(t, tenant_, plan.generations, now);
    std::string back = plan.base;  // it was live then: no way back had rejected it
    while (auto record = t.generation(tenant_, back)) {
      back = record->parent_id;
      if (record->rejected.empty()) continue;
      record->rejected.clear();
      t.put_generation(*record);
    }
    if (live_id(t, tenant_) != plan.base)
      set_live(t, tenant_, {plan.base, "erasure", "the last that what was erased did not touch"},
               now);
  }
  receipt.live = live_id(t, tenant_);
  Json details = to_json_value(receipt);
  for (const char* key : {"erasure_id", "tenant_id", "actor", "state", "started_at", "finished_at"})
    details.erase(key);
  t.add_event(event_of(tenant_, now, actor, "erased", receipt.erasure_id, std::move(details)));
  write_job(t, job);
  return receipt;
}

std::optional<ErasureReceipt> Erasure::go_on(const ErasureHooks& hooks, bool replay_too) {
  const auto job_now = [&] {
    return read_from(store_, [&](Transaction& t) { return read_job(t); });
  };
  while (auto job = job_now()) {
    if (hooks.progress->stop_requested())
      throw Error(ErrorKind::kInterrupted,
                  "the erasure was interrupted; 'pawl erase' goes on with it");
    if (job->phase == "purge") {
      purge(*job);
      advance(*job, "compact");
    } else if (job->phase == "compact") {
      store_.compact();
      advance(*job, "replay");
    } else if (job->next < job->plan.items.size()) {
      if (!replay_too) return job->receipt;
      replay(*job, hooks);
    } else {
      ErasureReceipt receipt = finish(*job);
      if (hooks.settled) hooks.settled("done");
      return receipt;
    }
    if (hooks.settled)
      hooks.settled(job->phase + (job->phase == "replay" ? std::to_string(job->next) : ""));
  }
  return std::nullopt;
}

// Nothing when another process has gone on meanwhile.
void Erasure::advance(const Job& job, const std::string& phase) {
  write_to(store_, [&](Transaction& t) {
    auto now = read_job(t);
    if (!now || now->receipt.erasure_id != job.receipt.erasure_id || now->phase != job.phase)
      return;
    now->phase = phase;
    write_job(t, *now);
  });
}

void Erasure::purge(const Job& job) {
  const auto& plan = job.plan;
  for (const std::string& id : plan.cycles)
    env_.remove_all(generations_.workspace() / "cycles" / id);
  generations_.purge({plan.generations.begin(), plan.generations.end()},
                     {plan.cycles.begin(), plan.cycles.end()});
}

void Erasure::replay(const Job& job, const ErasureHooks& hooks) {
  const ReplayItem& item = job.plan.items[job.next];
  if (item.unfinished) {
    write_to(store_, [&](Transaction& t) { reopen(t, item); });
  } else {
    if (item.cycle_id.empty())
      go_back(item);
    else
      run_again(job, item, hooks);
    const bool last =
        job.next + 1 == job.plan.items.size() || job.plan.items[job.next + 1].unfinished;
    answer_again(item, last ? INT64_MAX : job.plan.items[job.next + 1].at, hooks);
  }
  write_to(store_, [&](Transaction& t) {
    auto now = read_job(t);
    if (!now || now->receipt.erasure_id != job.receipt.erasure_id || now->next != job.next) return;
    ++now->next;
    const auto cycle = item.cycle_id.empty() ? std::nullopt : t.cycle(tenant_, item.cycle_id);
    if (cycle && cycle->status == "failed") {
      now->receipt.way = "replayed";
      now->receipt.reasons.push_back("cycle " + cycle->cycle_id + " could not be run again (" +
                                     cycle->reason +
                                     "); the next 'pawl learn' learns from its turns");
    }
    now->receipt.deployed += cycle && !cycle->generation_id.empty() && cycle->status == "completed";
    now->receipt.live = live_id(t, tenant_);
    write_job(t, *now);
  });
}

// As it was when it began: of the same id, over data that end where they ended.
void Erasure::reopen(Transaction& t, const ReplayItem& item) {
  if (t.cycle(tenant_, item.cycle_id)) return;
  CycleRecord cycle;
  cycle.tenant_id = tenant_;
  cycle.cycle_id = item.cycle_id;
  cycle.started_at = item.started_at;
  if (const auto earlier = t.last_completed_cycle(tenant_))
    cycle.from_sequence = earlier->to_sequence;
  cycle.to_sequence = item.to_sequence;
  Json payload = Json::object();
  if (item.force) payload[kForced] = true;
  if (item.tune) payload[kTunes] = true;
  if (!item.settings.is_null()) payload[kAskedWith] = item.settings;
  if (!item.unfinished) payload[kEndedAt] = item.at;
  cycle.payload = to_json(payload);
  t.put_cycle(cycle);
}

void Erasure::run_again(const Job& job, const ReplayItem& item, const ErasureHooks& hooks) {
  const bool open = write_to(store_, [&](Transaction& t) {
    const auto now = read_job(t);
    if (!now || now->receipt.erasure_id != job.receipt.erasure_id || now->next != job.next)
      return false;
    reopen(t, item);
    return !t.cycle(tenant_, item.cycle_id)->finished_at.has_value();
  });
  if (!open) return;
  CycleRequest request;
  request.tenant = tenant_;
  request.force = item.force;
  request.tune = item.tune;
  if (hooks.settled)
    request.settled = [&](const std::string& step) {
      hooks.settled("replay" + std::to_string(job.next) + "." + step);
    };
  hooks.run_cycle(item.settings, request);
}

// A generation that did not come about again is nothing to go back to.
void Erasure::go_back(const ReplayItem& item) {
  std::string target = item.to_generation;
  const auto [all, live] = read_from(store_, [&](Transaction& t) {
    return std::pair(t.generations(tenant_), live_id(t, tenant_));
  });
  for (const GenerationRecord& record : all) {
    if (!item.to_cycle.empty() && record.cycle_id == item.to_cycle) target = record.generation_id;
  }
  if (!target.empty() && target != live) generations_.rollback(item.reason, target);
}

// What later turns were answered with is part of the evidence about them.
void Erasure::answer_again(const ReplayItem& item, int64_t until, const ErasureHooks& hooks) {
  SequenceRange range{.after = item.at, .up_to = until, .limit = kTurnsAtOnce};
  while (true) {
    const auto turns =
        read_from(store_, [&](Transaction& t) { return t.turns_answered(tenant_, range); });
    if (turns.empty()) return;
    std::vector<std::string> texts;
    for (const TurnRecord& turn : turns) texts.push_back(turn.user_text);
    std::string generation;
    const std::vector<SelfAnalysis> said = hooks.analyze(texts, generation);
    write_to(store_, [&](Transaction& t) {
      for (size_t i = 0; i < turns.size(); ++i)
        t.replace_answer(turns[i], generation, statements_of(said[i]));
    });
    range.after = turns.back().sequence;
  }
}

ErasureReceipt Erasure::finish(const Job& job) {
  ErasureReceipt receipt = job.receipt;
  receipt.state = "done";
  receipt.finished_at = env_.now_micros();
  write_to(store_, [&](Transaction& t) {
    const auto now = read_job(t);
    if (!now || now->receipt.erasure_id != receipt.erasure_id) return;
    receipt.live = live_id(t, tenant_);
    t.put_document({.tenant_id = tenant_,
                    .kind = std::string(kReceiptKind),
                    .document_id = receipt.erasure_id,
                    .body = to_json(to_json_value(receipt)),
                    .at = receipt.finished_at});
    t.remove_document(tenant_, kErasureKind, kPending);
    Json details = Json::Object{{"way", receipt.way},
                                {"cycles", static_cast<uint64_t>(receipt.cycles)},
                                {"deployed", static_cast<uint64_t>(receipt.deployed)},
                                {"live", receipt.live}};
    t.add_event(event_of(tenant_, receipt.finished_at, receipt.actor, "erasure.finished",
                         receipt.erasure_id, std::move(details)));
  });
  return receipt;
}

}  // namespace pawl::learn
