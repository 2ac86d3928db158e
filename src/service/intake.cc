#include "service/intake.h"

#include <exception>
#include <utility>

#include "base/error.h"
#include "service/engine.h"

namespace pawl::service {

struct Intake::Waiting {
  Said said;
  CollectedTurn result = {};
  Warnings warnings = {};
  std::string refused = {};
  std::exception_ptr failure = {};
  bool done = false;
};

Answer<CollectedTurn> Intake::add(Said said) {
  Waiting mine{std::move(said)};
  std::unique_lock lock(mutex_);
  queue_.push_back(&mine);
  while (!mine.done) {
    if (storing_) {
      stored_.wait(lock);
      continue;
    }
    // The first to come stores what everybody brought.
    storing_ = true;
    const std::vector<Waiting*> group = std::exchange(queue_, {});
    lock.unlock();
    store(group);
    lock.lock();
    storing_ = false;
    for (Waiting* waiting : group) waiting->done = true;
    stored_.notify_all();
  }
  lock.unlock();
  if (mine.failure) std::rethrow_exception(mine.failure);
  if (!mine.refused.empty()) throw Error(ErrorKind::kInvalidInput, mine.refused);
  return {std::move(mine.result), std::move(mine.warnings)};
}

void Intake::store(const std::vector<Waiting*>& group) {
  try {
    CollectStream stream(engine_, tenant_);
    stream.on_stored([&](const learn::StoredLine& line) {
      group[line.line]->result = {line.turn_id, true, line.known, line.redactions};
    });
    stream.on_rejected(
        [&](const learn::RejectedLine& line) { group[line.line]->refused = line.reason; });
    for (size_t i = 0; i < group.size(); ++i) {
      if (auto* turn = std::get_if<learn::TurnInput>(&group[i]->said)) {
        stream.add_turn(i, std::move(*turn));
      } else {
        stream.add_feedback(i, std::get<learn::FeedbackInput>(std::move(group[i]->said)));
      }
    }
    stream.flush();
    for (Waiting* waiting : group) waiting->warnings = stream.warnings();
  } catch (...) {
    for (Waiting* waiting : group) waiting->failure = std::current_exception();
  }
}

}  // namespace pawl::service
