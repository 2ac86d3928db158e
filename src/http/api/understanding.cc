// analyze, turns, feedback, memory.
#include <map>

#include "base/error.h"
#include "base/json_strings.h"
#include "http/api/api.h"
#include "http/api/fields.h"
#include "http/door/problem.h"
#include "service/memory.h"
#include "wire/analysis_json.h"
#include "wire/collect_json.h"
#include "wire/turn_json.h"
#include "wire/unknown_keys.h"

namespace pawl::http {
namespace {

using service::Role;

constexpr size_t kMaxTexts = 1000;
constexpr size_t kMaxText = 64 * 1024;
// From this satisfaction on an answer is worth giving again.
constexpr double kRatedWell = 0.8;

void check_texts(const std::vector<std::string>& texts) {
  if (texts.size() > kMaxTexts)
    throw Error(ErrorKind::kInvalidInput, "\"texts\" may be 1000 at a time");
  for (const std::string& text : texts) {
    if (text.size() > kMaxText)
      throw Error(ErrorKind::kInvalidInput, "\"text\" may have 65536 bytes");
  }
}

struct TextsToAnalyze {
  std::vector<std::string> texts;
  bool many = false;  // asked for as a list
};

TextsToAnalyze texts_to_analyze(const Json& body) {
  TextsToAnalyze wanted;
  wanted.texts = texts_field(body, "texts");
  wanted.many = find_field(body, "texts") != nullptr;
  auto text = text_field(body, "text");
  if (wanted.many == text.has_value())
    throw Error(ErrorKind::kInvalidInput, "\"text\" or \"texts\" must be there, and not both");
  if (text) wanted.texts.push_back(std::move(*text));
  check_texts(wanted.texts);
  return wanted;
}

// Texts of several callers in one run of their tenant's model. What is not as it should be is left
// for analyze() to tell.
void analyze_together(const ApiParts& parts, std::span<Call* const> calls) {
  std::map<std::string, std::pair<std::vector<std::string>, std::vector<Call*>>> by_tenant;
  for (Call* call : calls) {
    const Json* text = call->body.is_object() ? call->body.find("text") : nullptr;
    if (text == nullptr || !text->is_string() || call->body.find("texts") != nullptr ||
        call->body.find("user_id") != nullptr)
      continue;
    auto& [texts, asked] = by_tenant[call->caller.tenant];
    texts.push_back(text->as_string());
    asked.push_back(call);
  }
  for (const auto& [tenant, group] : by_tenant) {
    const auto& [texts, asked] = group;
    try {
      auto answer = parts.engine.tenant(tenant).analyze(texts);
      for (size_t i = 0; i < asked.size(); ++i)
        asked[i]->ready = std::make_shared<service::Analysis>(std::move(answer.value[i]));
    } catch (const Error&) {
      continue;
    }
  }
}

Response analyze(const ApiParts& parts, Call& call) {
  if (call.ready != nullptr) {
    const auto& analysis = *static_cast<const service::Analysis*>(call.ready.get());
    return json_response(wire::to_json_value(analysis));
  }
  const TextsToAnalyze wanted = texts_to_analyze(call.body);
  const std::string user = text_field(call.body, "user_id").value_or("");
  // The persona's reason tells what this person said.
  if (!user.empty() && call.caller.role < Role::kUser)
    throw Refusal(403,
                  "\"user_id\" needs the role user: the answer tells what this person prefers");
  const auto answer = parts.engine.tenant(call.caller.tenant).analyze(wanted.texts, user);
  if (!wanted.many) return json_response(wire::to_json_value(answer.value.at(0)));
  Json analyses = Json::array();
  for (const auto& analysis : answer.value) analyses.push_back(wire::to_json_value(analysis));
  Json out = Json::object();
  out["analyses"] = std::move(analyses);
  return json_response(out);
}

void require_same_tenant(const std::string& named, const Call& call) {
  if (!named.empty() && named != call.caller.tenant)
    throw Error(ErrorKind::kInvalidInput, "\"tenant_id\" names another tenant than the key");
}

// Keys that the contract does not know are named in the answer.
void add_unknown(const wire::UnknownKeys& unknown, Json& out) {
  if (!unknown.found().empty()) out["unknown_keys"] = unknown.to_json_value();
}

Json collected_json(const service::CollectedTurn& turn, const wire::UnknownKeys& unknown) {
  Json out = Json::object();
  out["turn_id"] = turn.turn_id.empty() ? Json() : Json(turn.turn_id);
  out["stored"] = turn.stored;
  out["known"] = turn.known;
  out["redactions"] = turn.redactions;
  add_unknown(unknown, out);
  return out;
}

// Runs `add` for each member of a list; what is refused is counted, the others are kept.
template <typename Add>
Response collect_list(const ApiParts& parts, const Call& call, Add add) {
  const auto stream = parts.engine.tenant(call.caller.tenant).collect_stream();
  wire::UnknownKeys unknown;
  uint64_t number = 0;
  for (const Json& one : call.body.as_array()) {
    ++number;
    try {
      add(*stream, number, one, unknown);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kInvalidInput) throw;
      stream->reject(number, error.what());
    }
  }
  stream->flush();
  const auto& summary = stream->summary();
  const bool nothing = summary.rejected > 0 && summary.rejected == number;
  Json out = wire::to_json_value(summary);
  add_unknown(unknown, out);
  return json_response(out, nothing ? 422 : 200);
}

Response add_turns(const ApiParts& parts, Call& call) {
  if (call.body.is_array()) {
    return collect_list(
        parts, call,
        [&](auto& stream, uint64_t number, const Json& one, wire::UnknownKeys& unknown) {
          auto line = wire::read_turn(one, unknown);
          require_same_tenant(line.tenant, call);
          stream.add_turn(number, std::move(line.turn));
        });
  }
  wire::UnknownKeys unknown;
  auto line = wire::read_turn(call.body, unknown);
  require_same_tenant(line.tenant, call);
  const auto stored = parts.engine.tenant(call.caller.tenant).collect(std::move(line.turn));
  return json_response(collected_json(stored.value, unknown), 201);
}

// What people press (thumbs, one to five stars) and a token become the contract's fields.
Json feedback_line(const ApiParts& parts, const Call& call, Json one) {
  require_object(one);
  if (const auto token = text_field(one, "token")) {
    const auto turn = parts.gateway.tokens().turn_of(call.caller.tenant, *token);
    if (!turn)
      throw Error(ErrorKind::kInvalidInput, "\"token\" is not one of this tenant's answers");
    one.erase("token");
    one["turn_id"] = *turn;
  }
  if (const auto thumb = text_field(one, "thumb")) {
    if (*thumb != "up" && *thumb != "down")
      throw Error(ErrorKind::kInvalidInput, "\"thumb\" must be up or down");
    one["satisfaction_score"] = *thumb == "up" ? 1.0 : 0.0;
    one.erase("thumb");
  }
  if (const auto stars = integer_field(one, "rating")) {
    if (*stars < 1 || *stars > 5)
      throw Error(ErrorKind::kInvalidInput, "\"rating\" must be 1 to 5");
    one["satisfaction_score"] = static_cast<double>(*stars - 1) / 4;
    one.erase("rating");
  }
  return one;
}

// What was answered a moment ago may still be on its way into the store.
void settle_what_it_is_about(const ApiParts& parts, const Call& call) {
  const auto text = [](const Json& one, const char* name) {
    const Json* value = one.is_object() ? one.find(name) : nullptr;
    return value != nullptr && value->is_string() ? value->as_string() : std::string();
  };
  std::vector<TurnsOf> about;
  const auto add = [&](const Json& one) {
    const auto turn = parts.gateway.tokens().turn_of(call.caller.tenant, text(one, "token"));
    about.push_back({.tenant = call.caller.tenant,
                     .turn_id = turn ? *turn : text(one, "turn_id"),
                     .conversation_id = text(one, "conversation_id")});
  };
  if (call.body.is_array()) {
    for (const Json& one : call.body.as_array()) add(one);
  } else {
    add(call.body);
  }
  parts.gateway.capture().settle(about);
}

Response add_feedback(const ApiParts& parts, Call& call) {
  settle_what_it_is_about(parts, call);
  if (call.body.is_array()) {
    return collect_list(
        parts, call,
        [&](auto& stream, uint64_t number, const Json& one, wire::UnknownKeys& unknown) {
          auto line = wire::read_feedback(feedback_line(parts, call, one), unknown);
          require_same_tenant(line.tenant, call);
          stream.add_feedback(number, std::move(line.feedback));
        });
  }
  wire::UnknownKeys unknown;
  auto line = wire::read_feedback(feedback_line(parts, call, call.body), unknown);
  require_same_tenant(line.tenant, call);
  const double score = line.feedback.satisfaction_score.value_or(0);
  const bool corrects = line.feedback.corrected_intent || line.feedback.corrected_sentiment ||
                        line.feedback.corrected_entities;
  const auto stored = parts.engine.tenant(call.caller.tenant).feedback(std::move(line.feedback));
  if (corrects)
    parts.metrics.counter("pawl_corrections_total", "Corrections that arrived one by one.").add();
  if (score >= kRatedWell && stored.value.stored && !stored.value.turn_id.empty())
    service::remember_answer(parts.engine, call.caller.tenant, stored.value.turn_id);
  return json_response(collected_json(stored.value, unknown), 201);
}

Json memory_json(const service::FoundMemory& memory) {
  Json out = Json::object();
  out["memory_id"] = memory.memory_id;
  out["user_id"] = memory.user_id.empty() ? Json() : Json(memory.user_id);
  out["memory_type"] = memory.memory_type;
  out["content"] = memory.content;
  out["tags"] = json_strings(memory.tags);
  out["ai_generated"] = memory.ai_generated;
  out["metadata"] = parse_json(memory.metadata);
  out["created_at"] = time_json(memory.at);
  out["score"] = memory.score;
  return out;
}

Response add_memory(const ApiParts& parts, Call& call) {
  service::NewMemory memory;
  memory.content = required_text(call.body, "content");
  memory.user_id = text_field(call.body, "user_id").value_or("");
  memory.memory_type = text_field(call.body, "memory_type").value_or("insight");
  memory.tags = texts_field(call.body, "tags");
  memory.ai_generated = flag_field(call.body, "ai_generated").value_or(false);
  if (const Json* metadata = find_field(call.body, "metadata")) {
    if (!metadata->is_object())
      throw Error(ErrorKind::kInvalidInput, "\"metadata\" must be an object");
    memory.metadata = to_json(*metadata);
  }
  Json out = Json::object();
  out["memory_id"] = service::store_memory(parts.engine, call.caller.tenant, std::move(memory));
  return json_response(out, 201);
}

Response find_memories(const ApiParts& parts, Call& call) {
  const std::string query = call.query("query").value_or("");
  Json items = Json::array();
  for (const auto& memory :
       service::query_memories(parts.engine, call.caller.tenant, query, limit_of(call)))
    items.push_back(memory_json(memory));
  return json_response(page(std::move(items), std::nullopt));
}

}  // namespace

