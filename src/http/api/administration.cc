// keys, erase, audit, alerts, settings.
#include "base/error.h"
#include "http/api/api.h"
#include "http/api/fields.h"
#include "http/door/problem.h"
#include "learn/erasure/receipt.h"
#include "service/erasure.h"

namespace pawl::http {
namespace {

using service::Key;
using service::Role;

Json key_json(const Key& key) {
  Json out = Json::object();
  out["key_id"] = key.id;
  out["name"] = key.name;
  out["role"] = service::role_name(key.role);
  out["tenant"] = key.tenant;
  out["created_at"] = time_json(key.created_at);
  out["expires_at"] = time_json(key.expires_at);
  out["requests_per_minute"] = key.requests_per_minute;
  out["revoked"] = key.revoked;
  return out;
}

// Whether the caller's own key stands for every tenant: only then others' keys are its business.
bool sees_everything(const ApiParts& parts, const Call& call) {
  if (call.caller.key == "loopback") return true;
  for (const Key& key : parts.keys.list()) {
    if (key.id == call.caller.key) return key.tenant == service::kEveryTenant;
  }
  return false;
}

Response list_keys(const ApiParts& parts, Call& call) {
  const bool all = sees_everything(parts, call);
  Json items = Json::array();
  for (const Key& key : parts.keys.list()) {
    if (all || key.tenant == call.caller.tenant) items.push_back(key_json(key));
  }
  return json_response(page(std::move(items), std::nullopt));
}

Response create_key(const ApiParts& parts, Call& call) {
  only_fields(call.body, {"name", "role", "tenant", "expires_at", "requests_per_minute"});
  service::NewKey wanted;
  wanted.name = text_field(call.body, "name").value_or("");
  const std::string role = required_text(call.body, "role");
  const auto known = service::find_role(role);
  if (!known)
    throw Error(ErrorKind::kInvalidInput,
                "\"role\" must be readonly, user, analyst, trainer or admin");
  wanted.role = *known;
  wanted.tenant = text_field(call.body, "tenant").value_or(call.caller.tenant);
  wanted.expires_at = time_field(call.body, "expires_at");
  wanted.requests_per_minute = integer_field(call.body, "requests_per_minute").value_or(0);
  if (wanted.tenant != call.caller.tenant && !sees_everything(parts, call))
    throw Refusal(403, "this key makes keys of its own tenant only");
  const auto created = parts.keys.create(wanted, call.caller.actor());
  Json out = key_json(created.key);
  out["key"] = created.token;
  return json_response(out, 201);
}

Response revoke_key(const ApiParts& parts, Call& call) {
  const std::string& id = call.parameters.at("id");
  const bool all = sees_everything(parts, call);
  bool theirs = false;
  for (const Key& key : parts.keys.list())
    theirs = theirs || (key.id == id && (all || key.tenant == call.caller.tenant));
  if (!theirs) throw Error(ErrorKind::kNotFound, "there is no key " + id);
  return json_response(key_json(parts.keys.revoke(id, call.caller.actor())));
}

Json receipt_json(const service::ErasureReceipt& receipt) {
  Json out = learn::to_json_value(receipt);
  out["generations_that_learnt_from_it"] = out.at("generations");
  return out;
}

// What remains to be trained again is done by the thread that runs cycles, and all of it when a
// cycle is at work now.
Response erase(const ApiParts& parts, Call& call) {
  only_fields(call.body, {"user_id", "dry_run"});
  const std::string user = required_text(call.body, "user_id");
  parts.gateway.capture().settle({{{.tenant = call.caller.tenant, .user_id = user}}});
  const std::string actor = call.caller.actor();
  const bool dry_run = flag_field(call.body, "dry_run").value_or(false);
  const auto receipt =
      service::erase_person(parts.engine, call.caller.tenant, user, actor, Progress::silent(),
                            {.dry_run = dry_run, .replay = false, .may_wait = true});
  Json out = receipt_json(receipt);
  const bool waits = receipt.state == "waiting";
  out["run"] = waits || receipt.state == "under way"
                   ? Json(parts.runner.finish_erasure(call.caller.tenant, actor, {}).id)
                   : Json();
  return json_response(out, waits ? 202 : 200);
}

Response list_erasures(const ApiParts& parts, Call& call) {
  Json items = Json::array();
  for (const auto& receipt : service::erasures(parts.engine, call.caller.tenant))
    items.push_back(receipt_json(receipt));
  return json_response(page(std::move(items), std::nullopt));
}

bool query_flag(const Call& call, const std::string& name) {
  const std::string value = call.query(name).value_or("false");
  if (value != "true" && value != "false")
    throw Error(ErrorKind::kInvalidInput, "\"" + name + "\" must be true or false");
  return value == "true";
}

Response audit_trail(const ApiParts& parts, Call& call) {
  const size_t limit = limit_of(call);
  const bool newest = query_flag(call, "newest");
  const int64_t cursor = cursor_of(call).value_or(newest ? INT64_MAX : 0);
  const bool verify = query_flag(call, "verify");
  const std::string& tenant = call.caller.tenant;
  const auto [events, broken] = read_from(parts.engine.store(), [&](Transaction& t) {
    return std::pair{newest ? t.recent_events(tenant, cursor, limit + 1)
                            : t.events(tenant, {.after = cursor, .limit = limit + 1}),
                     verify ? t.verify_events(tenant) : std::nullopt};
  });
  Json items = Json::array();
  for (size_t i = 0; i < events.size() && i < limit; ++i) {
    const EventRecord& event = events[i];
    Json one = Json::object();
    one["sequence"] = event.sequence;
    one["at"] = time_json(event.at);
    one["actor"] = event.actor;
    one["kind"] = event.kind;
    one["subject"] = event.subject;
    one["details"] = event.details.empty() ? Json::object() : parse_json(event.details);
    one["hash"] = event.hash;
    items.push_back(std::move(one));
  }
  std::optional<int64_t> next;
  if (events.size() > limit) next = events[limit - 1].sequence;
  Json out = page(std::move(items), next);
  if (verify) {
    out["whole"] = !broken.has_value();
    out["broken_at"] = broken ? Json(broken->sequence) : Json();
    out["broken"] = broken ? Json(broken->what) : Json();
  }
  return json_response(out);
}

Response list_alerts(const ApiParts& parts, Call& call) {
  Json items = Json::array();
  for (const auto& alert : parts.alerts.firing()) {
    if (!alert.tenant.empty() && alert.tenant != call.caller.tenant) continue;
    Json one = Json::object();
    one["rule"] = alert.rule;
    one["tenant_id"] = alert.tenant.empty() ? Json() : Json(alert.tenant);
    one["message"] = alert.message;
    one["since"] = time_json(alert.since);
    items.push_back(std::move(one));
  }
  return json_response(page(std::move(items), std::nullopt));
}

// Name, type, default, limits and meaning of each setting, as the table in the code has them.
Response describe_settings(const ApiParts&, Call&) {
  return json_response(page(settings_description(), std::nullopt));
}

// What is read once changes nothing any more, whatever it is set to.
void require_changeable(const std::string& name) {
  if (!name.starts_with("serve.") && !name.starts_with("gateway.")) return;
  throw Error(ErrorKind::kInvalidInput, "\"" + name +
                                            "\" is read at the start: set it in the workspace's "
                                            "pawl.toml and restart the service");
}

// {"learning.min_data_threshold": 20, ...}
Response change_settings(const ApiParts& parts, Call& call) {
  require_object(call.body);
  if (!sees_everything(parts, call))
    throw Refusal(403, "settings are of all tenants: this needs a key for every tenant");
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : call.body.as_object()) {
    if (value.is_array() || value.is_object() || value.is_null())
      throw Error(ErrorKind::kInvalidInput, "\"" + name + "\" must be a single value");
    require_changeable(name);
    values[name] = value.is_string() ? value.as_string() : to_json(value);
  }
  for (const auto& [name, value] : values) {
    try {
      Settings alone = parts.engine.settings();
      alone.set(name, std::string_view(value), "settings");
    } catch (const Error& error) {
      return problem(422, error.what(), name);
    }
  }
  parts.engine.change_settings(values);
  return json_response(parts.engine.settings().to_json());
}

}  // namespace

