#include <algorithm>

#include "base/error.h"
#include "math/ops.h"
#include "pipeline/tok2vec/network.h"
#include "pipeline/tok2vec/token_vectors.h"

namespace pawl {

namespace {

constexpr size_t kLongText = 4096;  // tokens

std::string upstream_of(const Json& block) {
  const Json* upstream = block.is_object() ? block.find("upstream") : nullptr;
  return upstream && upstream->is_string() ? upstream->as_string() : "*";
}

void read_tensors(DocRefs docs, Matrix& out) {
  size_t row = 0;
  for (const Doc* doc : docs) {
    const std::vector<float>& tensor = doc->tensor();
    const size_t size = doc->size() * out.cols();
    if (tensor.empty()) {
      std::fill_n(out.data() + row * out.cols(), size, 0.0f);
    } else if (tensor.size() == size) {
      std::copy(tensor.begin(), tensor.end(), out.data() + row * out.cols());
    } else {
      throw Error(ErrorKind::kFormat,
                  "the shared tok2vec gives vectors of another width than its listener expects "
                  "(setting 'width' of the Tok2VecListener)");
    }
    row += doc->size();
  }
}

}  // namespace

Tok2VecInput::Tok2VecInput(nn::Node& node, const Json& block) {
  width_ = static_cast<size_t>(node.dim("nO").value_or(0));
  if (node.name == "tok2vec-listener") {
    upstream_name_ = upstream_of(block);
  } else {
    network_ = std::make_unique<Tok2VecNetwork>(node);
  }
}

Tok2VecInput::~Tok2VecInput() = default;

size_t Tok2VecInput::width() const {
  return width_;
}

std::string Tok2VecInput::upstream_name() const {
  return upstream_name_;
}

void Tok2VecInput::set_upstream(Tok2VecUpstream* upstream) {
  upstream_ = upstream;
}

void Tok2VecInput::initialize(Rng& rng) {
  if (network_) network_->initialize(rng);
}

void Tok2VecInput::weights_changed() {
  if (network_) network_->weights_changed();
}

void Tok2VecInput::predict(DocRefs docs, Matrix& out) const {
  if (network_) return network_->predict(docs, out);
  out.resize(count_tokens(docs), width_);
  read_tensors(docs, out);
}

TokenVectors Tok2VecInput::vectors(DocRefs docs, Matrix& out) const {
  if (network_ && docs.size() == 1 && docs[0]->size() > kLongText) return {*docs[0], *network_};
  const bool there = !network_ && docs.size() == 1 && width_ > 0 &&
                     docs[0]->tensor().size() == docs[0]->size() * width_ && docs[0]->size() > 0;
  if (there) return ConstMatrixView(docs[0]->tensor().data(), docs[0]->size(), width_);
  predict(docs, out);
  return out;
}

void Tok2VecInput::forward(DocRefs docs, double dropout, Rng* rng, Matrix& out) {
  if (network_) return network_->forward(docs, dropout, rng, out);
  out.resize(count_tokens(docs), width_);
  const ConstMatrixView batch = upstream_ ? upstream_->batch_vectors() : ConstMatrixView();
  batch_from_upstream_ = batch.rows > 0;
  if (!batch_from_upstream_) return read_tensors(docs, out);
  if (batch.rows != out.rows() || batch.cols != width_) {
    throw Error(ErrorKind::kInternal,
                "a listener was updated with another batch than the tok2vec component before it");
  }
  copy_matrix(batch, out);
}

void Tok2VecInput::backward(ConstMatrixView gradient, Losses& losses) {
  if (network_) return network_->backward(gradient);
  if (batch_from_upstream_) upstream_->add_gradient(gradient, losses);
}

}  // namespace pawl
