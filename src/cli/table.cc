#include "cli/table.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/env.h"
#include "base/utf8.h"
#include "cli/streams.h"

namespace pawl::cli {
namespace {

constexpr std::pair<const char*, const char*> kHeads[] = {{"intent", "intent_accuracy"},
                                                          {"sentiment", "sentiment_accuracy"},
                                                          {"entities", "entity_accuracy"}};

const Json* member(const Json* object, const char* key) {
  if (object == nullptr || !object->is_object()) return nullptr;
  const Json* value = object->find(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool deployed(const Json& validation, const char* head) {
  const Json* flag = member(member(member(&validation, "heads"), head), "deployed");
  return flag != nullptr && flag->is_bool() && flag->as_bool();
}

bool any_deployed(const Json& validation) {
  return std::any_of(std::begin(kHeads), std::end(kHeads),
                     [&](const auto& head) { return deployed(validation, head.first); });
}

int64_t support(const Json& validation, const char* head) {
  const Json* count = member(member(member(&validation, "heads"), head), "support");
  return count != nullptr && count->is_integer() ? count->as_int() : 0;
}

std::string figure(const Json& value) {
  char text[16];
  std::snprintf(text, sizeof text, "%.2f", value.as_double());
  return text;
}

}  // namespace

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], utf8::count(row[i]));
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line += std::string(widths[i] - utf8::count(row[i]) + 2, ' ');
    }
    print_line(line);
  }
}

std::string minute_of(int64_t micros) {
  std::string time = format_time(micros).substr(0, 16);
  time[10] = ' ';
  return time;
}

std::string duration(double seconds) {
  char text[48];
  if (seconds <= 0) return "-";
  if (seconds < 60) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
  } else {
    const auto whole = static_cast<long long>(seconds + 0.5);
    std::snprintf(text, sizeof text, "%lld min %lld s", whole / 60, whole % 60);
  }
  return text;
}

std::string before_and_after(const Json& validation) {
  std::string out;
  const Json* incumbent = member(&validation, "incumbent");
  for (const auto& [head, key] : kHeads) {
    const Json* after = member(&validation, key);
    const Json* before = member(incumbent, key);
    if (after == nullptr || (any_deployed(validation) && !deployed(validation, head))) continue;
    if (support(validation, head) == 0) continue;
    out += (out.empty() ? "" : ", ") + std::string(head) + " " +
           (before != nullptr ? figure(*before) + " → " : "") + figure(*after);
  }
  return out;
}

std::string why_in_short(const Json& validation) {
  int64_t texts = 0;
  const bool any = any_deployed(validation);
  for (const auto& [head, key] : kHeads) {
    if (!any || deployed(validation, head)) texts = std::max(texts, support(validation, head));
  }
  if (any) return "better on " + std::to_string(texts) + " held-out texts";
  return texts == 0 ? "no held-out texts to judge" : "no head measurably better";
}

}  // namespace pawl::cli
