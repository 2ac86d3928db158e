#include "service/personas.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "base/utf8.h"
#include "learn/privacy/pii.h"

namespace pawl::service {
namespace {

constexpr const char* kFile = "personas.txt";
constexpr size_t kMaxFile = 256 * 1024;
constexpr size_t kMaxName = 256;
constexpr std::string_view kAnything = "*";

// The prior of every persona's share of content users, and how many ratings it weighs.
constexpr double kPriorMean = 0.6, kPriorWeight = 8;
// Standard deviations by which another persona must be better: one chance in twenty.
constexpr double kBetter = 1.645;

struct UsualRule {
  std::string_view intent, persona;
};
constexpr std::array kUsual = {
    UsualRule{"optimize_code", "technical-expert"},
    UsualRule{"technical_question", "technical-expert"},
    UsualRule{"explain_concept", "technical-expert"},
    UsualRule{"documentation", "technical-expert"},
    UsualRule{"debug_error", "support-assistant"},
    UsualRule{"troubleshoot", "support-assistant"},
    UsualRule{"general_assist", "support-assistant"},
    UsualRule{"creative_task", "creative-collaborator"},
    UsualRule{"business_advice", "business-advisor"},
    UsualRule{"casual_chat", "casual-friend"},
    UsualRule{kAnything, "support-assistant"},
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find(',', at), line.size());
    fields.emplace_back(trimmed(line.substr(at, end - at)));
    at = end + 1;
  }
  return fields;
}

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kMaxName && utf8::find_invalid(text) == utf8::kValid &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20; });
}

bool fits(const std::string& pattern, std::string_view label) {
  return pattern == kAnything || pattern == label;
}

struct Contentment {
  double mean, variance;
};

Contentment contentment_of(const PersonaHistory::Ratings& ratings) {
  const double n = static_cast<double>(ratings.count);
  const double mean = (ratings.sum + kPriorWeight * kPriorMean) / (n + kPriorWeight);
  return {mean, mean * (1 - mean) / (n + kPriorWeight + 1)};
}

std::string share(double value) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

}  // namespace

const PersonaRules& PersonaRules::usual() {
  static const PersonaRules rules = [] {
    PersonaRules out;
    for (const auto& [intent, persona] : kUsual)
      out.rules_.push_back({std::string(intent), std::string(kAnything), std::string(persona), 0});
    return out;
  }();
  return rules;
}

PersonaRules PersonaRules::parse(std::string_view text, const std::string& where) {
  PersonaRules out;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  size_t number = 0;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    at = end + 1;
    ++number;
    line = trimmed(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    std::vector<std::string> fields = fields_of(line);
    if (fields.size() != 3 || !std::all_of(fields.begin(), fields.end(), is_name) ||
        fields[2] == kAnything)
      throw Error(ErrorKind::kInvalidInput,
                  where + ", line " + std::to_string(number) +
                      ": must be \"intent, sentiment, persona\", where * fits any intent or "
                      "sentiment");
    out.rules_.push_back(
        {std::move(fields[0]), std::move(fields[1]), std::move(fields[2]), number});
  }
  return out;
}

PersonaChoice PersonaRules::choose(std::string_view intent, std::string_view sentiment) const {
  for (const Rule& rule : rules_) {
    if (!fits(rule.intent, intent) || !fits(rule.sentiment, sentiment)) continue;
    const std::string of =
        rule.line == 0 ? "usual rule" : "line " + std::to_string(rule.line) + " of personas.txt";
    return {rule.persona, of + ": " + rule.intent + ", " + rule.sentiment};
  }
  return usual().choose(intent, sentiment);
}

std::shared_ptr<const PersonaRules> PersonaTable::read() {
  const Path file = workspace_ / kFile;
  if (!env_.exists(file)) return std::make_shared<const PersonaRules>(PersonaRules::usual());
  std::string text = env_.read_file(file, {.max_bytes = kMaxFile});
  const std::scoped_lock lock(mutex_);
  if (known_ == nullptr || text != text_) {
    known_ = std::make_shared<const PersonaRules>(PersonaRules::parse(text, file.string()));
    text_ = std::move(text);
  }
  return known_;
}

std::shared_ptr<const PersonaRules> PersonaTable::rules(std::vector<std::string>& warnings) {
  try {
    return read();
  } catch (const Error& error) {
    warnings.push_back(std::string(error.what()) + "; the usual rules choose personas");
    return std::make_shared<const PersonaRules>(PersonaRules::usual());
  }
}

void write_persona_rules(Env& env, const Path& workspace) {
  const Path file = workspace / kFile;
  if (env.exists(file)) return;
  std::string text =
      "# Who answers: intent, sentiment, persona; * fits anything; the first line that fits "
      "decides.\n";
  for (const auto& [intent, persona] : kUsual)
    text += std::string(intent) + ", *, " + std::string(persona) + "\n";
  write_file_atomically(env, file, text);
}

PersonaChoice prefer(PersonaChoice chosen, const PersonaHistory& history) {
  if (!history.stated.empty()) return {history.stated, "the user named it"};
  const auto known = history.ratings.find(chosen.persona);
  const Contentment now =
      contentment_of(known == history.ratings.end() ? PersonaHistory::Ratings() : known->second);
  PersonaChoice best = chosen;
  double best_mean = now.mean;
  for (const auto& [persona, ratings] : history.ratings) {
    if (learn::without_placeholders(persona) != persona) continue;
    const Contentment with = contentment_of(ratings);
    if (with.mean - now.mean < kBetter * std::sqrt(with.variance + now.variance)) continue;
    if (with.mean <= best_mean) continue;
    best_mean = with.mean;
    best = {persona, "the user is more content with it (" + share(with.mean) + " after " +
                         std::to_string(ratings.count) + " ratings) than with " + chosen.persona +
                         " (" + share(now.mean) + ")"};
  }
  return best;
}

}  // namespace pawl::service
