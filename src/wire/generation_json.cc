#include "wire/generation_json.h"

#include "base/env.h"
#include "wire/text_or_null.h"

namespace pawl::wire {
namespace {

Json metrics_of(const service::GenerationView& view) {
  Json metrics = readable_json(view.metrics);
  return metrics.is_object() ? metrics : Json(Json::Object{{"damaged", true}});
}

}  // namespace

Json to_json_value(const service::RolloutView& view) {
  Json out = Json::object();
  out["phase"] = text_or_null(view.phase);
  out["since"] = view.since ? Json(format_time(*view.since)) : Json();
  out["note"] = text_or_null(view.note);
  out["baseline"] = text_or_null(view.baseline);
  out["shadow"] = parse_json(view.shadow);
  out["live"] = parse_json(view.live);
  return out;
}

Json to_json_value(const service::GenerationView& view) {
  Json out = Json::object();
  out["generation"] = view.generation;
  out["live"] = view.live;
  out["state"] = view.state;
  out["phase"] = text_or_null(view.rollout.phase);
  out["rollout"] = to_json_value(view.rollout);
  out["created_at"] = format_time(view.created_at);
  out["live_since"] = view.live_since ? Json(format_time(*view.live_since)) : Json();
  out["went_live_by"] = text_or_null(view.kind);
  out["parent"] = text_or_null(view.parent);
  out["cycle_id"] = text_or_null(view.cycle);
  out["backup_id"] = text_or_null(view.backup);
  out["reason"] = view.reason;
  out["metrics"] = metrics_of(view);
  return out;
}

}  // namespace pawl::wire
