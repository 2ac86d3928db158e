// Distillation of hybrid heads into stock textcat components (Hinton, Vinyals and Dean 2015): the
// student learns the probabilities that the head, its teacher, gives to many texts, and needs no
// sentence encoder afterwards.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "learn/data/dataset.h"
#include "learn/train/train_head.h"

namespace pawl::learn {

struct DistillOptions {
  TrainOptions train;
  double validation_split = 0.2;  // of the conversations, as examples are split
  size_t min_texts = 100;         // of the train split
  double label_share = 0.5;       // of a known label in its text's target; the teacher has the rest
  // Texts made of each text (learn/text_variants.h), unless its known label says that the teacher
  // is wrong about it; while all together are not more than `max_texts`.
  size_t variants = 10, max_texts = 10000;
};

struct UnlabelledText {
  std::string text;  // without personal data
  std::string conversation_id;
};

struct DistillData {
  std::vector<LabeledExample> examples;    // of all splits, old to new
  std::vector<UnlabelledText> unlabelled;  // texts among the examples too are no second time used
};

struct DistilledHead {
  Head head = Head::kIntent;
  TrainedHead trained;
  std::vector<std::string> labels;                     // the teacher's categories, in its order
  std::vector<std::pair<std::string, double>> scores;  // recipes tried, with their select scores
  size_t texts = 0, labelled = 0;                      // trained on; with a label that was known
  size_t variants = 0;                                 // made of these texts, trained on too
  // On labelled examples of the certify split, and on all of its texts.
  size_t certified = 0, teacher_right = 0, student_right = 0;
  size_t held_out = 0, agreed = 0;
};

// What of a pipeline only pawl runs.
struct PawlComponents {
  std::vector<Head> hybrid_heads;
  std::vector<std::string> encoders;  // names
};
// Throws Error(kUnsupported) for one that no stock component can stand in for.
PawlComponents find_pawl_components(const Language& nlp);

// A student for each of the hybrid heads `heads`, of the stock recipe that does best on the select
// split: labelled examples, and unlabelled texts by the teacher's answer. Trains on the train split
// alone; texts of unlabelled turns belong where their conversation does. Deterministic by seed.
// Throws Error(kInvalidInput) when there are too few texts, Error(kInterrupted) when progress asks
// to stop.
std::vector<DistilledHead> distill_heads(const Language& live, std::span<const Head> heads,
                                         const DistillData& data, const DistillOptions& options,
                                         Progress& progress);

// A copy of the pipeline that stock spaCy runs: students, which are taken out of `heads`, in place
// of their teachers, and no encoder.
std::unique_ptr<Language> stock_pipeline(const Language& live, std::vector<DistilledHead>& heads);

}  // namespace pawl::learn
