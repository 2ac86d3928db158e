#include "learn/deploy/generations.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/error.h"
#include "service/engine.h"
#include "service/tenant.h"

namespace pawl::service {
namespace {

GenerationView view_of(const GenerationRecord& row, const std::vector<LiveRecord>& history,
                       const std::optional<learn::Rollout>& rollout) {
  GenerationView view;
  view.generation = row.generation_id;
  view.parent = row.parent_id;
  view.cycle = row.cycle_id;
  view.state = row.rejected.empty() ? row.state : "rejected";
  view.reason = row.reason;
  view.backup = row.backup_id;
  view.created_at = row.created_at;
  view.metrics = row.metrics;
  view.live = !history.empty() && history.front().generation_id == row.generation_id;
  const auto step = std::find_if(history.begin(), history.end(), [&](const LiveRecord& s) {
    return s.generation_id == row.generation_id;
  });
  if (step != history.end()) {
    view.live_since = step->at;
    view.kind = step->kind;
  }
  view.rollout = rollout_view(rollout, row, step != history.end());
  return view;
}

using Rollouts = std::map<std::string, std::optional<learn::Rollout>>;

}  // namespace

std::vector<GenerationView> Tenant::generations() const {
  require();
  const auto [rows, history, rollouts] = read_from(engine_->store(), [&](Transaction& t) {
    const auto all = t.generations(id_);
    Rollouts found;
    for (const GenerationRecord& row : all)
      found[row.generation_id] = learn::read_rollout(t, id_, row.generation_id);
    return std::tuple{all, t.live_history(id_, SIZE_MAX), found};
  });
  std::vector<GenerationView> out;
  for (const GenerationRecord& row : rows)
    out.push_back(view_of(row, history, rollouts.at(row.generation_id)));
  return out;
}

GenerationView Tenant::generation(const std::string& generation) const {
  require();
  const auto [row, history, rollout] = read_from(engine_->store(), [&](Transaction& t) {
    return std::tuple{t.generation(id_, generation), t.live_history(id_, SIZE_MAX),
                      learn::read_rollout(t, id_, generation)};
  });
  if (row) return view_of(*row, history, rollout);
  throw Error(ErrorKind::kNotFound, "there is no generation \"" + generation +
                                        "\"; 'pawl generations' lists those there are");
}

Answer<learn::RollbackResult> Tenant::rollback(const std::string& to,
                                               const std::string& reason) const {
  learn::Generations generations(engine_->env(), engine_->store(), engine_->folder(), id_);
  auto result = generations.rollback(reason, to);
  return {std::move(result), engine_->live_models().refresh(id_)->warnings};
}

}  // namespace pawl::service
