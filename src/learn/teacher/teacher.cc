#include "learn/teacher/teacher.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "learn/data/split.h"
#include "learn/data/text_group.h"
#include "learn/evidence/statement.h"
#include "learn/heads/heads.h"

namespace pawl::learn {
namespace {

constexpr size_t kLabelledShare = 5;  // every fifth question is one that people answered
constexpr size_t kMaxLooked = 2000;   // texts whose certainty is looked at, the newest
constexpr int kMaxFailures = 3;       // in a row
constexpr int kMaxUnusable = 10;      // answers in a row
constexpr double kMaxWait = 60;       // seconds, for "come again later"
constexpr double kUsualWait = 2;      // where the server does not say how long

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, what);
}

void require_going_on(const Progress& progress) {
  if (progress.stop_requested())
    throw Error(ErrorKind::kInterrupted, "the cycle was interrupted; 'pawl learn' resumes it");
}

void wait(double seconds, const Progress& progress) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::duration<double>(seconds);
  while (Clock::now() < until) {
    require_going_on(progress);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

std::string refused_by(const TeacherOptions& options, int status) {
  std::string why = options.url + " answered " + std::to_string(status);
  if (status == 401 || status == 403)
    why += options.key.empty() ? "; teacher.key_env names the variable that holds the key"
                               : " to the key in the variable that teacher.key_env names";
  return why;
}

// What the answer's message says; empty where it is no answer of a chat.
std::string content_of(const std::string& body) {
  try {
    const Json reply = parse_json(body);
    if (!reply.is_object()) return "";
    const Json* choices = reply.find("choices");
    if (choices == nullptr || !choices->is_array() || choices->as_array().empty()) return "";
    const Json& first = choices->as_array().front();
    const Json* message = first.is_object() ? first.find("message") : nullptr;
    const Json* content =
        message != nullptr && message->is_object() ? message->find("content") : nullptr;
    return content != nullptr && content->is_string() ? content->as_string() : "";
  } catch (const Error&) {
    return "";
  }
}

// Asking again would only get the same.
bool is_final(int status) {
  return status == 401 || status == 403 || status == 404;
}

bool was_asked(const TurnBundle& bundle) {
  return std::any_of(bundle.evidence.begin(), bundle.evidence.end(),
                     [](const EvidenceRecord& e) { return e.source == "teacher"; });
}

bool is_labelled(const TurnBundle& bundle) {
  return std::any_of(bundle.evidence.begin(), bundle.evidence.end(), [](const EvidenceRecord& e) {
    const auto head = head_of(e.head);
    return (e.source == "review" || e.source == "correction") && head &&
           (*head)->kind == HeadKind::kLabel;
  });
}

// How sure the live model is of the head it is least sure of.
double least_confidence(const Doc& doc) {
  double least = 1;
  for (const Head head : all_heads()) {
    if (head->kind != HeadKind::kLabel) continue;
    double best = 0;
    for (const auto& [label, p] : label_scores(doc, head)) best = std::max(best, p);
    if (best > 0) least = std::min(least, best);
  }
  return least;
}

}  // namespace

std::vector<TeacherQuestion> choose_questions(std::span<const TurnBundle> turns,
                                              const Language& live, size_t limit) {
  std::map<std::string, TeacherQuestion> by_text;
  std::set<std::string> asked;
  std::vector<std::string> order;
  for (const TurnBundle& bundle : turns) {
    const std::string key = text_key(bundle.turn.user_text);
    if (was_asked(bundle)) asked.insert(key);
    if (bundle.turn.user_text.empty()) continue;
    const auto [found, added] =
        by_text.try_emplace(key, TeacherQuestion{bundle.turn.turn_id, bundle.turn.user_text});
    if (added) order.push_back(key);
    if (is_labelled(bundle)) found->second.labelled = true;
  }
  std::erase_if(order, [&](const std::string& key) { return asked.contains(key); });
  if (order.size() > kMaxLooked)
    order.erase(order.begin(), order.end() - static_cast<std::ptrdiff_t>(kMaxLooked));
  std::vector<std::string> texts;
  for (const std::string& key : order) texts.push_back(by_text.at(key).text);
  const std::vector<Doc> docs = live.pipe(texts);
  std::vector<TeacherQuestion> labelled, others;
  for (size_t i = 0; i < order.size(); ++i) {
    TeacherQuestion& question = by_text.at(order[i]);
    question.confidence = least_confidence(docs[i]);
    (question.labelled ? labelled : others).push_back(std::move(question));
  }
  const auto less_sure = [](const TeacherQuestion& a, const TeacherQuestion& b) {
    return a.confidence < b.confidence;
  };
  std::stable_sort(others.begin(), others.end(), less_sure);
  // Of those that people labelled any, the hard and the easy alike: a record is of all of them.
  std::stable_sort(labelled.begin(), labelled.end(), [](const auto& a, const auto& b) {
    return blake2b_hex(a.text) < blake2b_hex(b.text);
  });
  const size_t for_record =
      std::min(labelled.size(), (limit + kLabelledShare - 1) / kLabelledShare);
  std::vector<TeacherQuestion> chosen;
  for (size_t l = 0, o = 0; chosen.size() < limit;) {
    const bool in_turn = chosen.size() % kLabelledShare == 0 || o == others.size();
    if (in_turn && l < for_record)
      chosen.push_back(std::move(labelled[l++]));
    else if (o < others.size())
      chosen.push_back(std::move(others[o++]));
    else
      break;
  }
  return chosen;
}

