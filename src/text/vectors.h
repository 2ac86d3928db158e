// Static word vectors: spaCy's Vectors, one row a word (or several words), or floret's rows of
// hashed character n-grams (Bojanowski et al. 2017; https://github.com/explosion/floret).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mapped_file.h"
#include "text/vocab.h"

namespace pawl {

// Immutable; safe from any number of threads. The rows stay in the file and are shared by all
// processes that have it open.
class Vectors {
 public:
  // The files of a vocab/ folder: `table` is "vectors" (an array of float32 as numpy saves it),
  // `key2row` and `config` are the bytes of "key2row" and "vectors.cfg". Throws Error(kFormat)
  // naming the file below `folder`.
  static std::shared_ptr<const Vectors> read(std::shared_ptr<const MappedFile> table,
                                             std::string_view key2row, std::string_view config,
                                             const Path& folder);

  size_t rows() const { return rows_; }
  size_t width() const { return width_; }
  bool empty() const { return rows_ == 0 || width_ == 0; }
  // The token attribute whose values are the keys; nearly always ORTH.
  Attr attribute() const { return attribute_; }
  // Whether lookups need the key's text and not only its id.
  bool by_ngrams() const { return ngrams_.count > 0; }

  const float* row(size_t i) const { return data_ + i * width_; }
  // Writes the vector of a key to out[width()]: zeros, and false, where it has none.
  bool look_up(StringId key, std::string_view text, float* out) const;

 private:
  // How floret cuts and hashes words.
  struct Ngrams {
    size_t shortest = 0, longest = 0;  // code points
    uint32_t count = 0;                // hashes an n-gram, 1 to 4; 0: keys have rows of their own
    uint32_t seed = 0;
    std::string begin, end;  // around a word
  };
  // Open addressing; a slot's row is kNoRow when it is free.
  struct Slot {
    StringId key = 0;
    uint32_t row = 0;
  };

  void read_table(const Path& file);
  void read_config(std::string_view config, const Path& file);
  void read_keys(std::string_view key2row, const Path& file);
  const Slot* find(StringId key) const;
  bool sum_ngrams(std::string_view text, float* out) const;
  size_t add_ngram(std::string_view ngram, float* out) const;

  std::shared_ptr<const MappedFile> file_;
  const float* data_ = nullptr;  // rows_ x width_, in file_
  size_t rows_ = 0, width_ = 0;
  std::vector<float> aligned_;  // the data, should the file not hold it at a multiple of four
  Attr attribute_ = Attr::kOrth;
  Ngrams ngrams_;
  std::vector<Slot> slots_;  // a power of two of them
};

}  // namespace pawl
