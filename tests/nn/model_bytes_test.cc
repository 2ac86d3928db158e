// What a model file may do to us: nothing but an error that says where.
#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>

#include "base/error.h"
#include "base/rng.h"
#include "nn/builders.h"
#include "nn/layers.h"

namespace pawl::nn {
namespace {

NodePtr tree() {
  NodePtr node = chain({make_hash_embed(4, 10, 1, 0.1), make_linear(2, 4)});
  node->set_ref("output", node->layers[1].get());
  Rng rng(3);
  initialize(*node, rng);
  return node;
}

NodePtr empty_tree() {
  NodePtr node = chain({make_hash_embed(4, 10, 1, 0.1), make_linear(2, 4)});
  node->set_ref("output", node->layers[1].get());
  return node;
}

Msgpack& member(Msgpack& map, const char* key) {
  for (auto& [name, value] : map.as_map()) {
    if (name.as_bytes() == key) return value;
  }
  throw std::out_of_range(key);
}

Msgpack array_value(std::vector<int64_t> shape, std::vector<float> values, const char* dtype) {
  NumpyArray array;
  array.dtype = dtype;
  array.shape = std::move(shape);
  array.bytes.resize(values.size() * sizeof(float));
  std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
  return to_msgpack_value(array);
}

// The message of the error that a changed file raises.
std::string refusal(const std::function<void(Msgpack&)>& change) {
  Msgpack message = parse_msgpack(to_bytes(*tree()));
  change(message);
  const NodePtr target = empty_tree();
  try {
    from_bytes(*target, to_msgpack(message), "ner/model");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFormat);
    EXPECT_EQ(std::string(error.what()).rfind("ner/model: ", 0), 0u) << error.what();
    return error.what();
  }
  return "";
}

Msgpack& linear_params(Msgpack& message) {
  return member(message, "params").as_array().at(2);
}
Msgpack& linear_info(Msgpack& message) {
  return member(message, "nodes").as_array().at(2);
}

TEST(ModelBytesTest, AnUnchangedFileIsRead) {
  EXPECT_EQ(refusal([](Msgpack&) {}), "");
}

TEST(ModelBytesTest, EveryTruncationIsRefused) {
  const std::string bytes = to_bytes(*tree());
  for (size_t size = 0; size < bytes.size(); ++size) {
    const NodePtr target = empty_tree();
    EXPECT_THROW(from_bytes(*target, std::string_view(bytes).substr(0, size), "model"), Error);
  }
}

TEST(ModelBytesTest, TrailingBytesAreRefused) {
  EXPECT_THROW(from_bytes(*empty_tree(), to_bytes(*tree()) + "x", "model"), Error);
}

TEST(ModelBytesTest, NaNAndInfinityAreRefusedByName) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()}) {
    const std::string message = refusal(
        [&](Msgpack& m) { member(linear_params(m), "b") = array_value({2}, {1, bad}, "<f4"); });
    EXPECT_NE(message.find("layer 2 'linear'"), std::string::npos) << message;
    EXPECT_NE(message.find("'b'"), std::string::npos) << message;
  }
}

TEST(ModelBytesTest, OtherNumberTypesAreRefused) {
  const std::string message =
      refusal([](Msgpack& m) { member(linear_params(m), "b") = array_value({2}, {1, 2}, "<i4"); });
  EXPECT_NE(message.find("<i4"), std::string::npos) << message;
}

TEST(ModelBytesTest, AShapeThatIsNotItsBytesIsRefused) {
  EXPECT_NE(refusal([](Msgpack& m) {
              Msgpack& bias = member(linear_params(m), "b");
              member(bias, "shape") =
                  Msgpack(Msgpack::Array{Msgpack(int64_t{1} << 40), Msgpack(int64_t{1} << 40)});
            }),
            "");
}

TEST(ModelBytesTest, ADifferentStructureIsRefused) {
  EXPECT_NE(refusal([](Msgpack& m) { member(m, "nodes").as_array().pop_back(); }), "");
  EXPECT_NE(refusal([](Msgpack& m) { member(m, "params") = Msgpack(Msgpack::Array()); }), "");
  EXPECT_NE(refusal([](Msgpack& m) { m.as_map().pop_back(); }), "");
  EXPECT_NE(refusal([](Msgpack& m) { m = Msgpack(Msgpack::Array()); }), "");
}

TEST(ModelBytesTest, AConflictingDimensionIsRefused) {
  const std::string message = refusal(
      [](Msgpack& m) { member(member(linear_info(m), "dims"), "nI") = Msgpack(int64_t{5}); });
  EXPECT_NE(message.find("'nI' is 5 where the configuration says 4"), std::string::npos) << message;
  EXPECT_NE(refusal([](Msgpack& m) {
              member(member(linear_info(m), "dims"), "nI") = Msgpack(int64_t{-1});
            }),
            "");
}

TEST(ModelBytesTest, AReferenceOutsideTheTreeIsRefused) {
  for (const int64_t index : {int64_t{-1}, int64_t{3}, int64_t{1} << 40}) {
    EXPECT_NE(refusal([&](Msgpack& m) {
                member(member(member(m, "nodes").as_array().at(0), "refs"), "output") =
                    Msgpack(index);
              }),
              "");
  }
}

TEST(ModelBytesTest, AnUnknownParameterIsRefused) {
  EXPECT_NE(refusal([](Msgpack& m) {
              linear_params(m).as_map().emplace_back(Msgpack("V"), array_value({1}, {1}, "<f4"));
            }),
            "");
}

TEST(ModelBytesTest, ALayerRefusesParametersOfAnotherShape) {
  Msgpack message = parse_msgpack(to_bytes(*tree()));
  member(linear_params(message), "W") = array_value({1, 4}, {1, 2, 3, 4}, "<f4");
  const NodePtr target = empty_tree();
  from_bytes(*target, to_msgpack(message), "model");
  EXPECT_THROW(Linear{*target->layers[1]}, Error);
}

TEST(ModelBytesTest, ALayerRefusesParametersWithoutValues) {
  const NodePtr target = empty_tree();
  EXPECT_THROW(Linear{*target->layers[1]}, Error);
  EXPECT_THROW(HashEmbed{*target->layers[0]}, Error);
}

}  // namespace
}  // namespace pawl::nn
