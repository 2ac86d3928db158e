// learn, cycles, generations, status, turns, review.
#include <set>
#include <utility>

#include "base/error.h"
#include "base/json_strings.h"
#include "http/api/api.h"
#include "http/api/fields.h"
#include "http/api/run_events.h"
#include "http/api/tar.h"
#include "http/door/problem.h"
#include "service/explain.h"
#include "service/labels.h"
#include "service/review.h"
#include "wire/explanation_json.h"
#include "wire/generation_json.h"
#include "wire/review_json.h"
#include "wire/status_json.h"

namespace pawl::http {
namespace {

using service::Role;

Json run_answer(const service::Run& run) {
  Json out = run_json(run);
  out["url"] = "/api/v1/learn/" + run.id;
  out["events_url"] = "/api/v1/learn/" + run.id + "/events";
  return out;
}

service::Run run_of(const ApiParts& parts, const Call& call) {
  const std::string& id = call.parameters.at("id");
  auto run = parts.runner.find(id);
  if (!run || run->tenant != call.caller.tenant)
    throw Error(ErrorKind::kNotFound, "there is no run " + id);
  return *std::move(run);
}

Response learn(const ApiParts& parts, Call& call) {
  const Json body = body_or_empty(call);
  only_fields(body, {"force"});
  const bool force = flag_field(body, "force").value_or(false);
  const Settings settings = parts.engine.settings();
  const auto run = parts.runner.start(call.caller.tenant, force, call.caller.actor(),
                                      {.max_minutes = settings.number("scheduler.max_minutes")});
  return json_response(run_answer(run), 202);
}

Response list_cycles(const ApiParts& parts, Call& call) {
  const size_t limit = limit_of(call), from = static_cast<size_t>(cursor_of(call).value_or(0));
  const auto cycles = parts.engine.tenant(call.caller.tenant).cycles(from + limit + 1);
  Json items = Json::array();
  for (size_t i = from; i < cycles.size() && i < from + limit; ++i)
    items.push_back(wire::to_json_value(cycles[i]));
  std::optional<int64_t> next;
  if (cycles.size() > from + limit) next = static_cast<int64_t>(from + limit);
  return json_response(page(std::move(items), next));
}

Response list_generations(const ApiParts& parts, Call& call) {
  const size_t limit = limit_of(call), from = static_cast<size_t>(cursor_of(call).value_or(0));
  const auto all = parts.engine.tenant(call.caller.tenant).generations();
  Json items = Json::array();
  for (size_t i = from; i < all.size() && i < from + limit; ++i)
    items.push_back(wire::to_json_value(all[i]));
  std::optional<int64_t> next;
  if (all.size() > from + limit) next = static_cast<int64_t>(from + limit);
  return json_response(page(std::move(items), next));
}

Response roll_back(const ApiParts& parts, Call& call) {
  const Json body = body_or_empty(call);
  only_fields(body, {"reason"});
  const std::string reason =
      text_field(body, "reason").value_or("asked for by " + call.caller.actor());
  const auto done =
      parts.engine.tenant(call.caller.tenant).rollback(call.parameters.at("id"), reason);
  Json out = Json::object();
  out["from"] = done.value.from_id;
  out["to"] = done.value.to_id;
  return json_response(out);
}

Response export_live(const ApiParts& parts, Call& call) {
  TarArchive archive;
  const auto generation =
      parts.engine.tenant(call.caller.tenant)
          .read_pipeline([&](const std::string& id, const std::string& file,
                             const std::string& bytes) { archive.add(id + "/" + file, bytes); });
  Response response;
  response.body = std::move(archive).finish();
  response.headers.add("Content-Type", "application/x-tar");
  response.headers.add("Content-Disposition",
                       "attachment; filename=\"" + generation.value + ".tar\"");
  response.headers.add("x-pawl-generation", generation.value);
  return response;
}

Json entities_json(const std::vector<EntitySpan>& entities) {
  Json out = Json::array();
  for (const EntitySpan& e : entities) out.push_back(Json(Json::Array{e.start, e.end, e.label}));
  return out;
}

template <typename T>
void put(Json& out, const char* key, const std::optional<T>& value) {
  if (value) out[key] = Json(*value);
}

Json feedback_json(const FeedbackRecord& f) {
  Json out = Json::object();
  put(out, "satisfaction_score", f.satisfaction_score);
  put(out, "response_quality", f.response_quality);
  put(out, "needs_correction", f.needs_correction);
  put(out, "corrected_intent", f.corrected_intent);
  put(out, "corrected_sentiment", f.corrected_sentiment);
  put(out, "preferred_persona", f.preferred_persona);
  if (f.corrected_entities) out["corrected_entities"] = entities_json(*f.corrected_entities);
  if (!f.comment.empty()) out["comment"] = f.comment;
  out["user_id"] = f.author;
  out["received_at"] = time_json(f.received_at);
  return out;
}

Json turn_json(const TurnBundle& bundle) {
  const TurnRecord& turn = bundle.turn;
  Json out = Json::object();
  out["turn_id"] = turn.turn_id;
  out["conversation_id"] = turn.conversation_id;
  out["user_id"] = turn.user_id;
  out["session_id"] = turn.session_id.empty() ? Json() : Json(turn.session_id);
  out["timestamp"] = time_json(turn.said_at);
  out["received_at"] = time_json(turn.received_at);
  out["user_text"] = turn.user_text;
  out["assistant_response"] = turn.assistant_response;
  out["persona"] = turn.persona.empty() ? Json() : Json(turn.persona);
  out["generation"] = turn.generation_id.empty() ? Json() : Json(turn.generation_id);
  Json feedback = Json::array();
  for (const FeedbackRecord& f : bundle.feedback) feedback.push_back(feedback_json(f));
  out["feedback"] = std::move(feedback);
  return out;
}

Response list_turns(const ApiParts& parts, Call& call) {
  parts.engine.tenant(call.caller.tenant).require();
  const size_t limit = limit_of(call);
  const int64_t before = cursor_of(call).value_or(INT64_MAX);
  const std::string query = call.query("query").value_or("");
  const auto turns = read_from(parts.engine.store(), [&](Transaction& t) {
    return t.recent_turns(call.caller.tenant, before, query, limit + 1);
  });
  Json items = Json::array();
  for (size_t i = 0; i < turns.size() && i < limit; ++i) items.push_back(turn_json(turns[i]));
  std::optional<int64_t> next;
  if (turns.size() > limit) next = turns[limit - 1].turn.sequence;
  return json_response(page(std::move(items), next));
}

// Who may not read conversations gets no texts, and authors as digests.
Response explain(const ApiParts& parts, Call& call) {
  const service::ExplainOptions options{.names = call.caller.role >= Role::kAnalyst};
  return json_response(wire::to_json_value(
      service::explain_turn(parts.engine, call.caller.tenant, call.parameters.at("id"), options)));
}

constexpr std::string_view kKinds[] = {"uncertain", "disagreement", "label_error", "new_intent",
                                       "burst"};

// Turns as the list of turns has them; other items with what they are about.
Response list_review(const ApiParts& parts, Call& call) {
  const auto kind = call.query("kind");
  if (kind && std::find(std::begin(kKinds), std::end(kKinds), *kind) == std::end(kKinds)) {
    throw Error(ErrorKind::kInvalidInput,
                "\"kind\" must be uncertain, disagreement, label_error, new_intent or burst");
  }
  const size_t limit = limit_of(call);
  Json items = Json::array();
  for (const auto& item : service::review_queue(parts.engine, call.caller.tenant, SIZE_MAX)) {
    if (items.as_array().size() == limit) break;
    if (kind && item.kind != *kind) continue;
    Json one = item.turn.turn.conversation_id.empty() ? Json::object() : turn_json(item.turn);
    const Json line = wire::to_json_value(item);
    for (const char* key : {"id", "kind", "reason", "value", "suggested", "candidate", "user_text",
                            "guess", "texts", "turn_ids", "words", "authors"}) {
      if (const Json* value = line.find(key)) one[key] = *value;
    }
    if (item.texts.empty() && item.kind != "burst") {
      one["turn_id"] = item.id;
      one["intent"] = item.intent.empty() ? Json() : Json(item.intent);
      one["intent_confidence"] = item.intent_confidence;
      one["sentiment"] = item.sentiment.empty() ? Json() : Json(item.sentiment);
      one["sentiment_confidence"] = item.sentiment_confidence;
    }
    items.push_back(std::move(one));
  }
  return json_response(page(std::move(items), std::nullopt));
}

Response review(const ApiParts& parts, Call& call) {
  only_fields(call.body, {"intent", "sentiment", "dismiss", "accept", "turn_ids"});
  service::Review said;
  said.intent = text_field(call.body, "intent");
  said.sentiment = text_field(call.body, "sentiment");
  said.dismiss = flag_field(call.body, "dismiss").value_or(false);
  said.accept = flag_field(call.body, "accept").value_or(false);
  said.turn_ids = texts_field(call.body, "turn_ids");
  const std::string& id = call.parameters.at("id");
  const auto done =
      service::review(parts.engine, call.caller.tenant, id, said, call.caller.actor());
  Json out = Json::object();
  out["turn_id"] = id;
  out["turns"] = static_cast<uint64_t>(done.turns);
  return json_response(out);
}

Response take_back(const ApiParts& parts, Call& call) {
  const std::string& id = call.parameters.at("id");
  if (!service::take_back_review(parts.engine, call.caller.tenant, id, call.caller.actor()))
    throw Error(ErrorKind::kNotFound, "this key reviewed no turn " + id);
  return {.status = 204, .headers = {}, .body = ""};
}

// What waits or runs, of this tenant.
Response list_runs(const ApiParts& parts, Call& call) {
  Json items = Json::array();
  if (const auto run = parts.runner.of_tenant(call.caller.tenant))
    items.push_back(run_answer(*run));
  return json_response(page(std::move(items), std::nullopt));
}

// By head, in the heads' order.
Response labels(const ApiParts& parts, Call& call) {
  Json out = Json::object();
  for (const auto& [head, names] : service::labels_of(parts.engine, call.caller.tenant))
    out[head] = json_strings(names);
  return json_response(out);
}

}  // namespace

void add_learning_routes(RouteTable& table, const ApiParts& parts) {
  const std::set<std::string_view> slow = {"export", "review_queue"};
  const auto get = [&](const char* pattern, Role least, const char* name, const char* summary,
                       const char* schema, std::vector<std::string> query, const char* audit,
                       auto handle) {
    table.add({.method = "GET",
               .pattern = pattern,
               .least = least,
               .name = name,
               .summary = summary,
               .answer_schema = schema,
               .query = std::move(query),
               .audit = audit,
               .slow = slow.contains(name),
               .handle = [parts, handle](Call& call) { return handle(parts, call); }});
  };
  table.add({.method = "POST",
             .pattern = "/api/v1/learn",
             .least = Role::kTrainer,
             .name = "learn",
             .summary = "Starts a learning cycle; answers at once with a run to follow",
             .max_body = 4096,
             .answer_schema = "Run",
             .success = 202,
             .audit = "learn_started",
             .idempotent_key = true,
             .handle = [parts](Call& call) { return learn(parts, call); }});
  get("/api/v1/learn", Role::kReadonly, "runs", "The run that waits or is under way, if any",
      "Page", {}, "", list_runs);
  get("/api/v1/learn/{id}", Role::kReadonly, "run", "A run: how far it is, how it ended", "Run", {},
      "", [](const ApiParts& p, Call& call) { return json_response(run_answer(run_of(p, call))); });
  table.add({.method = "GET",
             .pattern = "/api/v1/learn/{id}/events",
             .least = Role::kReadonly,
             .name = "run_events",
             .summary = "A run's progress as server-sent events, until it is over",
             .answer_schema = "Events",
             .live = [parts](std::shared_ptr<Exchange> exchange, Call call) {
               send_run_events(parts, std::move(exchange), std::move(call));
             }});
  get("/api/v1/cycles", Role::kReadonly, "cycles", "Learning cycles, the newest first", "Page",
      {"limit", "cursor"}, "", list_cycles);
  get("/api/v1/cycles/{id}", Role::kReadonly, "cycle", "One learning cycle with its tests", "Cycle",
      {}, "", [](const ApiParts& p, Call& call) {
        return json_response(wire::to_json_value(
            p.engine.tenant(call.caller.tenant).cycle(call.parameters.at("id"))));
      });
  get("/api/v1/generations", Role::kReadonly, "generations",
      "Models, the newest first: when each was live, and why", "Page", {"limit", "cursor"}, "",
      list_generations);
  get("/api/v1/generations/live/export", Role::kTrainer, "export",
      "The live pipeline as a tar archive that spacy.load() opens once unpacked", "Tar", {},
      "exported", export_live);
  get("/api/v1/generations/{id}", Role::kReadonly, "generation", "One model", "Generation", {}, "",
      [](const ApiParts& p, Call& call) {
        return json_response(wire::to_json_value(
            p.engine.tenant(call.caller.tenant).generation(call.parameters.at("id"))));
      });
  table.add({.method = "POST",
             .pattern = "/api/v1/generations/{id}/rollback",
             .least = Role::kTrainer,
             .name = "rollback",
             .summary = "Makes an earlier model the live one again",
             .max_body = 4096,
             .answer_schema = "Rollback",
             .audit = "rollback",
             .idempotent_key = true,
             .handle = [parts](Call& call) { return roll_back(parts, call); }});
  get("/api/v1/status", Role::kReadonly, "status", "Learning metrics and history", "Status", {}, "",
      [](const ApiParts& p, Call& call) {
        return json_response(wire::to_json_value(p.engine.tenant(call.caller.tenant).status()));
      });
  get("/api/v1/labels", Role::kReadonly, "labels", "The labels that the live model knows, by head",
      "Object", {}, "", labels);
  get("/api/v1/turns", Role::kAnalyst, "turns",
      "Conversations' turns, the newest first; ?query= searches their text", "Page",
      {"query", "limit", "cursor"}, "turns_read", list_turns);
  get("/api/v1/turns/{id}/explain", Role::kReadonly, "explain",
      "How a turn's label came about; below the role analyst without text and names", "Explanation",
      {}, "turn_explained", explain);
  get("/api/v1/review", Role::kAnalyst, "review_queue",
      "What a person should look at, with reasons, the most valuable first; ?kind= chooses", "Page",
      {"kind", "limit"}, "turns_read", list_review);
  table.add(
      {.method = "POST",
       .pattern = "/api/v1/review/{id}",
       .least = Role::kTrainer,
       .name = "review",
       .summary = "A person's label for a turn, or a decision about another item of the queue",
       .max_body = 16384,
       .body_schema = "Review",
       .answer_schema = "Object",
       .audit = "reviewed",
       .names_turn = true,
       .idempotent_key = true,
       .handle = [parts](Call& call) { return review(parts, call); }});
  table.add({.method = "DELETE",
             .pattern = "/api/v1/review/{id}",
             .least = Role::kTrainer,
             .name = "take_back_review",
             .summary = "Takes back what the caller's key said of a turn",
             .success = 204,
             .audit = "review_taken_back",
             .names_turn = true,
             .handle = [parts](Call& call) { return take_back(parts, call); }});
}

}  // namespace pawl::http
