#include "nn/model.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/error.h"
#include "base/rng.h"

namespace pawl::nn {

namespace {

size_t product(const std::vector<int64_t>& dims) {
  size_t size = 1;
  for (const int64_t dim : dims) size *= static_cast<size_t>(dim);
  return size;
}

template <typename Pairs>
auto find_key(Pairs& pairs, std::string_view key) {
  return std::find_if(pairs.begin(), pairs.end(),
                      [key](const auto& item) { return item.first == key; });
}

NodePtr copy_node(const Node& from, std::unordered_map<const Node*, NodePtr>& copies) {
  if (const auto known = copies.find(&from); known != copies.end()) return known->second;
  NodePtr to = std::make_shared<Node>();
  copies.emplace(&from, to);
  to->name = from.name;
  to->dims = from.dims;
  to->refs = from.refs;
  to->attrs = from.attrs;
  to->shims = from.shims;
  to->initializer = from.initializer;
  for (const auto& param : from.params) {
    param->settle();
    auto copy = std::make_unique<Param>(*param);
    copy->gradient.clear();
    copy->touched.clear();
    copy->pending.reset();
    to->params.push_back(std::move(copy));
  }
  for (const auto& layer : from.layers) to->layers.push_back(copy_node(*layer, copies));
  return to;
}

}  // namespace

void Param::settle() {
  if (pending) pending->settle_all(*this);
}

void Param::settle(std::span<const uint32_t> rows) {
  if (pending) pending->settle(*this, rows);
}

void Param::define(std::vector<int64_t> dims) {
  shape = std::move(dims);
  defined = true;
  value.assign(product(shape), 0.0f);
  gradient.clear();
  touched.clear();
  pending.reset();
  if (sparse_rows && !transposed && shape.size() > 1) {
    row_width = product({shape.begin() + 1, shape.end()});
  }
  changed();
}

void Param::ensure_gradient() {
  if (gradient.empty()) gradient.assign(value.size(), 0.0f);
}

void Param::clear_gradient() {
  if (gradient.empty()) return;
  if (!sparse_rows) {
    std::fill(gradient.begin(), gradient.end(), 0.0f);
    return;
  }
  for (const uint32_t row : touched) {
    std::fill_n(gradient.data() + row * row_width, row_width, 0.0f);
  }
  touched.clear();
}

std::optional<int64_t> Node::dim(std::string_view key) const {
  const auto found = find_key(dims, key);
  if (found == dims.end()) {
    throw Error(ErrorKind::kFormat,
                "the layer '" + name + "' has no dimension '" + std::string(key) + "'");
  }
  return found->second;
}

void Node::set_dim(std::string_view key, int64_t value) {
  const auto found = find_key(dims, key);
  if (found == dims.end()) {
    dims.emplace_back(std::string(key), value);
  } else {
    found->second = value;
  }
}

Param* Node::find_param(std::string_view key) const {
  for (const auto& param : params) {
    if (param->name == key) return param.get();
  }
  return nullptr;
}

Param& Node::param(std::string_view key) const {
  if (Param* found = find_param(key)) return *found;
  throw Error(ErrorKind::kFormat,
              "the layer '" + name + "' has no parameter '" + std::string(key) + "'");
}

Param& Node::add_param(std::string_view key) {
  if (Param* found = find_param(key)) return *found;
  params.push_back(std::make_unique<Param>());
  params.back()->name = key;
  return *params.back();
}

Node* Node::ref(std::string_view key) const {
  const auto found = find_key(refs, key);
  return found == refs.end() ? nullptr : found->second;
}

void Node::set_ref(std::string_view key, Node* node) {
  const auto found = find_key(refs, key);
  if (found == refs.end()) {
    refs.emplace_back(std::string(key), node);
  } else {
    found->second = node;
  }
}

const Msgpack* Node::attr(std::string_view key) const {
  const auto found = find_key(attrs, key);
  return found == attrs.end() ? nullptr : &found->second;
}

void Node::set_attr(std::string_view key, Msgpack value) {
  const auto found = find_key(attrs, key);
  if (found == attrs.end()) {
    attrs.emplace_back(std::string(key), std::move(value));
  } else {
    found->second = std::move(value);
  }
}

std::vector<Node*> walk(Node& root) {
  std::vector<Node*> queue = {&root};
  std::unordered_set<const Node*> seen = {&root};
  for (size_t i = 0; i < queue.size(); ++i) {
    for (const auto& layer : queue[i]->layers) {
      if (seen.insert(layer.get()).second) queue.push_back(layer.get());
    }
  }
  return queue;
}

void initialize(Node& root, Rng& rng) {
  if (root.initializer) {
    root.initializer(root, rng);
    return;
  }
  for (const auto& layer : root.layers) initialize(*layer, rng);
}

void set_dropout_rate(Node& root, double rate) {
  for (Node* node : walk(root)) {
    if (node->attr("dropout_rate") != nullptr) node->set_attr("dropout_rate", Msgpack(rate));
  }
}

NodePtr clone(const Node& root) {
  std::unordered_map<const Node*, NodePtr> copies;
  NodePtr copy = copy_node(root, copies);
  for (const auto& [from, to] : copies) {
    for (auto& [key, target] : to->refs) {
      const auto moved = copies.find(target);
      target = moved == copies.end() ? nullptr : moved->second.get();
    }
  }
  return copy;
}

}  // namespace pawl::nn
