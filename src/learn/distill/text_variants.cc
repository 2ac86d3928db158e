#include "learn/distill/text_variants.h"

namespace pawl::learn {
namespace {

constexpr double kStretch = 0.25;                  // share of texts
constexpr double kLeaveOut = 0.1, kReplace = 0.1;  // share of words

class VariantMaker {
 public:
  VariantMaker(std::span<const Doc* const> docs, Rng& rng) : docs_(docs), rng_(rng) {}

  std::string make(const Doc& doc) {
    text_.clear();
    size_t begin = 0, end = doc.size();
    if (rng_.uniform() < kStretch) {
      const size_t length = 1 + rng_.below(doc.size());
      begin = rng_.below(doc.size() - length + 1);
      end = begin + length;
    }
    add(doc, begin, end);
    if (text_.empty()) add_word(doc, rng_.below(doc.size()));
    return text_;
  }

 private:
  void add(const Doc& doc, size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) {
      const double kind = rng_.uniform();
      if (kind < kLeaveOut) continue;
      if (kind < kLeaveOut + kReplace) {
        const Doc& other = *docs_[rng_.below(docs_.size())];
        add_word(other, rng_.below(other.size()));
      } else {
        add_word(doc, i);
      }
    }
  }

  // Only what was written together is: other neighbours would become one word.
  void add_word(const Doc& doc, size_t i) {
    const bool follows = last_doc_ == &doc && last_ + 1 == i;
    if (!text_.empty() && (!follows || doc[last_].spacy)) text_ += ' ';
    text_ += doc.span_text(static_cast<uint32_t>(i), static_cast<uint32_t>(i + 1));
    last_doc_ = &doc;
    last_ = i;
  }

  std::span<const Doc* const> docs_;
  Rng& rng_;
  std::string text_;
  const Doc* last_doc_ = nullptr;
  size_t last_ = 0;  // word added
};

}  // namespace

std::vector<std::string> text_variants(std::span<const Doc* const> docs, size_t count, Rng& rng) {
  VariantMaker maker(docs, rng);
  std::vector<std::string> texts;
  for (size_t i = 0; i < count; ++i) texts.push_back(maker.make(*docs[i % docs.size()]));
  return texts;
}

}  // namespace pawl::learn
