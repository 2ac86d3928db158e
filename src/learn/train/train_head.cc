#include "learn/train/train_head.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/rng.h"
#include "learn/train/entity_replay.h"

namespace pawl::learn {
namespace {

class HeadTrainer {
 public:
  HeadTrainer(TrainableComponent& component, const HeadData& data,
              const TrainableComponent* teacher, const TrainOptions& options, Progress& progress)
      : component_(component),
        data_(data),
        teacher_(teacher),
        options_(options),
        progress_(progress),
        rng_(options.seed),
        adam_(adam_options(options)),
        order_(data.train.size()) {
    std::iota(order_.begin(), order_.end(), size_t{0});
  }

  TrainedHead run() {
    if (component_.converges()) return judge_converged();
    const size_t per_pass = (order_.size() + options_.batch_size - 1) / options_.batch_size;
    const size_t wanted = std::max<size_t>(static_cast<size_t>(options_.n_iter),
                                           (options_.min_updates + per_pass - 1) / per_pass);
    const size_t passes =
        std::min<size_t>(wanted, std::max<size_t>(static_cast<size_t>(options_.max_iter),
                                                  static_cast<size_t>(options_.n_iter)));
    progress_.begin("training " + component_.name(), passes * per_pass);
    size_t since_best = 0;
    for (size_t pass = 0; pass < passes; ++pass) {
      result_.loss = run_pass();
      ++result_.passes;
      since_best = keep_if_best(pass + 1 == passes) ? 0 : since_best + 1;
      if (options_.patience > 0 && since_best >= options_.patience && informed()) break;
    }
    progress_.end();
    return std::move(result_);
  }

 private:
  // Decay would change the weights that are to stay.
  static nn::AdamOptions adam_options(const TrainOptions& options) {
    nn::AdamOptions out{.learn_rate = options.learn_rate};
    if (options.new_labels != nullptr) out.L2 = 0.0;
    return out;
  }

  TrainedHead judge_converged() {
    result_.passes = 1;
    result_.select_score = score_head(component_, data_.head, data_.select);
    result_.component = clone_head(component_, data_.vocab);
    return std::move(result_);
  }

  bool informed() const { return data_.select.size() >= options_.min_select; }

  double run_pass() {
    rng_.shuffle(order_);
    Losses losses;
    for (size_t begin = 0; begin < order_.size(); begin += options_.batch_size) {
      if (progress_.stop_requested())
        throw Error(ErrorKind::kInterrupted, "training was interrupted");
      const size_t end = std::min(order_.size(), begin + options_.batch_size);
      std::vector<Example> batch;
      for (size_t i = begin; i < end; ++i) batch.push_back(data_.train[order_[i]]);
      nn::Adam* optimizer = options_.new_labels == nullptr ? &adam_ : nullptr;
      UpdateOptions update{.dropout = options_.dropout, .optimizer = optimizer, .rng = &rng_};
      component_.update(batch, update, losses);
      if (options_.new_labels == nullptr) {
        rehearse(end - begin, update, losses);
      } else {
        options_.new_labels->step(adam_);
      }
      ++result_.updates;
      progress_.advance();
    }
    return losses[component_.name()];
  }

  void rehearse(size_t count, const UpdateOptions& update, Losses& losses) {
    if (teacher_ == nullptr || data_.unlabelled.empty()) return;
    std::vector<Doc> docs;
    for (size_t i = 0; i < std::min(count, data_.unlabelled.size()); ++i) {
      docs.push_back(data_.unlabelled[next_unlabelled_]);
      next_unlabelled_ = (next_unlabelled_ + 1) % data_.unlabelled.size();
    }
    component_.rehearse(docs, *teacher_, update, losses);
  }

  // Judges the averaged weights; keeps a copy when they are the best so far (or the last, without a
  // select split).
  bool keep_if_best(bool last) {
    if (!informed() && !last) return true;
    adam_.swap_averages(component_.model());
    component_.weights_changed();
    const double score = score_head(component_, data_.head, data_.select);
    const bool best = result_.component == nullptr || score > result_.select_score;
    if (best) {
      result_.component = clone_head(component_, data_.vocab);
      result_.select_score = score;
    }
    adam_.swap_averages(component_.model());
    component_.weights_changed();
    return best;
  }

  TrainableComponent& component_;
  const HeadData& data_;
  const TrainableComponent* teacher_;
  const TrainOptions& options_;
  Progress& progress_;
  Rng rng_;
  nn::Adam adam_;
  std::vector<size_t> order_;
  size_t next_unlabelled_ = 0;
  TrainedHead result_;
};

}  // namespace

TrainedHead train_head(std::unique_ptr<TrainableComponent> start, const HeadData& data,
                       const TrainableComponent* teacher, const TrainOptions& options,
                       Progress& progress) {
  if (data.train.empty()) {
    throw Error(ErrorKind::kInvalidInput, start->name() + ": there is no example to train on");
  }
  HeadTrainer trainer(*start, data, teacher, options, progress);
  return trainer.run();
}

}  // namespace pawl::learn
