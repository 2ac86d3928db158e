#include "learn/train/provenance.h"

#include <algorithm>

#include "base/hash.h"
#include "math/isa.h"

namespace pawl::learn {

Json this_program() {
  return Json::Object{{"code_version", "pawl " PAWL_VERSION},
                      {"instruction_set", std::string(isa_name(active_isa()))}};
}

Json training_provenance(const Language& live, const CandidateOptions& options) {
  const EncoderLink encoder = find_encoder(live);
  const TrainOptions& train = options.train;
  return Json::Object{
      {"seed", train.seed},
      {"instruction_set", std::string(isa_name(active_isa()))},
      {"encoder", encoder.vectors == nullptr ? Json() : Json(encoder.vectors->fingerprint())},
      {"settings", Json::Object{{"n_iter", int64_t{train.n_iter}},
                                {"min_updates", static_cast<uint64_t>(train.min_updates)},
                                {"batch_size", static_cast<uint64_t>(train.batch_size)},
                                {"dropout", train.dropout},
                                {"learn_rate", train.learn_rate},
                                {"replay", static_cast<uint64_t>(options.replay)}}}};
}

Json dataset_provenance(std::vector<std::string> example_ids) {
  std::sort(example_ids.begin(), example_ids.end());
  std::string all;
  for (const std::string& id : example_ids) all += id + "\n";
  return Json::Object{{"count", static_cast<uint64_t>(example_ids.size())},
                      {"digest", blake2b_hex(all)}};
}

}  // namespace pawl::learn
