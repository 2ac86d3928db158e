#include "text/vectors.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/error.h"
#include "base/json.h"
#include "base/msgpack.h"
#include "base/murmur3.h"
#include "base/npy.h"
#include "base/utf8.h"

namespace pawl {
namespace {

constexpr uint32_t kNoRow = 0xFFFFFFFF;
constexpr int64_t kOrthNumber = 65;  // spacy.attrs.ORTH
constexpr int64_t kMaxNgram = 64;

[[noreturn]] void fail(const Path& file, const std::string& what) {
  throw Error(ErrorKind::kFormat, file.string() + ": " + what);
}

int64_t whole(const Json& config, std::string_view key, int64_t most, const Path& file) {
  const Json* value = config.find(key);
  if (value == nullptr) return 0;
  if (!value->is_integer() || value->as_double() < 0 ||
      value->as_double() > static_cast<double>(most))
    fail(file, std::string(key) + " must be a whole number from 0 to " + std::to_string(most));
  return value->as_int();
}

std::string text_of(const Json& config, std::string_view key, const char* otherwise,
                    const Path& file) {
  const Json* value = config.find(key);
  if (value == nullptr) return otherwise;
  if (!value->is_string()) fail(file, std::string(key) + " must be a string");
  return value->as_string();
}

}  // namespace

std::shared_ptr<const Vectors> Vectors::read(std::shared_ptr<const MappedFile> table,
                                             std::string_view key2row, std::string_view config,
                                             const Path& folder) {
  auto out = std::make_shared<Vectors>();
  out->file_ = std::move(table);
  out->read_table(folder / "vectors");
  out->read_config(config, folder / "vectors.cfg");
  if (!out->empty() && !out->by_ngrams()) out->read_keys(key2row, folder / "key2row");
  return out;
}

void Vectors::read_table(const Path& file) {
  const NpyHeader header = read_npy_header(file_->bytes(), file.string());
  if (header.shape.size() != 2 || header.dtype != "<f4" || header.fortran_order)
    fail(file, "must be a table of float32 (numpy's '<f4', two dimensions, C order)");
  rows_ = header.shape[0];
  width_ = header.shape[1];
  const std::string_view data = file_->bytes().substr(header.size);
  if (rows_ >= kNoRow) fail(file, "has too many rows");
  if (data.size() % sizeof(float) != 0 || (width_ > 0 && rows_ > data.size() / 4 / width_) ||
      rows_ * width_ * sizeof(float) != data.size())
    fail(file, "has another size than its header says");
  if (reinterpret_cast<uintptr_t>(data.data()) % alignof(float) == 0) {
    data_ = reinterpret_cast<const float*>(data.data());
    return;
  }
  aligned_.resize(rows_ * width_);
  std::memcpy(aligned_.data(), data.data(), data.size());
  data_ = aligned_.data();
}

void Vectors::read_config(std::string_view text, const Path& file) {
  Json config;
  try {
    config = parse_json(text);
  } catch (const Error& error) {
    throw error.within(file.string());
  }
  const std::string mode = text_of(config, "mode", "default", file);
  if (mode == "default") return;
  if (mode != "floret") fail(file, "mode must be \"default\" or \"floret\"");
  ngrams_.shortest = static_cast<size_t>(whole(config, "minn", kMaxNgram, file));
  ngrams_.longest = static_cast<size_t>(whole(config, "maxn", kMaxNgram, file));
  ngrams_.count = static_cast<uint32_t>(whole(config, "hash_count", 4, file));
  ngrams_.seed = static_cast<uint32_t>(whole(config, "hash_seed", 0xFFFFFFFF, file));
  ngrams_.begin = text_of(config, "bow", "<", file);
  ngrams_.end = text_of(config, "eow", ">", file);
  if (ngrams_.count == 0) fail(file, "hash_count must be 1 to 4");
  if (empty()) fail(file, "floret vectors need a table");
  const Json* attribute = config.find("attr");
  if (attribute == nullptr || (attribute->is_integer() && attribute->as_int() == kOrthNumber))
    return;
  constexpr std::pair<int64_t, Attr> kKnown[] = {{66, Attr::kLower}, {67, Attr::kNorm}};
  for (const auto& [number, known] : kKnown) {
    if (attribute->is_integer() && attribute->as_int() == number) {
      attribute_ = known;
      return;
    }
  }
  fail(file, "attr: keys of vectors must be ORTH, LOWER or NORM");
}

void Vectors::read_keys(std::string_view key2row, const Path& file) {
  if (key2row.empty()) return;
  Msgpack map;
  try {
    map = parse_msgpack(key2row);
    slots_.assign(std::bit_ceil(std::max<size_t>(2, map.as_map().size() * 2)), {0, kNoRow});
    for (const auto& [key, row] : map.as_map()) {
      const int64_t at = row.as_int();
      if (at < 0 || at >= static_cast<int64_t>(rows_))
        throw Error(ErrorKind::kFormat,
                    "a key has row " + std::to_string(at) + " of " + std::to_string(rows_));
      Slot& slot = const_cast<Slot&>(*find(key.as_uint()));
      slot = {key.as_uint(), static_cast<uint32_t>(at)};
    }
  } catch (const Error& error) {
    throw error.within(file.string());
  }
}

// The key's slot, or the free one where it would be. Keys are hashes, spread as they are.
const Vectors::Slot* Vectors::find(StringId key) const {
  const size_t mask = slots_.size() - 1;
  size_t at = (key ^ key >> 32) & mask;
  while (slots_[at].row != kNoRow && slots_[at].key != key) at = (at + 1) & mask;
  return &slots_[at];
}

bool Vectors::look_up(StringId key, std::string_view text, float* out) const {
  std::fill_n(out, width_, 0.0f);
  if (by_ngrams()) return sum_ngrams(text, out);
  if (slots_.empty()) return false;
  const Slot* slot = find(key);
  if (slot->row == kNoRow) return false;
  std::copy_n(data_ + size_t{slot->row} * width_, width_, out);
  return true;
}

size_t Vectors::add_ngram(std::string_view ngram, float* out) const {
  const auto hashes = murmur3_x64_128(ngram, ngrams_.seed);
  for (uint32_t i = 0; i < ngrams_.count; ++i) {
    const float* row = data_ + (hashes[i] % rows_) * width_;
    for (size_t j = 0; j < width_; ++j) out[j] += row[j];
  }
  return ngrams_.count;
}

// The mean of the rows of the whole word and all its n-grams.
bool Vectors::sum_ngrams(std::string_view text, float* out) const {
  if (text.empty()) return false;
  const std::string word = ngrams_.begin + std::string(text) + ngrams_.end;
  const std::vector<uint32_t> at = utf8::offsets(word);
  const size_t length = at.size() - 1;
  size_t added = add_ngram(word, out);
  for (size_t n = ngrams_.shortest; n <= ngrams_.longest && n <= length; ++n) {
    for (size_t start = 0; start + n <= length; ++start)
      added += add_ngram(std::string_view(word).substr(at[start], at[start + n] - at[start]), out);
  }
  const float share = 1.0f / static_cast<float>(added);
  for (size_t j = 0; j < width_; ++j) out[j] *= share;
  return true;
}

}  // namespace pawl
