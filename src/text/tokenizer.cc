#include "text/tokenizer.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>

#include "base/error.h"
#include "base/utf8.h"
#include "text/blanks.h"
#include "text/chunk_cache.h"
#include "text/pattern.h"
#include "text/special_cases.h"
#include "text/tokenizer_file.h"
#include "text/unicode.h"

namespace pawl {
namespace {

constexpr size_t kBatch = 16;                    // chunks looked up together
constexpr size_t kMaxReserve = size_t{1} << 16;  // tokens
constexpr size_t kMaxBytes = size_t{1} << 30;    // as spaCy, which counts code points

// A buffer keeps its memory for the next chunk, but not that of one huge chunk.
template <typename T>
void give_back(std::vector<T>& buffer) {
  constexpr size_t kKept = size_t{1} << 14;
  if (buffer.capacity() > kKept) std::vector<T>().swap(buffer);
}

template <typename Rule>
std::optional<Rule> make_rule(const std::string& python, const char* name) {
  if (python.empty()) return std::nullopt;
  return std::optional<Rule>(std::in_place, python, name);
}

// A run of characters that waits for its tokens.
struct Chunk {
  std::string_view text;
  uint64_t hash = 0;
  bool blank_follows = false;
};

// What a document's tokens are collected with.
class Sink {
 public:
  explicit Sink(std::vector<Token>& tokens) : tokens_(tokens) {}

  void push(const Piece& piece) {
    if (piece.may_start_special) special_starts_.push_back(static_cast<uint32_t>(tokens_.size()));
    Token& token = tokens_.emplace_back();
    token.lex = piece.lex;
    token.norm = piece.norm;
    token.idx = next_idx_;
    next_idx_ += piece.length;
  }
  void blank_follows() {
    tokens_.back().spacy = true;
    ++next_idx_;
  }
  const std::vector<uint32_t>& special_starts() const { return special_starts_; }

 private:
  std::vector<Token>& tokens_;
  uint32_t next_idx_ = 0;
  std::vector<uint32_t> special_starts_;
};

}  // namespace

struct Tokenizer::Impl {
  Impl(std::shared_ptr<Vocab> the_vocab, TokenizerRules the_rules);

  void check_rules() const;
  void load_special_cases();
  void remember_last_special_case();

  // The pieces of a run of characters without blanks between them.
  void tokenize_chunk(std::string_view chunk, bool with_specials, LexemeArena& arena,
                      std::vector<Piece>& out) const;
  std::string_view split_affixes(std::string_view text, bool with_specials, LexemeArena& arena,
                                 std::vector<Piece>& prefixes, std::vector<Piece>& suffixes) const;
  void attach(std::string_view text, bool with_specials, LexemeArena& arena,
              std::vector<Piece>& out) const;
  void split_infixes(std::string_view text, LexemeArena& arena, std::vector<Piece>& out) const;

  static Piece piece_of(const Lexeme& lexeme) {
    return {&lexeme, lexeme.norm, lexeme.length, false};
  }
  Piece piece(std::string_view text, LexemeArena& arena) const {
    return piece_of(vocab->get_transient(text, arena));
  }

  void tokenize_text(std::string_view text, Doc& doc, Sink& sink) const;
  void add_chunks(std::span<const Chunk> chunks, ChunkCache& cache, LexemeArena& arena,
                  Sink& sink) const;
  void add_new_chunk(const Chunk& chunk, ChunkCache& cache, LexemeArena& arena, Sink& sink) const;

  std::shared_ptr<ChunkCache> cache() const {
    const std::lock_guard lock(cache_mutex);
    return current_cache;
  }
  void renew_cache(const ChunkCache& full) const {
    const std::lock_guard lock(cache_mutex);
    if (current_cache.get() == &full) current_cache = std::make_shared<ChunkCache>();
  }

