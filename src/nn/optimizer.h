// Adam as thinc does it: clipping by the norm of each parameter's gradient, L2 as weight decay or
// added to the gradient, bias correction, running averages of the weights. (Kingma, Ba 2015;
// thinc.optimizers.Optimizer)
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/msgpack.h"
#include "nn/model.h"

namespace pawl::nn {

struct AdamOptions {
  double learn_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double L2 = 0.01;
  double grad_clip = 1.0;    // 0: none
  bool use_averages = true;  // keeps averages; thinc's default for spaCy
  bool L2_is_weight_decay = true;
};

// State is keyed by the parameter's address: one optimizer for the trees of one pipeline, which it
// must not outlive. Parameters with sparse rows are updated on the rows that ever had a gradient or
// a non-zero value, which equals the dense update exactly (a row of zeros without gradient stays
// zero). One thread at a time.
class Adam {
 public:
  explicit Adam(AdamOptions options = {});
  ~Adam();

  // Applies and clears the gradient. A parameter without a gradient is left alone.
  void step(Param& param);
  void step(Node& root);  // every parameter of the tree, breadth first

  // Exchanges the values of every parameter of the tree with its running average; a second call
  // changes them back.
  void swap_averages(Node& root);
  bool has_averages() const;

  void set_learn_rate(double learn_rate);
  const AdamOptions& options() const;
  // Carries out what sparse parameters still owe; after training, before a tree is shared between
  // threads.
  void settle(Node& root);

  // The whole state for an exact resume, for the parameters of these trees in walk order.
  // load_state throws Error(kFormat) when the bytes do not fit the trees.
  std::string save_state(const std::vector<Node*>& roots);
  void load_state(const std::vector<Node*>& roots, std::string_view bytes);
  // The same of parameters that are in no tree, in their order.
  std::string save_state(std::span<Param* const> params) const;
  void load_state(std::span<Param* const> params, std::string_view bytes);

  // Forgets the state of parameters whose shape changed (a head that grew). Others keep theirs.
  void forget(const Param& param);

 private:
  struct State;
  State& state_of(Param& param);
  Msgpack save_one(Param& param) const;
  void load_one(Param& param, const Msgpack& entry);

  AdamOptions options_;
  std::unordered_map<const Param*, std::unique_ptr<State>> states_;
};

}  // namespace pawl::nn
