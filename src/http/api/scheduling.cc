// schedules: list, make, change, remove, run now.
#include "http/api/api.h"
#include "http/api/fields.h"
#include "http/api/run_events.h"

namespace pawl::http {
namespace {

using service::Role;
using service::Schedule;

Json schedule_json(const Schedule& s) {
  Json out = Json::object();
  out["schedule_id"] = s.id;
  out["tenant_id"] = s.tenant;
  out["name"] = s.name;
  out["cron"] = s.cron.empty() ? Json() : Json(s.cron);
  out["time_zone"] = s.time_zone;
  out["when_labelled"] = s.when_labelled;
  out["paused"] = s.paused;
  out["catch_up"] = s.catch_up;
  out["force"] = s.force;
  out["created_at"] = time_json(s.created_at);
  out["next_at"] = time_json(s.paused ? std::nullopt : s.next_at);
  out["last_at"] = time_json(s.last_at);
  out["last_status"] = s.last_status.empty() ? Json() : Json(s.last_status);
  out["last_reason"] = s.last_reason.empty() ? Json() : Json(s.last_reason);
  out["failures"] = s.failures;
  out["cooling_until"] = time_json(s.cooling_until);
  return out;
}

// What the body names is changed, the rest stays.
void apply(const Json& body, Schedule& s) {
  only_fields(body, {"name", "cron", "time_zone", "when_labelled", "paused", "catch_up", "force"});
  if (const auto name = text_field(body, "name")) s.name = *name;
  if (const Json* cron = body.find("cron"))
    s.cron = cron->is_null() ? "" : *text_field(body, "cron");
  if (const auto zone = text_field(body, "time_zone")) s.time_zone = *zone;
  if (const auto count = integer_field(body, "when_labelled")) s.when_labelled = *count;
  if (const auto paused = flag_field(body, "paused")) s.paused = *paused;
  if (const auto catch_up = flag_field(body, "catch_up")) s.catch_up = *catch_up;
  if (const auto force = flag_field(body, "force")) s.force = *force;
}

Response list(const ApiParts& parts, Call& call) {
  Json items = Json::array();
  for (const Schedule& s : service::schedules(parts.engine, call.caller.tenant))
    items.push_back(schedule_json(s));
  return json_response(page(std::move(items), std::nullopt));
}

Response create(const ApiParts& parts, Call& call) {
  Schedule s;
  s.tenant = call.caller.tenant;
  apply(call.body, s);
  return json_response(schedule_json(service::put_schedule(parts.engine, std::move(s))), 201);
}

Response change(const ApiParts& parts, Call& call) {
  Schedule s = service::schedule(parts.engine, call.caller.tenant, call.parameters.at("id"));
  apply(call.body, s);
  return json_response(schedule_json(service::put_schedule(parts.engine, std::move(s))));
}

Response remove(const ApiParts& parts, Call& call) {
  service::remove_schedule(parts.engine, call.caller.tenant, call.parameters.at("id"));
  return {.status = 204, .headers = {}, .body = ""};
}

Response run_now(const ApiParts& parts, Call& call) {
  const Schedule s = service::schedule(parts.engine, call.caller.tenant, call.parameters.at("id"));
  const Settings settings = parts.engine.settings();
  const auto run = parts.runner.start(s.tenant, s.force, "schedule:" + s.id,
                                      {.max_minutes = settings.number("scheduler.max_minutes"),
                                       .min_free_mb = settings.integer("scheduler.min_free_mb")});
  return json_response(run_json(run), 202);
}

}  // namespace

void add_schedule_routes(RouteTable& table, const ApiParts& parts) {
  table.add({.method = "GET",
             .pattern = "/api/v1/schedules",
             .least = Role::kReadonly,
             .name = "schedules",
             .summary = "When cycles run by themselves",
             .answer_schema = "Page",
             .handle = [parts](Call& call) { return list(parts, call); }});
  table.add({.method = "GET",
             .pattern = "/api/v1/schedules/{id}",
             .least = Role::kReadonly,
             .name = "schedule",
             .summary = "One schedule",
             .answer_schema = "Schedule",
             .handle = [parts](Call& call) {
               return json_response(schedule_json(
                   service::schedule(parts.engine, call.caller.tenant, call.parameters.at("id"))));
             }});
  table.add(
      {.method = "POST",
       .pattern = "/api/v1/schedules",
       .least = Role::kTrainer,
       .name = "add_schedule",
       .summary = "A new schedule: cron with a time zone, or a number of newly labelled turns",
       .max_body = 16384,
       .body_schema = "NewSchedule",
       .answer_schema = "Schedule",
       .success = 201,
       .audit = "schedule_added",
       .idempotent_key = true,
       .handle = [parts](Call& call) { return create(parts, call); }});
  table.add({.method = "PUT",
             .pattern = "/api/v1/schedules/{id}",
             .least = Role::kTrainer,
             .name = "change_schedule",
             .summary = "Changes what the body names; \"paused\" pauses and resumes",
             .max_body = 16384,
             .body_schema = "NewSchedule",
             .answer_schema = "Schedule",
             .audit = "schedule_changed",
             .handle = [parts](Call& call) { return change(parts, call); }});
  table.add({.method = "DELETE",
             .pattern = "/api/v1/schedules/{id}",
             .least = Role::kTrainer,
             .name = "remove_schedule",
             .summary = "Removes a schedule",
             .success = 204,
             .audit = "schedule_removed",
             .handle = [parts](Call& call) { return remove(parts, call); }});
  table.add({.method = "POST",
             .pattern = "/api/v1/schedules/{id}/run",
             .least = Role::kTrainer,
             .name = "run_schedule",
             .summary = "Runs it now, beside its times",
             .max_body = 4096,
             .answer_schema = "Run",
             .success = 202,
             .audit = "learn_started",
             .idempotent_key = true,
             .handle = [parts](Call& call) { return run_now(parts, call); }});
}

}  // namespace pawl::http