  std::shared_ptr<Vocab> vocab;
  TokenizerRules rules;
  std::optional<PrefixRule> prefix;
  std::optional<SuffixRule> suffix;
  std::optional<InfixRule> infix;
  std::optional<MatchRule> token_match, url_match;
  SpecialCases specials;
  // What spaCy's cache holds after it has loaded its rules; see remember_last_special_case.
  std::unordered_map<std::string, std::vector<Piece>> remembered;
  std::string bytes;  // of the file, when there was one

  mutable std::mutex cache_mutex;
  mutable std::shared_ptr<ChunkCache> current_cache = std::make_shared<ChunkCache>();
};

Tokenizer::Impl::Impl(std::shared_ptr<Vocab> the_vocab, TokenizerRules the_rules)
    : vocab(std::move(the_vocab)),
      rules(std::move(the_rules)),
      prefix(make_rule<PrefixRule>(rules.prefix_search, "prefix_search")),
      suffix(make_rule<SuffixRule>(rules.suffix_search, "suffix_search")),
      infix(make_rule<InfixRule>(rules.infix_finditer, "infix_finditer")),
      token_match(make_rule<MatchRule>(rules.token_match, "token_match")),
      url_match(make_rule<MatchRule>(rules.url_match, "url_match")) {
  std::sort(rules.exceptions.begin(), rules.exceptions.end(),
            [](const auto& a, const auto& b) { return a.text < b.text; });
  check_rules();
  load_special_cases();
}

void Tokenizer::Impl::check_rules() const {
  for (const auto& exception : rules.exceptions) {
    std::string joined;
    bool empty_piece = exception.pieces.empty();
    for (const auto& piece : exception.pieces) {
      joined += piece.orth;
      empty_piece = empty_piece || piece.orth.empty();
    }
    if (joined != exception.text || empty_piece || utf8::find_invalid(joined) != utf8::kValid) {
      throw Error(ErrorKind::kFormat, "exceptions: the pieces of '" + exception.text +
                                          "' are not its text cut into non-empty parts");
    }
  }
}

void Tokenizer::Impl::load_special_cases() {
  std::vector<Found> infixes;
  for (const auto& exception : rules.exceptions) {
    std::vector<Piece> pieces;
    for (const auto& part : exception.pieces) {
      const Lexeme& lexeme = vocab->get(part.orth);
      const StringId norm = vocab->strings().intern(part.norm).first;
      pieces.push_back(piece_of(lexeme));
      if (norm != 0) pieces.back().norm = norm;
    }
    specials.add(exception.text, std::move(pieces));
  }
  for (const auto& exception : rules.exceptions) {
    infixes.clear();
    if (infix) (*infix)(exception.text, infixes);
    const bool missed = !rules.faster_heuristics || (prefix && (*prefix)(exception.text) > 0) ||
                        !infixes.empty() || (suffix && (*suffix)(exception.text) > 0) ||
                        exception.text.find(' ') != std::string::npos;
    if (!missed) continue;
    LexemeArena arena;
    std::vector<StringId> orths;
    for_each_chunk(exception.text, [&](std::string_view chunk, bool) {
      std::vector<Piece> pieces;
      tokenize_chunk(chunk, false, arena, pieces);
      for (const Piece& piece : pieces) orths.push_back(piece.lex->orth);
    });
    specials.add_sequence(orths);
  }
}

// spaCy cuts each special case that its first pass can miss without special cases, and caches the
// runs of the last one: so these runs keep being cut like that. It shows only where the last
// special case contains blanks.
void Tokenizer::Impl::remember_last_special_case() {
  if (rules.exceptions.empty()) return;
  const std::string& text = rules.exceptions.back().text;
  if (text.find(' ') == std::string::npos) return;
  for_each_chunk(text, [&](std::string_view chunk, bool) {
    LexemeArena arena;
    std::vector<Piece> pieces;
    tokenize_chunk(chunk, false, arena, pieces);
    for (Piece& piece : pieces) piece.lex = &vocab->get(*piece.lex->text);
    remembered.emplace(chunk, std::move(pieces));
  });
}

void Tokenizer::Impl::tokenize_chunk(std::string_view chunk, bool with_specials, LexemeArena& arena,
                                     std::vector<Piece>& out) const {
  if (with_specials) {
    if (const auto* pieces = specials.find(chunk)) {
      out.insert(out.end(), pieces->begin(), pieces->end());
      return;
    }
    if (!remembered.empty()) {
      const auto found = remembered.find(std::string(chunk));
      if (found != remembered.end()) {
        out.insert(out.end(), found->second.begin(), found->second.end());
        return;
      }
    }
  }
  thread_local std::vector<Piece> prefixes, suffixes;
  prefixes.clear();
  suffixes.clear();
  const auto middle = split_affixes(chunk, with_specials, arena, prefixes, suffixes);
  out.insert(out.end(), prefixes.begin(), prefixes.end());
  if (!middle.empty()) attach(middle, with_specials, arena, out);
  out.insert(out.end(), suffixes.rbegin(), suffixes.rend());
  give_back(prefixes);
  give_back(suffixes);
}

// Peels prefixes and suffixes off, one of each a round, until nothing more comes off or what
// remains is to stay whole.
std::string_view Tokenizer::Impl::split_affixes(std::string_view text, bool with_specials,
                                                LexemeArena& arena, std::vector<Piece>& prefixes,
                                                std::vector<Piece>& suffixes) const {
  auto is_special = [&](std::string_view part) {
    return with_specials && !part.empty() && specials.find(part);
  };
  size_t last_size = 0;
  while (!text.empty() && text.size() != last_size) {
    if (token_match && (*token_match)(text)) break;
    if (is_special(text)) break;
    last_size = text.size();
    const size_t before = prefix ? (*prefix)(text) : 0;
    if (before > 0 && is_special(text.substr(before))) {
      prefixes.push_back(piece(text.substr(0, before), arena));
      return text.substr(before);
    }
    const size_t after = suffix ? (*suffix)(text.substr(before)) : 0;
    const std::string_view without_suffix = text.substr(0, text.size() - after);
    if (after > 0 && is_special(without_suffix)) {
      suffixes.push_back(piece(text.substr(text.size() - after), arena));
      return without_suffix;
    }
    if (before > 0) prefixes.push_back(piece(text.substr(0, before), arena));
    if (after > 0) suffixes.push_back(piece(text.substr(text.size() - after), arena));
    text = without_suffix.substr(before);
  }
  return text;
}

void Tokenizer::Impl::attach(std::string_view text, bool with_specials, LexemeArena& arena,
                             std::vector<Piece>& out) const {
  if (with_specials) {
    if (const auto* pieces = specials.find(text)) {
      out.insert(out.end(), pieces->begin(), pieces->end());
      return;
    }
    if (!remembered.empty()) {
      const auto found = remembered.find(std::string(text));
      if (found != remembered.end()) {
        out.insert(out.end(), found->second.begin(), found->second.end());
        return;
      }
    }
  }
  if ((token_match && (*token_match)(text)) || (url_match && (*url_match)(text))) {
    out.push_back(piece(text, arena));
  } else {
    split_infixes(text, arena, out);
  }
}

void Tokenizer::Impl::split_infixes(std::string_view text, LexemeArena& arena,
                                    std::vector<Piece>& out) const {
  thread_local std::vector<Found> infixes;
  infixes.clear();
  if (infix) (*infix)(text, infixes);
  size_t start = 0;
  for (const Found& found : infixes) {
    if (found.start == 0) continue;
    if (found.start != start) out.push_back(piece(text.substr(start, found.start - start), arena));
    if (found.start != found.end) {
      out.push_back(piece(text.substr(found.start, found.end - found.start), arena));
    }
    start = found.end;
  }
  if (start < text.size()) out.push_back(piece(text.substr(start), arena));
}

void Tokenizer::Impl::add_new_chunk(const Chunk& chunk, ChunkCache& cache, LexemeArena& arena,
                                    Sink& sink) const {
  thread_local std::vector<Piece> pieces;
  pieces.clear();
  tokenize_chunk(chunk.text, true, arena, pieces);
  for (Piece& piece : pieces) {
    piece.may_start_special = specials.may_start(piece.lex->orth);
    sink.push(piece);
  }
  if (arena.lexemes.empty() && !cache.put(chunk.hash, chunk.text, pieces)) renew_cache(cache);
  give_back(pieces);
}

void Tokenizer::Impl::add_chunks(std::span<const Chunk> chunks, ChunkCache& cache,
                                 LexemeArena& arena, Sink& sink) const {
  for (const Chunk& chunk : chunks) cache.prefetch_entry(chunk.hash);
  for (const Chunk& chunk : chunks) {
    if (const ChunkCache::Entry* entry = cache.find(chunk.hash, chunk.text)) {
      const Piece* pieces = entry->pieces();
      for (uint16_t i = 0; i < entry->count; ++i) sink.push(pieces[i]);
    } else {
      add_new_chunk(chunk, cache, arena, sink);
    }
    if (chunk.blank_follows) sink.blank_follows();
  }
}

void Tokenizer::Impl::tokenize_text(std::string_view text, Doc& doc, Sink& sink) const {
  const auto chunks = cache();
  LexemeArena arena;
  std::array<Chunk, kBatch> batch;
  size_t waiting = 0;
  for_each_chunk(text, [&](std::string_view chunk, bool blank_follows) {
    const uint64_t hash = ChunkCache::hash(chunk);
    chunks->prefetch_slot(hash);
    batch[waiting++] = {chunk, hash, blank_follows};
    if (waiting == kBatch) {
      add_chunks(batch, *chunks, arena, sink);
      waiting = 0;
    }
  });
  add_chunks(std::span(batch).first(waiting), *chunks, arena, sink);
  if (!arena.lexemes.empty()) doc.keep(std::make_shared<LexemeArena>(std::move(arena)));
}

Tokenizer::Tokenizer(std::shared_ptr<Vocab> vocab, TokenizerRules rules)
    : impl_(std::make_unique<Impl>(std::move(vocab), std::move(rules))) {}
Tokenizer::~Tokenizer() = default;

Doc Tokenizer::operator()(std::string_view text) const {
  if (text.size() >= kMaxBytes) {
    throw Error(ErrorKind::kInvalidInput,
                "a text of " + std::to_string(text.size()) + " bytes is too long to tokenise");
  }
  const size_t bad = utf8::find_invalid(text);
  if (bad != utf8::kValid) {
    throw Error(ErrorKind::kInvalidInput, "the text is not UTF-8 at byte " + std::to_string(bad));
  }
  Doc doc(*impl_->vocab, std::string(text));
  doc.tokens().reserve(std::min(text.size() / 4 + 4, kMaxReserve));
  Sink sink(doc.tokens());
  impl_->tokenize_text(text, doc, sink);
  if (!sink.special_starts().empty()) impl_->specials.apply(doc, sink.special_starts());
  return doc;
}

const TokenizerRules& Tokenizer::rules() const {
  return impl_->rules;
}

std::unique_ptr<Tokenizer> Tokenizer::from_bytes(std::shared_ptr<Vocab> vocab,
                                                 std::string_view bytes, const std::string& where) {
  try {
    auto tokenizer = std::make_unique<Tokenizer>(std::move(vocab), parse_tokenizer_file(bytes));
    tokenizer->impl_->remember_last_special_case();
    tokenizer->impl_->bytes = bytes;
    return tokenizer;
  } catch (const Error& error) {
    throw error.within(where);
  }
}

std::string Tokenizer::to_bytes() const {
  return impl_->bytes.empty() ? tokenizer_file_bytes(impl_->rules) : impl_->bytes;
}

}  // namespace pawl
