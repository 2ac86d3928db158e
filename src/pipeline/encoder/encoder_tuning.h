// Tuning a sentence encoder to tell labels apart: its upper layers, trained on labelled texts, take
// the place of the encoder's own. The encoder itself stays as it is for whoever else reads it.
//
// The lower half of the layers stays, the upper half is trained. The loss is the cross entropy
// of a softmax over the cosines to a trained vector for each label (NormFace, Wang et al. 2017), by
// Adam. Where labels have texts enough, later steps learn a batch twice: as it is, and with what
// the trained layers read moved against it, along the gradient (Miyato, Dai, Goodfellow 2017).
//
// A fifth of the texts, chosen by their hash alone, is left out at first: on those the layers can
// be judged and calibrated. What was judged then learns from all texts for a little longer, so that
// nothing a person said is wasted.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/checkpoint.h"
#include "base/progress.h"
#include "pipeline/encoder/sentence_encoder.h"
#include "pipeline/encoder/sentence_vectors.h"

namespace pawl {

struct TuningText {
  std::string_view text;
  uint32_t label = 0;
  float weight = 1.0f;
};

struct TuningOptions {
  double learn_rate = 2e-4;        // of the layers
  double label_learn_rate = 5e-3;  // of the labels' vectors
  double scale = 20.0;             // of the cosines
  size_t batch_size = 32;
  size_t visits = 8000;  // texts seen in all, passes over the texts between ...
  size_t min_passes = 2, max_passes = 6;
  double final_rate = 0.5;       // share of the learn rates, once no text is left out,
  size_t final_passes = 2;       // and passes then
  size_t most_visits = 30000;    // what goes before: of more texts than this a random part is taken
  double adversarial = 0.05;     // length of the adversarial moves, a share of the inputs' own,
  size_t adversarial_from = 20;  // from so many texts a label on,
  double plain = 0.5;            // after this share of the steps of the first passes
  uint64_t seed = 0;
  Checkpoint* checkpoint = nullptr;  // goes on from there, if it was of the same texts and options
};

struct TuningResult {
  std::shared_ptr<const TunedLayers> judged;  // have not seen what is left out
  std::shared_ptr<const TunedLayers> layers;  // have seen all
};

bool left_out_of_tuning(std::string_view text);

// Deterministic by texts and options. Throws Error(kInterrupted) when progress asks to stop,
// Error(kInvalidInput) when there is no text to learn from.
TuningResult tune_layers(const SentenceEncoder& encoder, std::span<const TuningText> texts,
                         size_t labels, const TuningOptions& options, Progress& progress);

// The vectors of the encoder behind `vectors` with these layers. `vectors` itself when it has no
// encoder, or another than the layers were trained for. Throws Error(kFormat) naming the tensor.
std::shared_ptr<const SentenceVectors> tuned_vectors(std::shared_ptr<const SentenceVectors> vectors,
                                                     const TunedLayers& layers);

}  // namespace pawl
