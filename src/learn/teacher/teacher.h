// A teacher: a larger model behind an OpenAI-compatible endpoint that labels what the live model is
// least sure of. Its answers are statements of the source "teacher", trusted as far as its record
// holds up, for which it is also asked about turns that people have labelled. It sees text that is
// stored, which is cleaned of personal data and consented to, and nothing else of a turn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "learn/teacher/http_post.h"
#include "learn/teacher/prompt.h"
#include "pipeline/language.h"
#include "store/store.h"

namespace pawl::learn {

struct TeacherOptions {
  bool enabled = false;
  std::string url;                // base, as "http://127.0.0.1:8080/v1"
  std::string model;              // as the endpoint calls it
  std::string key;                // bearer; empty: none
  std::string format = "auto";    // of answers: json_schema, json_object, text; auto: the first that
                                  // the endpoint takes
  size_t calls_per_cycle = 100;   // repeated ones count, too
  size_t calls_per_day = 1000;    // of a tenant, days of UTC
  double seconds = 30;            // for a call
  HttpPost post = post_by_curl;
};

struct TeacherQuestion {
  std::string turn_id, text;
  bool labelled = false;  // by people: asked for the record
  double confidence = 0;  // of the live model
};

// Of these turns at most `limit`: the live model's least certain first, but a fifth for turns that
// people labelled. One for each text; none that a teacher was asked about.
std::vector<TeacherQuestion> choose_questions(std::span<const TurnBundle> turns,
                                              const Language& live, size_t limit);

struct TeacherReport {
  std::string author;      // as statements have it
  size_t asked = 0;        // calls, repeated ones included
  size_t answered = 0;     // texts with an answer that could be read
  size_t labels = 0;       // that it named
  size_t no_answer = 0;    // texts whose answer was none: broken, or a label that there is not
  size_t failed = 0;       // calls: no connection, too late, an error's status
  size_t limited = 0;      // calls: told to come again later
  std::string stopped;     // why it was asked no further; empty: nothing was left to ask
};
Json to_json_value(const TeacherReport& report);

// What the caller does; whatever these throw ends the asking.
struct TeacherRun {
  size_t max_calls = 0;
  std::function<void()> between = [] {};  // calls
  // Keeps, durably, what the teacher said of a turn, which may be nothing, and how many calls that
  // took.
  std::function<void(const TeacherQuestion& question, const std::map<Head, std::string>& labels,
                     size_t calls)>
      keep;
};

class Teacher {
 public:
  // Throws Error(kInvalidInput) naming the setting, or what TeacherPrompt::read() does.
  Teacher(Env& env, const Path& workspace, TeacherOptions options);

  const std::string& author() const { return author_; }
  // Asks one question after the other. What goes wrong on the other side is counted; three failures
  // or ten unusable answers in a row end it. Throws Error(kInterrupted) when progress asks to stop.
  TeacherReport ask(std::span<const TeacherQuestion> questions, const LabelSets& labels,
                    const TeacherRun& run, Progress& progress);

 private:
  HttpReply call(const TeacherQuestion& question, const LabelSets& labels, Progress& progress);
  bool settle_for_less(int status);
  size_t ask_one(const TeacherQuestion& question, const LabelSets& labels, const TeacherRun& run,
                 TeacherReport& report, Progress& progress);
  void take(const std::string& content, const LabelSets& labels, TeacherReport& report);

  TeacherOptions options_;
  TeacherPrompt prompt_;
  std::string author_, format_;
  std::map<Head, std::string> named_;  // by the answer to the last question
  int failures_ = 0, unusable_ = 0;    // in a row
};

}  // namespace pawl::learn
