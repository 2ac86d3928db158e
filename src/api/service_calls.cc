#include "api/service_calls.h"

#include <cmath>
#include <cstdio>
#include <future>
#include <thread>

#include "base/error.h"
#include "base/utf8.h"

namespace pawl::v1 {
namespace {

// Calls that have not come back; a service that hangs for ever must not take all threads there are.
constexpr int kMaxUnderWay = 64;
constexpr double kDay = 86400;
constexpr size_t kMaxLabel = 256;  // bytes, as of every stored name

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

bool is_label(const std::string& text) {
  return text.size() <= kMaxLabel && utf8::find_invalid(text) == utf8::kValid &&
         text.find('\0') == std::string::npos;
}

// What is wrong with an analyzer's answer; empty when nothing is.
std::string fault_of(const Analysis& analysis, const std::string& text) {
  const auto share = [](double x) { return x >= 0 && x <= 1; };  // false for NaN
  if (!is_label(analysis.intent)) return "the intent is no label";
  if (!is_label(analysis.sentiment)) return "the sentiment is no label";
  if (!is_label(analysis.persona)) return "the persona is no label";
  if (!share(analysis.intent_confidence))
    return "intent_confidence is " + number(analysis.intent_confidence) + ", not in 0..1";
  if (!share(analysis.sentiment_confidence))
    return "sentiment_confidence is " + number(analysis.sentiment_confidence) + ", not in 0..1";
  const size_t length = utf8::count(text);
  for (const Entity& entity : analysis.entities) {
    if (entity.label.empty() || !is_label(entity.label)) return "an entity has no label";
    if (entity.start >= entity.end || entity.end > length) return "an entity is not in the text";
  }
  return {};
}

std::string what_of(const std::exception_ptr& raised) {
  try {
    std::rethrow_exception(raised);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "it threw what is no std::exception";
  }
}

}  // namespace

ServiceCalls::ServiceCalls(double limit) : limit_(limit) {
  if (!(limit > 0 && limit <= kDay))
    throw Error(ErrorKind::kInvalidInput, "\"service_timeout\" must be seconds, more than 0 and at "
                                          "most 86400, not " +
                                              number(limit));
}

template <typename Result>
Result ServiceCalls::within_limit(std::function<Result()> call) {
  if (under_way_->load() >= kMaxUnderWay)
    throw Error(ErrorKind::kBusy,
                std::to_string(kMaxUnderWay) + " earlier calls have not come back");
  std::packaged_task<Result()> task(std::move(call));
  auto answer = task.get_future();
  ++*under_way_;
  try {
    std::thread([task = std::move(task), under_way = under_way_]() mutable {
      task();
      task = {};  // lets go of the service before anybody counts this call as over
      --*under_way;
    }).detach();
  } catch (...) {
    --*under_way_;
    throw;
  }
  if (answer.wait_for(limit_) != std::future_status::ready)
    throw Error(ErrorKind::kBusy, "no answer within " + number(limit_.count()) + " s");
  return answer.get();
}

std::optional<Analysis> ServiceCalls::analyze(const std::shared_ptr<Analyzer>& analyzer,
                                              const std::string& text, std::string& problem) {
  try {
    auto answers = within_limit<std::vector<Analysis>>(
        [analyzer, text] { return analyzer->analyze(std::span(&text, 1)); });
    std::string fault;
    if (answers.size() != 1)
      fault = std::to_string(answers.size()) + " analyses of one text";
    else
      fault = fault_of(answers.front(), text);
    if (fault.empty()) return std::move(answers.front());
    problem = "the analyzer's answer is broken (" + fault + ")";
  } catch (...) {
    problem = "the analyzer failed (" + what_of(std::current_exception()) + ")";
  }
  count(&ServiceFailures::analyzer, &ServiceFailures::last_of_analyzer, problem);
  return std::nullopt;
}

bool ServiceCalls::store(const std::shared_ptr<MemoryService>& service, Memory memory,
                         std::string& problem) {
  try {
    within_limit<std::string>(
        [service, memory = std::move(memory)] { return service->store(memory); });
    return true;
  } catch (...) {
    problem = "the memory service did not take the turn (" + what_of(std::current_exception()) +
              ")";
  }
  count(&ServiceFailures::memory, &ServiceFailures::last_of_memory, problem);
  return false;
}

void ServiceCalls::count(std::uint64_t ServiceFailures::*which,
                         std::string ServiceFailures::*last, const std::string& problem) {
  const std::lock_guard lock(mutex_);
  ++(failures_.*which);
  failures_.*last = problem;
}

ServiceFailures ServiceCalls::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

}  // namespace pawl::v1
