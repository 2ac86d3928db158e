#include "service/encoder_reach.h"

#include "base/utf8.h"
#include "learn/heads/heads.h"
#include "pipeline/encoder/sentence_encoder.h"

namespace pawl::service {
namespace {

bool is_read(const Language& nlp, const std::string& encoder) {
  for (const std::string& name : nlp.pipe_names()) {
    const auto* listening = dynamic_cast<const SentenceVectorsListening*>(nlp.find(name));
    if (listening != nullptr && listening->vectors_name() == encoder) return true;
  }
  return false;
}

}  // namespace

std::optional<uint64_t> encoder_reach(const Language& nlp, std::string_view text) {
  const learn::EncoderLink link = learn::find_encoder(nlp);
  if (link.vectors == nullptr || !is_read(nlp, link.name)) return std::nullopt;
  const auto encoder = link.vectors->encoder();
  if (encoder == nullptr) return std::nullopt;
  const size_t most = SentenceEncoder::kMaxWindows * (encoder->window() - 2);
  const auto fits = [&](std::string_view part) {
    return encoder->tokenizer().pieces(part).size() <= most;
  };
  // A piece has a byte at least.
  if (text.size() <= most || fits(text)) return std::nullopt;
  const std::vector<uint32_t> offsets = utf8::offsets(text);
  size_t read = 0, more = offsets.size() - 1;  // code points: the first fit, the others do not
  while (more - read > 1) {
    const size_t middle = read + (more - read) / 2;
    (fits(text.substr(0, offsets[middle])) ? read : more) = middle;
  }
  return read;
}

}  // namespace pawl::service