void add_administration_routes(RouteTable& table, const ApiParts& parts) {
  const auto bind = [parts](Response (*handle)(const ApiParts&, Call&)) {
    return [parts, handle](Call& call) { return handle(parts, call); };
  };
  table.add({.method = "GET",
             .pattern = "/api/v1/keys",
             .least = Role::kAdmin,
             .name = "keys",
             .summary = "All keys, without their secrets",
             .answer_schema = "Page",
             .handle = bind(list_keys)});
  table.add({.method = "POST",
             .pattern = "/api/v1/keys",
             .least = Role::kAdmin,
             .name = "add_key",
             .summary = "A new key; its secret is in this answer and nowhere else",
             .max_body = 16384,
             .body_schema = "NewKey",
             .answer_schema = "Key",
             .success = 201,
             .handle = bind(create_key)});
  table.add({.method = "DELETE",
             .pattern = "/api/v1/keys/{id}",
             .least = Role::kAdmin,
             .name = "revoke_key",
             .summary = "Revokes a key",
             .answer_schema = "Key",
             .handle = bind(revoke_key)});
  table.add({.method = "POST",
             .pattern = "/api/v1/erase",
             .least = Role::kAdmin,
             .name = "erase",
             .summary =
                 "Removes a person's data, from the weights too; dry_run only says what would "
                 "go; 202: when the cycle that is at work is over",
             .max_body = 16384,
             .body_schema = "Erase",
             .answer_schema = "Erasure",
             .also = {202},
             .slow = true,
             .handle = bind(erase)});
  table.add({.method = "GET",
             .pattern = "/api/v1/erasures",
             .least = Role::kAdmin,
             .name = "erasures",
             .summary = "Receipts of what was erased, without whose it was",
             .answer_schema = "Page",
             .handle = bind(list_erasures)});
  table.add(
      {.method = "GET",
       .pattern = "/api/v1/audit",
       .least = Role::kAdmin,
       .name = "audit",
       .summary = "The audit trail, oldest first, or ?newest=true; ?verify=true checks its hashes",
       .answer_schema = "Page",
       .query = {"limit", "cursor", "newest", "verify"},
       .handle = bind(audit_trail)});
  table.add({.method = "GET",
             .pattern = "/api/v1/alerts",
             .least = Role::kReadonly,
             .name = "alerts",
             .summary = "What an operator should look at now",
             .answer_schema = "Page",
             .handle = bind(list_alerts)});
  table.add(
      {.method = "GET",
       .pattern = "/api/v1/settings",
       .least = Role::kAdmin,
       .name = "settings",
       .summary = "All settings as they are now",
       .answer_schema = "Object",
       .handle = [parts](Call&) { return json_response(parts.engine.settings().to_json()); }});
  table.add({.method = "GET",
             .pattern = "/api/v1/settings/description",
             .least = Role::kReadonly,
             .name = "settings_description",
             .summary = "Type, default, limits and meaning of every setting",
             .answer_schema = "Page",
             .handle = bind(describe_settings)});
  table.add({.method = "PUT",
             .pattern = "/api/v1/settings",
             .least = Role::kAdmin,
             .name = "change_settings",
             .summary = "Changes settings of the running service, by their full names",
             .max_body = 65536,
             .body_schema = "Object",
             .answer_schema = "Object",
             .audit = "settings_changed",
             .handle = bind(change_settings)});
}

}  // namespace pawl::http
