// The bytes of a hybrid head with a part replaced by the input, whose first two bytes say from
// where. What is read answers with as many shares as it has classes, and an encoder takes its tuned
// layers; everything else is an Error.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "nn/bert_tensors.h"
#include "pipeline/hybrid/hybrid_textcat.h"
#include "pipeline/registry.h"

namespace {

using namespace pawl;

const nn::BertConfig kEncoder = {.layers = 2,
                                 .hidden = 4,
                                 .heads = 2,
                                 .intermediate = 4,
                                 .vocabulary = 5,
                                 .positions = 4,
                                 .types = 1};

std::string layer_weights() {
  const FloatVector ones(256, 1.0f);
  SafetensorsWriter out;
  for (const nn::BertTensor& tensor : nn::bert_layer_tensors(kEncoder, 1)) {
    out.add_floats(tensor.name, tensor.shape, ones.data());
  }
  return out.finish();
}

std::string small_head() {
  const auto vocab = std::make_shared<Vocab>();
  Json block = Json::object();
  block["factory"] = "pawl_hybrid_textcat";
  block["model"] = Json::object();
  block["model"]["@architectures"] = "pawl.HybridTextCat.v1";
  block["model"]["hash_bits"] = 6;
  fill_component_defaults(block);
  HybridTextCat component("intent", block, vocab);
  std::vector<Example> examples(4);
  const char* texts[] = {"wake me", "play a song", "wake us at six", "play it again"};
  for (size_t i = 0; i < examples.size(); ++i) {
    examples[i].predicted = Doc(*vocab, texts[i]);
    examples[i].cats.emplace_back(i % 2 ? "INTENT_play" : "INTENT_wake", 1.0f);
  }
  Rng rng(1);
  component.initialize(examples, rng, Progress::silent());
  const Path folder = std::filesystem::temp_directory_path() / new_uuid(Env::real());
  component.to_disk(Env::real(), folder);
  HybridHead head = HybridHead::from_bytes(Env::real().read_file(folder / "model"));
  Env::real().remove_all(folder);
  head.tuned = std::make_shared<const TunedLayers>(TunedLayers{
      .first = 1, .count = 1, .weights = layer_weights(), .encoder = "fingerprint", .examples = 4});
  return head.to_bytes();
}

void take_layers(const TunedLayers& tuned) {
  if (tuned.count > 4) return;
  const Safetensors weights(tuned.weights);
  nn::BertLayers(kEncoder, weights, tuned.precision, tuned.first, tuned.count);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string whole = small_head();
  if (size < 3) return 0;
  const size_t at = (data[0] * 256u + data[1]) % (whole.size() + 1);
  std::string bytes = whole.substr(0, at);
  bytes.append(reinterpret_cast<const char*>(data) + 3, size - 3);
  if (bytes.size() < whole.size() && data[2] % 2) bytes += whole.substr(bytes.size());
  try {
    const HybridHead head = HybridHead::from_bytes(bytes);
    const std::string_view text = "wake me at seven";
    const auto answers = head.answer({&text, 1}, nullptr);
    if (answers.at(0).probabilities.size() != head.classes) std::abort();
    if (head.tuned) take_layers(*head.tuned);
  } catch (const Error&) {
  }
  return 0;
}
