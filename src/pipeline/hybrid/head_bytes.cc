#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/within.h"
#include "math/logistic_kernels.h"
#include "pipeline/hybrid/head.h"

namespace pawl {

namespace {

// Version 1 had a transform for the second tier alone, beside the tiers. Version 3 may have tuned
// layers; without them version 2 is written, which older readers know. Version 5 knows the labels'
// support.
constexpr int64_t kVersion = 5;
constexpr int64_t kVersionWithoutSupport = 4;
constexpr int64_t kVersionWithoutLength = 3;
constexpr int64_t kVersionWithoutLayers = 2;
constexpr int64_t kMaxLayers = 1 << 10;
constexpr int64_t kMaxClasses = 1 << 16;
constexpr size_t kMaxBlocks = 64;

size_t padded(size_t n) {
  return (n + kLogisticPad - 1) / kLogisticPad * kLogisticPad;
}

[[noreturn]] void fail(const std::string& key, const std::string& what) {
  throw Error(ErrorKind::kFormat, key + ": " + what);
}

template <typename T>
Msgpack array_value(const char* dtype, std::vector<int64_t> shape, const T* data, size_t n) {
  NumpyArray array{dtype, std::move(shape), std::string(n * sizeof(T), '\0')};
  if (n > 0) std::memcpy(array.bytes.data(), data, n * sizeof(T));
  return to_msgpack_value(array);
}

NumpyArray read_array(const Msgpack& map, const std::string& key, const char* dtype,
                      const std::vector<int64_t>& shape) {
  const NumpyArray array = within(key, [&] { return as_numpy_array(map.at(key)); });
  if (array.dtype != dtype) fail(key, "is " + array.dtype + ", not " + dtype);
  if (array.shape != shape) fail(key, "has a shape that does not fit the other parts");
  return array;
}

std::vector<float> read_floats(const Msgpack& map, const std::string& key,
                               const std::vector<int64_t>& shape) {
  const NumpyArray array = read_array(map, key, "<f4", shape);
  std::vector<float> values(array.size());
  if (!values.empty()) std::memcpy(values.data(), array.bytes.data(), array.bytes.size());
  for (float value : values) {
    if (!std::isfinite(value)) fail(key, "holds a value that is not finite");
  }
  return values;
}

// Elements of a one-dimensional array whose length says how large something is.
int64_t read_length(const Msgpack& map, const std::string& key) {
  const NumpyArray array = within(key, [&] { return as_numpy_array(map.at(key)); });
  if (array.shape.size() != 1) fail(key, "is not one-dimensional");
  return array.shape[0];
}

double read_number(const Msgpack& map, const std::string& key, double low, double high) {
  const double value = within(key, [&] { return map.at(key).as_double(); });
  if (!(value >= low && value <= high)) fail(key, "is out of range");
  return value;
}

int64_t read_size(const Msgpack& map, const std::string& key, int64_t low, int64_t high) {
  const int64_t value = within(key, [&] { return map.at(key).as_int(); });
  if (value < low || value > high) fail(key, "is out of range");
  return value;
}

std::string read_text(const Msgpack& map, const std::string& key) {
  return within(key, [&] { return map.at(key).as_string(); });
}

// Bounds that mean "always" and "never" are written as numbers too.
constexpr double kUnbounded = 1e30;

double bounded(double value) {
  return std::isnan(value) ? 0.0 : std::min(std::max(value, -kUnbounded), kUnbounded);
}

void put_transform(const VectorTransform& transform, Msgpack::Map& map) {
  const auto put = [&](const char* key, const std::vector<float>& values) {
    map.emplace_back(key, array_value("<f4", {static_cast<int64_t>(values.size())}, values.data(),
                                      values.size()));
  };
  map.emplace_back("block_width", Msgpack(static_cast<int64_t>(transform.block_width)));
  put("vector_scales", transform.scales);
  put("vector_means", transform.means);
}

VectorTransform read_transform(const Msgpack& map) {
  VectorTransform transform;
  const int64_t blocks = read_length(map, "vector_scales");
  if (blocks > static_cast<int64_t>(kMaxBlocks)) fail("vector_scales", "is too long");
  transform.block_width = static_cast<size_t>(read_size(map, "block_width", 0, 1 << 16));
  transform.scales = read_floats(map, "vector_scales", {blocks});
  transform.means =
      read_floats(map, "vector_means", {blocks * static_cast<int64_t>(transform.block_width)});
  return transform;
}

Msgpack tier_value(const HybridTier& tier, size_t classes) {
  const size_t rows = tier.weights.rows();
  std::vector<float> values(rows * classes);
  for (size_t i = 0; i < rows; ++i) {
    std::copy_n(tier.weights.row(i), classes, values.begin() + static_cast<ptrdiff_t>(i * classes));
  }
  Msgpack::Map map;
  put_transform(tier.transform, map);
  map.emplace_back("weights",
                   array_value("<f4", {static_cast<int64_t>(rows), static_cast<int64_t>(classes)},
                               values.data(), values.size()));
  map.emplace_back("ngram_scale", Msgpack(static_cast<double>(tier.ngram_scale)));
  map.emplace_back("temperature", Msgpack(tier.temperature));
  map.emplace_back("floor", Msgpack(bounded(tier.floor.base)));
  if (tier.floor.slope > 0.0) map.emplace_back("floor_slope", Msgpack(bounded(tier.floor.slope)));
  return Msgpack(std::move(map));
}

// `columns`: of the n-grams.
HybridTier read_tier(const Msgpack& map, const std::string& key, size_t columns, size_t classes) {
  const Msgpack& part = map.at(key);
  HybridTier tier;
  if (part.find("vector_scales") != nullptr) {
    tier.transform = read_transform(part);
  } else if (key == "second") {
    tier.transform = read_transform(map);
  }
  const size_t rows = tier.transform.width() + 1 + columns;
  const std::vector<float> values =
      read_floats(part, "weights", {static_cast<int64_t>(rows), static_cast<int64_t>(classes)});
  tier.weights = Matrix(rows, padded(classes));
  for (size_t i = 0; i < rows; ++i) {
    std::copy_n(values.begin() + static_cast<ptrdiff_t>(i * classes), classes, tier.weights.row(i));
  }
  tier.ngram_scale = static_cast<float>(read_number(part, "ngram_scale", 0.0, 1e6));
  tier.temperature = read_number(part, "temperature", 1e-6, 1e6);
  tier.floor.base = read_number(part, "floor", -kUnbounded, kUnbounded);
  if (part.find("floor_slope") != nullptr) {
    tier.floor.slope = read_number(part, "floor_slope", 0.0, kUnbounded);
  }
  return tier;
}

Msgpack tuned_value(const TunedLayers& tuned) {
  Msgpack::Map map;
  map.emplace_back("first", Msgpack(static_cast<int64_t>(tuned.first)));
  map.emplace_back("count", Msgpack(static_cast<int64_t>(tuned.count)));
  map.emplace_back("precision", Msgpack(std::string(nn::precision_name(tuned.precision))));
  map.emplace_back("encoder", Msgpack(tuned.encoder));
  map.emplace_back("examples", Msgpack(static_cast<int64_t>(tuned.examples)));
  map.emplace_back("weights", array_value("|u1", {static_cast<int64_t>(tuned.weights.size())},
                                          tuned.weights.data(), tuned.weights.size()));
  return Msgpack(std::move(map));
}

nn::Precision read_precision(const Msgpack& map) {
  const std::string name = read_text(map, "precision");
  for (const auto precision : {nn::Precision::kFloat32, nn::Precision::kInt8}) {
    if (name == nn::precision_name(precision)) return precision;
  }
  fail("precision", "is neither float32 nor int8");
}

// What the weights hold is seen when an encoder takes them.
std::shared_ptr<const TunedLayers> read_tuned(const Msgpack& map) {
  TunedLayers tuned;
  tuned.first = static_cast<size_t>(read_size(map, "first", 0, kMaxLayers));
  tuned.count = static_cast<size_t>(read_size(map, "count", 1, kMaxLayers));
  tuned.precision = read_precision(map);
  tuned.encoder = read_text(map, "encoder");
  tuned.examples = static_cast<size_t>(read_size(map, "examples", 0, int64_t{1} << 40));
  tuned.weights = read_array(map, "weights", "|u1", {read_length(map, "weights")}).bytes;
  return std::make_shared<const TunedLayers>(std::move(tuned));
}

NgramTable read_table(const Msgpack& map) {
  const int64_t size = read_length(map, "buckets");
  const NumpyArray array = read_array(map, "buckets", "<u4", {size});
  std::vector<uint32_t> buckets(array.size());
  if (!buckets.empty()) std::memcpy(buckets.data(), array.bytes.data(), array.bytes.size());
  std::vector<float> idf = read_floats(map, "idf", {size});
  const auto hash_bits = static_cast<uint32_t>(read_size(map, "hash_bits", 1, kMaxHashBits));
  return within("buckets",
                [&] { return NgramTable(hash_bits, std::move(buckets), std::move(idf)); });
}

}  // namespace

std::string HybridHead::to_bytes() const {
  const auto length = [](const auto& values) { return static_cast<int64_t>(values.size()); };
  const auto& buckets = table.buckets();
  const auto& idf = table.idf();
  Msgpack::Map map;
  const bool has_length = typical_length > 0.0;
  map.emplace_back("version", Msgpack(!support.empty() ? kVersion
                                      : has_length     ? kVersionWithoutSupport
                                      : tuned          ? kVersionWithoutLength
                                                       : kVersionWithoutLayers));
  map.emplace_back("classes", Msgpack(static_cast<int64_t>(classes)));
  if (!support.empty()) {
    map.emplace_back("support",
                     array_value("<f4", {length(support)}, support.data(), support.size()));
  }
  map.emplace_back("hash_bits", Msgpack(static_cast<int64_t>(table.hash_bits())));
  map.emplace_back("buckets",
                   array_value("<u4", {length(buckets)}, buckets.data(), buckets.size()));
  map.emplace_back("idf", array_value("<f4", {length(idf)}, idf.data(), idf.size()));
  map.emplace_back("constant", Msgpack(static_cast<double>(constant)));
  map.emplace_back("acceptance", Msgpack(bounded(acceptance)));
  if (has_length) map.emplace_back("typical_length", Msgpack(typical_length));
  map.emplace_back("fingerprint", Msgpack(fingerprint));
  map.emplace_back("first", tier_value(first, classes));
  if (second.weights.size() > 0) map.emplace_back("second", tier_value(second, classes));
  if (tuned) {
    map.emplace_back("tuned", tuned_value(*tuned));
    map.emplace_back("tuned_acceptance", Msgpack(bounded(tuned_acceptance)));
  }
  return to_msgpack(Msgpack(std::move(map)));
}

HybridHead HybridHead::from_bytes(std::string_view bytes) {
  const Msgpack map = parse_msgpack(bytes);
  HybridHead head;
  read_size(map, "version", 1, kVersion);
  head.classes = static_cast<size_t>(read_size(map, "classes", 1, kMaxClasses));
  if (map.find("support") != nullptr) {
    head.support = read_floats(map, "support", {static_cast<int64_t>(head.classes)});
    for (const float examples : head.support) {
      if (examples < 0.0f) fail("support", "is negative");
    }
  }
  head.table = read_table(map);
  head.constant = static_cast<float>(read_number(map, "constant", -1e6, 1e6));
  head.acceptance = read_number(map, "acceptance", -kUnbounded, kUnbounded);
  if (map.find("typical_length") != nullptr) {
    head.typical_length = read_number(map, "typical_length", 0.0, kUnbounded);
  }
  head.fingerprint = read_text(map, "fingerprint");
  const auto tier = [&](const std::string& key) {
    return within(key, [&] { return read_tier(map, key, head.table.size(), head.classes); });
  };
  head.first = tier("first");
  if (map.find("second") != nullptr) head.second = tier("second");
  if (const Msgpack* tuned = map.find("tuned")) {
    head.tuned = within("tuned", [&] { return read_tuned(*tuned); });
  }
  if (map.find("tuned_acceptance") != nullptr) {
    head.tuned_acceptance = read_number(map, "tuned_acceptance", -kUnbounded, kUnbounded);
  }
  return head;
}

}  // namespace pawl
