#include "nn/optimizer.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "math/ops.h"
#include "nn/sparse_state.h"

namespace pawl::nn {

// Of one parameter; `sparse` in place of the vectors when its rows are updated one by one.
struct Adam::State {
  uint64_t updates = 0;
  FloatVector moment1;
  FloatVector moment2;
  FloatVector averages;
  std::shared_ptr<SparseState> sparse;

  State(Param& param, bool use_averages) {
    if (param.sparse_rows && param.row_width > 0) {
      sparse = std::make_shared<SparseState>(param, use_averages);
      param.pending = sparse;
      return;
    }
    moment1.assign(param.size(), 0.0f);
    moment2.assign(param.size(), 0.0f);
    if (use_averages) averages.assign(param.size(), 0.0f);
  }

  bool fits(const Param& param) const {
    return sparse ? param.pending == sparse : moment1.size() == param.size();
  }
};

namespace {

constexpr double kMaxDecay = 0.9999;

AdamStep make_step(const AdamOptions& options, uint64_t update) {
  const double t = static_cast<double>(update);
  const double fix1 = 1.0 - std::pow(options.beta1, t);
  const double fix2 = 1.0 - std::pow(options.beta2, t);
  const float kept =
      std::min(static_cast<float>((1.0 + t) / (10.0 + t)), static_cast<float>(kMaxDecay));
  AdamStep step{};
  step.beta1 = static_cast<float>(options.beta1);
  step.beta2 = static_cast<float>(options.beta2);
  step.eps = static_cast<float>(options.eps);
  step.rate = static_cast<float>(options.learn_rate * std::sqrt(fix2) / fix1);
  step.gradient_scale = 1.0f;
  step.decay =
      options.L2_is_weight_decay ? static_cast<float>(options.learn_rate * options.L2) : 0.0f;
  step.average = 1.0f - kept;
  return step;
}

float clip_scale(double squared, double threshold) {
  const double norm = std::sqrt(squared);
  return threshold > 0.0 && norm >= threshold ? static_cast<float>(threshold / norm) : 1.0f;
}

}  // namespace

Adam::Adam(AdamOptions options) : options_(options) {
  if (!(options.beta1 > 0.0 && options.beta1 < 1.0 && options.beta2 > 0.0 && options.beta2 < 1.0)) {
    throw Error(ErrorKind::kInvalidInput, "Adam's beta1 and beta2 lie between 0 and 1");
  }
}

Adam::~Adam() = default;

Adam::State& Adam::state_of(Param& param) {
  auto& state = states_[&param];
  // A parameter that was resized or loaded anew begins again.
  if (!state || !state->fits(param)) {
    param.pending.reset();
    state = std::make_unique<State>(param, options_.use_averages);
  }
  return *state;
}

void Adam::step(Param& param) {
  if (!param.defined || !param.has_gradient()) return;
  State& state = state_of(param);
  AdamStep step = make_step(options_, ++state.updates);
  const float l2 = options_.L2_is_weight_decay ? 0.0f : static_cast<float>(options_.L2);
  if (state.sparse) {
    if (l2 != 0.0f) state.sparse->add_weights_to_gradient(param, l2);
    step.gradient_scale = clip_scale(state.sparse->collect(param), options_.grad_clip);
    state.sparse->update(param, step);
  } else {
    if (l2 != 0.0f) axpy(l2, param.value.data(), param.gradient.data(), param.size());
    step.gradient_scale =
        clip_scale(squared_norm(param.gradient.data(), param.size()), options_.grad_clip);
    adam_step(step, param.gradient.data(), param.value.data(), state.moment1.data(),
              state.moment2.data(), options_.use_averages ? state.averages.data() : nullptr,
              param.size());
    param.clear_gradient();
  }
  param.changed();
}

void Adam::step(Node& root) {
  for (Node* node : walk(root)) {
    for (const auto& param : node->params) step(*param);
  }
}

void Adam::swap_averages(Node& root) {
  if (!options_.use_averages) return;
  for (Node* node : walk(root)) {
    for (const auto& param : node->params) {
      const auto found = states_.find(param.get());
      if (found == states_.end()) continue;
      State& state = *found->second;
      if (state.sparse) {
        state.sparse->swap_averages(*param);
      } else {
        param->value.swap(state.averages);
      }
      param->changed();
    }
  }
}

bool Adam::has_averages() const {
  return options_.use_averages;
}
void Adam::set_learn_rate(double learn_rate) {
  options_.learn_rate = learn_rate;
}
const AdamOptions& Adam::options() const {
  return options_;
}
void Adam::settle(Node& root) {
  for (Node* node : walk(root)) {
    for (const auto& param : node->params) param->settle();
  }
}

void Adam::forget(const Param& param) {
  states_.erase(&param);
}

// State -----------------------------------------------------------------------------------------

namespace {

Msgpack floats(const FloatVector& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return Msgpack(Msgpack::Binary{std::move(bytes)});
}

void read_floats(const Msgpack& value, FloatVector& out) {
  const std::string& bytes = value.as_bytes();
  if (bytes.size() != out.size() * sizeof(float)) {
    throw Error(ErrorKind::kFormat, "the optimizer's state does not fit the model");
  }
  if (!bytes.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
}

template <typename Body>
void for_params(const std::vector<Node*>& roots, Body&& body) {
  for (Node* root : roots) {
    for (Node* node : walk(*root)) {
      for (const auto& param : node->params) body(*param);
    }
  }
}

}  // namespace

Msgpack Adam::save_one(Param& param) const {
  const auto found = states_.find(&param);
  if (found == states_.end()) return {};
  const State& state = *found->second;
  Msgpack::Map entry;
  entry.emplace_back(Msgpack("updates"), Msgpack(state.updates));
  if (state.sparse) {
    entry.emplace_back(Msgpack("sparse"), state.sparse->save(param));
  } else {
    entry.emplace_back(Msgpack("moment1"), floats(state.moment1));
    entry.emplace_back(Msgpack("moment2"), floats(state.moment2));
    entry.emplace_back(Msgpack("averages"), floats(state.averages));
  }
  return Msgpack(std::move(entry));
}

void Adam::load_one(Param& param, const Msgpack& entry) {
  states_.erase(&param);
  param.pending.reset();
  if (entry.is_null()) return;
  State& state = state_of(param);
  state.updates = entry.at("updates").as_uint();
  if (state.sparse) {
    state.sparse->load(param, entry.at("sparse"), state.updates);
  } else {
    read_floats(entry.at("moment1"), state.moment1);
    read_floats(entry.at("moment2"), state.moment2);
    read_floats(entry.at("averages"), state.averages);
  }
  param.ensure_gradient();
}

std::string Adam::save_state(std::span<Param* const> params) const {
  Msgpack::Array list;
  for (Param* param : params) list.push_back(save_one(*param));
  return to_msgpack(Msgpack(std::move(list)));
}

void Adam::load_state(std::span<Param* const> params, std::string_view bytes) {
  const Msgpack message = parse_msgpack(bytes);
  const Msgpack::Array& list = message.as_array();
  if (list.size() != params.size())
    throw Error(ErrorKind::kFormat, "the optimizer's state does not fit the model");
  for (size_t i = 0; i < params.size(); ++i) load_one(*params[i], list[i]);
}

std::string Adam::save_state(const std::vector<Node*>& roots) {
  std::vector<Param*> params;
  for_params(roots, [&](Param& param) { params.push_back(&param); });
  return save_state(params);
}

void Adam::load_state(const std::vector<Node*>& roots, std::string_view bytes) {
  std::vector<Param*> params;
  for_params(roots, [&](Param& param) { params.push_back(&param); });
  load_state(params, bytes);
}

}  // namespace pawl::nn
