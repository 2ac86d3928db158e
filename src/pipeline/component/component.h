// One step of a pipeline. spaCy's Pipe / TrainablePipe without Python.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/checkpoint.h"
#include "base/env.h"
#include "base/json.h"
#include "base/progress.h"
#include "base/rng.h"
#include "nn/model.h"
#include "nn/optimizer.h"
#include "pipeline/component/example.h"
#include "text/doc.h"

namespace pawl {

using Losses = std::map<std::string, double>;

struct UpdateOptions {
  double dropout = 0.0;
  nn::Adam* optimizer = nullptr;  // null: gradients are left in the parameters
  Rng* rng = nullptr;             // for dropout; may be null when dropout is 0
};

// Const functions are safe from any number of threads (published pipelines are shared); others need
// the component for themselves.
class Component {
 public:
  Component(std::string name, std::string factory)
      : name_(std::move(name)), factory_(std::move(factory)) {}
  virtual ~Component() = default;

  const std::string& name() const { return name_; }
  const std::string& factory() const { return factory_; }
  virtual std::vector<std::string> labels() const { return {}; }

  // Annotates the documents.
  virtual void predict(std::span<Doc> docs) const = 0;

  // The [components.NAME] block of config.cfg.
  virtual Json config() const = 0;
  // Writes and reads the component's own folder (cfg, model, moves ...). Errors name file and key.
  virtual void to_disk(Env& env, const Path& path) const = 0;
  virtual void from_disk(Env& env, const Path& path) = 0;
  // A deep copy over another Vocab (pass the same one to share it).
  virtual std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const = 0;

 private:
  std::string name_, factory_;
};

class TrainableComponent : public Component {
 public:
  using Component::Component;

  // Labels and dimensions from the examples, weights drawn from `rng` as thinc's initialisers
  // distribute them.
  // Throws Error(kInterrupted) when progress asks to stop.
  virtual void initialize(std::span<const Example> examples, Rng& rng, Progress& progress) = 0;
  // Before initialize(): what the live component has learnt and need not be learnt anew.
  virtual void inherit(const TrainableComponent& /*live*/) {}
  // Before initialize(): it leaves out what takes minutes and can be done later, as tuning layers
  // of an encoder; what was tuned before is inherited.
  virtual void postpone_tuning() {}
  // Where what takes minutes leaves off within initialize(), which it must outlive; null: nowhere.
  virtual void keep_checkpoint(Checkpoint* checkpoint) { (void)checkpoint; }
  // Before initialize(): how far its answers can be trusted need not be found out, it is as this
  // component of the same kind has it, which must outlive initialize().
  virtual void calibrate_as(const TrainableComponent& other) { (void)other; }
  // Before initialize(): no more texts at a time than these, where it learns by batches.
  virtual void limit_batch(size_t texts) { (void)texts; }
  // After initialize(): whether tuning was left out that the examples are enough for.
  virtual bool tuning_is_due() const { return false; }
  // New labels join a trained head (rows at the end); old rows' scores stay what they were. False:
  // all known.
  virtual bool add_label(const std::string& label) = 0;
  // Before initialize(): labels in the form `spacy init labels` writes. False: they are names
  // alone, to be added one by one.
  virtual bool set_label_data(const Json& /*labels*/) { return false; }
  // True when initialize() trains to convergence: further passes over the same examples change
  // nothing.
  virtual bool converges() const { return false; }
  // One step on a batch: adds this component's loss, as spaCy reports it, to losses[name()].
  virtual void update(std::span<Example> examples, const UpdateOptions& options,
                      Losses& losses) = 0;
  // One step towards the scores `teacher` (same factory, the live model) gives to unlabelled docs.
  virtual void rehearse(std::span<Doc> docs, const TrainableComponent& teacher,
                        const UpdateOptions& options, Losses& losses) = 0;
  // The tree that owns the weights. After its values changed from outside call weights_changed().
  virtual nn::Node& model() = 0;
  // Repacks what is derived from the weights (packed matrices, precomputed tables). Call before
  // predict.
  virtual void weights_changed() = 0;
};

}  // namespace pawl