void add_understanding_routes(RouteTable& table, const ApiParts& parts) {
  table.add(
      {.method = "POST",
       .pattern = "/api/v1/analyze",
       .least = Role::kReadonly,
       .name = "analyze",
       .summary = "Intent, sentiment, persona and entities of one text or several",
       .max_body = parts.max_body,
       .body_schema = "AnalyzeRequest",
       .answer_schema = "AnalyzeAnswer",
       .handle = [parts](Call& call) { return analyze(parts, call); },
       .together = [parts](std::span<Call* const> calls) { analyze_together(parts, calls); }});
  table.add({.method = "POST",
             .pattern = "/api/v1/turns",
             .least = Role::kUser,
             .name = "add_turns",
             .summary = "Keeps a conversation's turn, or a list of them; stored when answered",
             .max_body = parts.max_body,
             .body_schema = "TurnOrTurns",
             .answer_schema = "Collected",
             .success = 201,
             .also = {200},  // a list, taken whole or in part
             .idempotent_key = true,
             .handle = [parts](Call& call) { return add_turns(parts, call); }});
  table.add({.method = "POST",
             .pattern = "/api/v1/feedback",
             .least = Role::kUser,
             .name = "add_feedback",
             .summary = "What somebody thinks of an answer: by token, turn or conversation",
             .max_body = parts.max_body,
             .body_schema = "FeedbackOrList",
             .answer_schema = "Collected",
             .success = 201,
             .also = {200},  // a list, taken whole or in part
             .idempotent_key = true,
             .handle = [parts](Call& call) { return add_feedback(parts, call); }});
  table.add({.method = "POST",
             .pattern = "/api/v1/memory",
             .least = Role::kUser,
             .name = "add_memory",
             .summary = "Keeps something worth remembering, without personal data",
             .max_body = 256 * 1024,
             .body_schema = "NewMemory",
             .answer_schema = "MemoryId",
             .success = 201,
             .idempotent_key = true,
             .handle = [parts](Call& call) { return add_memory(parts, call); }});
  table.add({.method = "GET",
             .pattern = "/api/v1/memory",
             .least = Role::kUser,
             .name = "find_memories",
             .summary = "Memories that share words or meaning with ?query=, the nearest first",
             .answer_schema = "Page",
             .query = {"query", "limit"},
             .handle = [parts](Call& call) { return find_memories(parts, call); }});
}

}  // namespace pawl::http
