// One line of a stream or a settings file: the first byte chooses which. What is read holds to the
// limits its header names; everything else is an Error.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/utf8.h"
#include "config/settings.h"
#include "learn/intake/collect_checks.h"
#include "wire/turn_json.h"

namespace {

using namespace pawl;

void require(bool holds) {
  if (!holds) std::abort();
}

wire::UnknownKeys unknown;

void read_example_line(std::string_view line) {
  const auto example = wire::read_example(parse_json(line), unknown);
  const size_t length = utf8::count(example.text);
  require(!example.text.empty() && example.text.size() <= learn::CollectSettings().max_text_bytes);
  std::string covered(length, ' ');
  const bool has_spans = example.knows(learn::Head::kEntities);
  for (const auto& entity :
       has_spans ? example.spans(learn::Head::kEntities) : std::vector<learn::EntityLabel>()) {
    require(entity.start < entity.end && entity.end <= length && !entity.label.empty());
    for (uint32_t i = entity.start; i < entity.end; ++i) {
      require(covered[i] == ' ');
      covered[i] = 'x';
    }
  }
  for (const auto& [head, annotation] : example.heads) {
    if (head->kind != learn::HeadKind::kLabel) continue;
    require(annotation.label.find_first_not_of(' ') != std::string::npos);
    require(annotation.label.find('\n') == std::string::npos);
  }
}

void read_turn_line(std::string_view line) {
  learn::TurnInput turn = wire::read_turn(parse_json(line), unknown).turn;
  check_turn(turn, {});
  require(!turn.conversation_id.empty() && !turn.user_id.empty() && !turn.user_text.empty());
  if (!turn.feedback) return;
  const auto& score = turn.feedback->satisfaction_score;
  require(!score || (*score >= 0 && *score <= 1));
}

void read_feedback_line(std::string_view line) {
  const learn::FeedbackInput feedback = wire::read_feedback(parse_json(line), unknown).feedback;
  check_late_feedback(feedback, {});
  require(says_something(feedback));
}

void read_settings(std::string_view document) {
  Settings settings;
  settings.read_toml(document, "settings.toml");
  const int64_t passes = settings.integer("training.n_iter");
  require(passes >= 1 && passes <= 10000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr void (*kReaders[])(std::string_view) = {read_turn_line, read_feedback_line,
                                                    read_example_line, read_settings};
  try {
    kReaders[data[0] % 4](std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  } catch (const Error&) {
  }
  return 0;
}