Json to_json_value(const TeacherReport& report) {
  Json out = Json::object();
  out["author"] = report.author;
  for (const auto& [name, count] :
       {std::pair{"asked", report.asked}, std::pair{"answered", report.answered},
        std::pair{"labels", report.labels}, std::pair{"no_answer", report.no_answer},
        std::pair{"failed", report.failed}, std::pair{"limited", report.limited}})
    out[name] = static_cast<uint64_t>(count);
  out["stopped"] = report.stopped.empty() ? Json() : Json(report.stopped);
  return out;
}

Teacher::Teacher(Env& env, const Path& workspace, TeacherOptions options)
    : options_(std::move(options)), prompt_(TeacherPrompt::read(env, workspace)) {
  if (!options_.url.starts_with("http://") && !options_.url.starts_with("https://"))
    fail(
        "teacher.url must be the base of an OpenAI-compatible endpoint, as "
        "http://127.0.0.1:8080/v1");
  if (options_.model.empty()) fail("teacher.model must name the endpoint's model");
  if (options_.key.find_first_of("\r\n") != std::string::npos)
    fail("the variable that teacher.key_env names holds more than one line");
  while (options_.url.ends_with('/')) options_.url.pop_back();
  author_ = std::string(kTeacherAuthor) + options_.model + "#" + prompt_.digest().substr(0, 8);
  format_ = options_.format == "auto" ? "json_schema" : options_.format;
}

HttpReply Teacher::call(const TeacherQuestion& question, const LabelSets& labels,
                        Progress& progress) {
  Json body = Json::object();
  body["model"] = options_.model;
  body["messages"] = prompt_.messages(labels, question.text);
  body["temperature"] = 0;
  if (Json format = response_format(format_, labels); !format.is_null())
    body["response_format"] = std::move(format);
  HttpReply reply = options_.post({.url = options_.url + "/chat/completions",
                                   .body = to_json(body),
                                   .bearer = options_.key,
                                   .seconds = options_.seconds},
                                  progress);
  require_going_on(progress);
  return reply;
}

// An endpoint that does not know a form of answers says that the request is bad.
bool Teacher::settle_for_less(int status) {
  if (options_.format != "auto" || (status != 400 && status != 422) || format_ == "text")
    return false;
  format_ = format_ == "json_schema" ? "json_object" : "text";
  return true;
}

// One question: asked again where that may help. The calls it took.
size_t Teacher::ask_one(const TeacherQuestion& question, const LabelSets& labels,
                        const TeacherRun& run, TeacherReport& report, Progress& progress) {
  for (size_t calls = 0;;) {
    run.between();
    if (report.asked == run.max_calls) {
      report.stopped = "the calls of this cycle or day are used up";
      return calls;
    }
    const HttpReply reply = call(question, labels, progress);
    ++report.asked, ++calls;
    if (reply.status == 200) {
      take(content_of(reply.body), labels, report);
      return calls;
    }
    if (settle_for_less(reply.status)) continue;
    const bool limited = reply.status == 429 || reply.status == 503;
    ++(limited ? report.limited : report.failed);
    ++failures_;
    const double seconds = reply.retry_after > 0 ? reply.retry_after : kUsualWait;
    if (failures_ >= kMaxFailures || is_final(reply.status) || (limited && seconds > kMaxWait)) {
      report.stopped = reply.status == 0 ? "the endpoint could not be asked: " + reply.failure
                                         : refused_by(options_, reply.status);
      return calls;
    }
    if (!limited) return calls;
    wait(seconds, progress);
  }
}

void Teacher::take(const std::string& content, const LabelSets& labels, TeacherReport& report) {
  failures_ = 0;
  auto named = parse_labels(content, labels);
  ++(named ? report.answered : report.no_answer);
  if (!named) {
    if (++unusable_ >= kMaxUnusable)
      // Not what it said: that could be what somebody said to the assistant.
      report.stopped =
          std::to_string(unusable_) + " answers in a row " +
          (content.empty() ? "were none of a chat: is teacher.url the base of an OpenAI-compatible "
                             "endpoint?"
                           : "were no JSON object of known labels, which prompts/teacher.txt asks "
                             "for");
    return;
  }
  unusable_ = 0;
  report.labels += named->size();
  named_ = std::move(*named);
}

TeacherReport Teacher::ask(std::span<const TeacherQuestion> questions, const LabelSets& labels,
                           const TeacherRun& run, Progress& progress) {
  TeacherReport report;
  report.author = author_;
  failures_ = unusable_ = 0;
  progress.begin("asking the teacher", questions.size());
  for (const TeacherQuestion& question : questions) {
    named_.clear();
    const size_t calls = ask_one(question, labels, run, report, progress);
    if (calls > 0) run.keep(question, named_, calls);
    if (!report.stopped.empty()) break;
    progress.advance();
  }
  progress.end();
  return report;
}

}  // namespace pawl::learn
