// Candidates for the heads of the live pipeline: trained beside it, chosen on the select split.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/progress.h"
#include "learn/data/dataset.h"
#include "learn/train/train_head.h"

namespace pawl::learn {

struct CandidateOptions {
  TrainOptions train;
  size_t replay = 5000;          // at most this many older examples a head
  size_t scratch_limit = 20000;  // with more examples than this no head is trained from scratch
  size_t rehearsal = 1000;       // unlabelled turns at most
  // Beside a recipe that converges in a second, others are tried on at most this many examples.
  size_t slow_recipe_limit = 3000;
  bool converging_only = false;  // only recipes that converge: no other is tried
  bool without_news = false;     // also for heads of which data.fresh says nothing
  const TrainableComponent* calibrated_as = nullptr;  // see calibrate_as(); must outlive training
  bool postpone_tuning = false;      // what takes minutes is left out, and said to be due
  Checkpoint* checkpoint = nullptr;  // of what takes minutes
  std::set<Head> left_out = {};      // heads that get no candidate
};

struct CandidateData {
  std::vector<LabeledExample> fresh;    // of this cycle, train and select splits
  std::vector<LabeledExample> memory;   // of earlier cycles, old to new
  std::vector<std::string> unlabelled;  // texts of turns without evidence
  EncoderLink encoder = {};             // whose vectors the hybrid recipe reads; may be none
  // Whose tuned layers candidates begin with; null: the live head's. Must outlive the training.
  const TrainableComponent* layers = nullptr;
};

struct CandidateHead {
  Head head = Head::kIntent;
  TrainedHead trained;
  size_t examples = 0;                   // trained on
  std::vector<std::string> example_ids;  // versions trained on or selected by
  bool tuning_is_due = false;            // what was left out would be worth its time
  std::vector<std::string> tried;  // "warm 0.71", "bow 0.74": recipes with their select scores
};

// One candidate per head about which `data.fresh` says anything. `live` may lack a head: then it is
// trained from scratch. Heads listen to nothing that training changes: a shared tok2vec stays as it
// is. Deterministic by seed.
std::vector<CandidateHead> train_candidates(const Language& live, const CandidateData& data,
                                            const CandidateOptions& options, Progress& progress,
                                            Warnings& warnings);

}  // namespace pawl::learn
