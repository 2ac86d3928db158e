// What the recogniser of entities and the dependency parser have in common: files, weights and
// labels of a component that takes actions one after another (spacy.pipeline.transition_parser).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/component/component.h"
#include "pipeline/tok2vec/link.h"
#include "pipeline/tok2vec/network.h"
#include "pipeline/tok2vec/token_vectors.h"
#include "pipeline/transition/actions.h"
#include "pipeline/transition/training.h"
#include "pipeline/transition/tree.h"

namespace pawl {

// Annotates documents from their token vectors, all tokens one after another. Implementations are
// immutable and safe for concurrent use.
class TransitionDecoder {
 public:
  virtual ~TransitionDecoder() = default;
  virtual void decode(std::span<Doc> docs, const TokenVectors& tokens) const = 0;
};

// Where a component differs from another one of the kind.
struct TransitionKind {
  const char* factory;
  const char* state_type;  // of its architecture
  int64_t min_action_freq;
};

// Const functions are safe from any number of threads. Not movable: it listens.
class TransitionComponent : public TrainableComponent, public Tok2VecListening {
 public:
  void predict(std::span<Doc> docs) const override;
  Json config() const override { return config_; }
  void to_disk(Env& env, const Path& path) const override;
  // Leaves the component as it was when it throws.
  void from_disk(Env& env, const Path& path) override;

  bool add_label(const std::string& label) override;
  // Hidden units for what labels added later look at; what is there scores as before, also when
  // they are trained alone. Nothing without weights or an upper layer, or where they were made
  // once.
  void make_room(size_t units, Rng& rng);
  bool has_room() const;
  // Updates leave the weights of the tok2vec alone.
  void hold_vectors(bool held) { vectors_held_ = held; }
  // What was there before make_room(), which is kept with the component: hidden units and actions.
  // Without it all there are.
  struct Original {
    size_t hidden, actions;
  };
  Original original() const;
  std::vector<StringId> original_labels() const;
  // An object of moves: initialize() takes these and none of the examples'. Throws Error(kFormat).
  bool set_label_data(const Json& labels) override;
  nn::Node& model() override { return *tree_; }
  void weights_changed() override;

  std::string upstream_name() const override { return input_->upstream_name(); }
  void set_upstream(Tok2VecUpstream* upstream) override;

 protected:
  // `config`: the interpolated [components.NAME] block. Throws Error(kUnsupported or kFormat)
  // naming block and key.
  TransitionComponent(const std::string& name, const TransitionKind& kind, const Json& config,
                      std::shared_ptr<Vocab> vocab);

  virtual TransitionTable& table() = 0;
  const TransitionTable& table() const { return const_cast<TransitionComponent*>(this)->table(); }
  // Of the weights as they are.
  virtual std::shared_ptr<const TransitionDecoder> make_decoder() const = 0;

  bool holds_vectors() const { return vectors_held_; }
  bool has_label_data() const { return has_label_data_; }
  void require_weights() const;
  std::shared_ptr<const TransitionDecoder> decoder() const;
  // Without weights, for the table's actions.
  void start_anew();
  void draw_weights(Rng& rng);
  // The output layer gets rows for actions that were added to the table.
  void grow_output();
  void copy_state_to(TransitionComponent& copy) const;
  // Throws Error(kInvalidInput) for a component of another kind, without weights, or with states of
  // another shape.
  const TransitionComponent& check_teacher(const TrainableComponent& teacher) const;
  template <typename T>
  const T& same_kind_of_teacher(const TrainableComponent& teacher) const {
    return static_cast<const T&>(check_teacher(teacher));
  }

  Vocab& vocab() const { return *vocab_; }
  const Json& settings() const { return settings_; }  // the `cfg` file
  Tok2VecInput& input() const { return *input_; }
  ParserNodes nodes() const { return ParserNodes(*tree_); }
  // Per action: 1 until an example asked for it.
  std::vector<uint8_t>& unseen() { return unseen_; }
  const std::vector<uint8_t>& unseen() const { return unseen_; }
  ParserPass& pass();
  // What the component predicts with is out of date; made anew when needed.
  void forget_decoder() { decoder_.reset(); }
  // How many actions an update follows from one state; kNoCut: to the end. Without an Rng as many
  // as update_with_oracle_cut_size says, with one a random number around it.
  uint32_t draw_cut(Rng* rng) const;
  static constexpr uint32_t kNoCut = static_cast<uint32_t>(-1);

 private:
  void rebuild_network(nn::NodePtr tree);
  nn::NodePtr new_tree() const;
  void predict_group(const TransitionDecoder& decoder, std::span<Doc> docs) const;

  TransitionKind kind_;
  Json config_;
  Json settings_;
  std::shared_ptr<Vocab> vocab_;
  bool has_label_data_ = false;
  bool vectors_held_ = false;
  std::vector<uint8_t> unseen_;
  nn::NodePtr tree_;
  std::unique_ptr<Tok2VecInput> input_;
  Tok2VecUpstream* upstream_ = nullptr;
  std::unique_ptr<ParserPass> pass_;                  // null: to be made for the present shapes
  std::shared_ptr<const TransitionDecoder> decoder_;  // null: weights changed since
};

}  // namespace pawl
