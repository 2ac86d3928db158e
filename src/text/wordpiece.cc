#include "text/wordpiece.h"

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"

namespace pawl {

WordPiece::WordPiece(std::vector<std::string> tokens, WordPieceOptions options)
    : tokens_(std::move(tokens)), options_(std::move(options)) {
  Index all;
  all.reserve(tokens_.size());
  const std::string& mark = options_.continuation;
  for (uint32_t id = 0; id < tokens_.size(); ++id) {
    const std::string& token = tokens_[id];
    if (!all.emplace(token, id).second) {
      throw Error(ErrorKind::kFormat, "the vocabulary holds '" + token + "' twice, as " +
                                          std::to_string(all.at(token)) + " and " +
                                          std::to_string(id));
    }
    longest_ = std::max(longest_, token.size());
    if (token.size() > mark.size() && token.starts_with(mark)) {
      next_.emplace(token.substr(mark.size()), id);
    }
  }
  first_ = std::move(all);
  unknown_ = id_of(options_.unknown);
  begin_ = id_of(options_.begin);
  end_ = id_of(options_.end);
  for (const std::string& token : options_.special) {
    if (const auto found = first_.find(token); found != first_.end() && !token.empty()) {
      special_.emplace_back(token, found->second);
    }
  }
  std::ranges::stable_sort(special_, std::greater<>(),
                           [](const auto& entry) { return entry.first.size(); });
}

uint32_t WordPiece::id_of(const std::string& token) const {
  const auto found = first_.find(token);
  if (found == first_.end()) {
    throw Error(ErrorKind::kFormat, "the vocabulary lacks the token '" + token + "'");
  }
  return found->second;
}

std::string WordPiece::vocabulary() const {
  std::string out;
  for (const std::string& token : tokens_) out.append(token).push_back('\n');
  return out;
}

const std::pair<std::string, uint32_t>* WordPiece::special_at(std::string_view text) const {
  for (const auto& entry : special_) {
    if (text.starts_with(entry.first)) return &entry;
  }
  return nullptr;
}

std::vector<uint32_t> WordPiece::pieces(std::string_view text) const {
  if (const size_t bad = utf8::find_invalid(text); bad != utf8::kValid) {
    throw Error(ErrorKind::kInvalidInput, "the text is not UTF-8 at byte " + std::to_string(bad));
  }
  std::string beginnings;
  for (const auto& entry : special_) beginnings.push_back(entry.first.front());
  std::vector<uint32_t> out;
  size_t done = 0;
  for (size_t at = text.find_first_of(beginnings); at != std::string_view::npos;) {
    const auto* special = special_at(text.substr(at));
    if (special != nullptr) {
      add_text(text.substr(done, at - done), out);
      out.push_back(special->second);
      done = at + special->first.size();
    }
    at = text.find_first_of(beginnings, special == nullptr ? at + 1 : done);
  }
  add_text(text.substr(done), out);
  return out;
}

void WordPiece::add_text(std::string_view text, std::vector<uint32_t>& out) const {
  if (text.empty()) return;
  const std::string normalized = normalize_for_wordpiece(text, options_.normalization);
  for (const std::string_view word : split_words(normalized)) add_word(word, out);
}

// Candidates end at character borders: no token of a UTF-8 vocabulary ends within one.
void WordPiece::add_word(std::string_view word, std::vector<uint32_t>& out) const {
  if (word.size() > options_.max_word_characters &&
      utf8::count(word) > options_.max_word_characters) {
    return out.push_back(unknown_);
  }
  const size_t before = out.size();
  for (size_t begin = 0; begin < word.size();) {
    const Index& index = begin == 0 ? first_ : next_;
    size_t length = std::min(word.size() - begin, longest_);
    auto found = index.end();
    for (; length > 0 && found == index.end(); --length) {
      found = index.find(word.substr(begin, length));
    }
    if (found == index.end()) {
      out.resize(before);
      return out.push_back(unknown_);
    }
    out.push_back(found->second);
    begin += length + 1;
  }
}

std::vector<uint32_t> WordPiece::encode(std::string_view text, size_t max_length) const {
  std::vector<uint32_t> out = pieces(text);
  out.resize(std::min(out.size(), max_length < 2 ? size_t{0} : max_length - 2));
  out.insert(out.begin(), begin_);
  out.push_back(end_);
  return out;
}

}  // namespace pawl
