#include "learn/teacher/prompt.h"

#include <algorithm>

#include "base/error.h"
#include "base/fill_in.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace pawl::learn {
namespace {

constexpr size_t kMaxPrompt = 64 * 1024;
constexpr size_t kMaxAnswer = 16 * 1024;
constexpr std::string_view kBorder = "---\n";

constexpr const char* kDefault =
    "You label what people say to an assistant. For each key below choose the one label that fits "
    "best, or null when none of them fits. Answer with one JSON object that has exactly these "
    "keys, and with nothing else.\n"
    "{labels}\n"
    "---\n"
    "{text}\n";

Json message(const char* role, std::string content) {
  Json out = Json::object();
  out["role"] = role;
  out["content"] = std::move(content);
  return out;
}

std::string lines_of(const LabelSets& labels) {
  std::string out;
  for (const auto& [head, names] : labels) {
    out += (out.empty() ? "" : "\n") + std::string(head_name(head)) + ":";
    for (const std::string& name : names) out += (&name == &names.front() ? " " : ", ") + name;
  }
  return out;
}

Json schema_of(const LabelSets& labels) {
  Json properties = Json::object(), required = Json::array();
  for (const auto& [head, names] : labels) {
    Json choices = Json::array();
    for (const std::string& name : names) choices.push_back(name);
    choices.push_back(nullptr);
    Json one = Json::object();
    one["type"] = Json(Json::Array{"string", "null"});
    one["enum"] = std::move(choices);
    properties[head_name(head)] = std::move(one);
    required.push_back(std::string(head_name(head)));
  }
  Json schema = Json::object();
  schema["type"] = "object";
  schema["properties"] = std::move(properties);
  schema["required"] = std::move(required);
  schema["additionalProperties"] = false;
  return schema;
}

// As editors leave it: a byte order mark and carriage returns are not of the prompt.
std::string readable(std::string text, const Path& file) {
  if (const size_t at = utf8::find_invalid(text); at != utf8::kValid)
    throw Error(ErrorKind::kInvalidInput,
                file.string() + ": is not UTF-8 at byte " + std::to_string(at));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  for (size_t at = text.find("\r\n"); at != std::string::npos; at = text.find("\r\n", at))
    text.erase(at, 1);
  return text;
}

// Models that are not held to a form set their JSON in a fence.
std::string_view without_fence(std::string_view answer) {
  constexpr std::string_view kBlanks = " \t\r\n", kFence = "```";
  const auto trim = [&](std::string_view text) {
    const size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return std::string_view();
    return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
  };
  const std::string_view whole = trim(answer);
  if (!whole.starts_with(kFence) || !whole.ends_with(kFence) || whole.size() < 2 * kFence.size())
    return whole;
  const size_t line = whole.find('\n');
  if (line == std::string_view::npos) return whole;
  return trim(whole.substr(line, whole.size() - kFence.size() - line));
}

}  // namespace

TeacherPrompt TeacherPrompt::read(Env& env, const Path& workspace) {
  const Path file = workspace / "prompts" / "teacher.txt";
  if (!env.exists(file)) {
    env.create_directories(file.parent_path());
    write_file_atomically(env, file, kDefault);
  }
  const std::string whole = readable(env.read_file(file, {.max_bytes = kMaxPrompt}), file);
  if (whole.find("{text}") == std::string::npos)
    throw Error(ErrorKind::kInvalidInput,
                file.string() + ": has no {text}, where the utterance belongs");
  TeacherPrompt prompt;
  prompt.digest_ = blake2b_hex(whole);
  size_t border = whole.starts_with(kBorder) ? 0 : whole.find("\n" + std::string(kBorder));
  if (border != 0 && border != std::string::npos) ++border;
  prompt.system_ = border == std::string::npos ? "" : whole.substr(0, border);
  prompt.user_ = border == std::string::npos ? whole : whole.substr(border + kBorder.size());
  return prompt;
}

Json TeacherPrompt::messages(const LabelSets& labels, const std::string& text) const {
  const Fillings fillings = {{"{labels}", lines_of(labels)}, {"{text}", text}};
  Json out = Json::array();
  if (!system_.empty()) out.push_back(message("system", fill_in(system_, fillings)));
  out.push_back(message("user", fill_in(user_, fillings)));
  return out;
}

Json response_format(const std::string& name, const LabelSets& labels) {
  if (name == "text") return nullptr;
  Json out = Json::object();
  out["type"] = name;
  if (name == "json_schema") {
    Json schema = Json::object();
    schema["name"] = "labels";
    schema["strict"] = true;
    schema["schema"] = schema_of(labels);
    out["json_schema"] = std::move(schema);
  }
  return out;
}

std::optional<std::map<Head, std::string>> parse_labels(std::string_view answer,
                                                        const LabelSets& labels) {
  if (answer.size() > kMaxAnswer) return std::nullopt;
  answer = without_fence(answer);
  std::map<Head, std::string> named;
  try {
    const Json value = parse_json(std::string(answer));
    if (!value.is_object()) return std::nullopt;
    for (const auto& [key, label] : value.as_object()) {
      const auto head = head_of(key);
      const auto known = head ? labels.find(*head) : labels.end();
      if (known == labels.end()) return std::nullopt;
      if (label.is_null()) continue;
      if (!label.is_string() || std::find(known->second.begin(), known->second.end(),
                                          label.as_string()) == known->second.end())
        return std::nullopt;
      named[*head] = label.as_string();
    }
  } catch (const Error&) {
    return std::nullopt;
  }
  return named;
}

}  // namespace pawl::learn
