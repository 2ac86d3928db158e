#include "training/docbin.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>
#include <unordered_map>

#include "base/error.h"
#include "base/msgpack.h"
#include "base/utf8.h"
#include "training/docbin_format.h"
#include "training/zlib_bytes.h"

namespace pawl {

namespace {

constexpr size_t kMaxAttributes = 256;

template <typename T>
std::vector<T> numbers(const std::string& bytes, const char* what) {
  if (bytes.size() % sizeof(T) != 0) {
    throw Error(ErrorKind::kFormat, std::string(what) + " is not a whole number of values");
  }
  std::vector<T> out(bytes.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), bytes.size());
  return out;
}

// The decoded message, its parts checked against each other.
class Reader {
 public:
  Reader(const Msgpack& message, StringStore& strings) : strings_(strings) {
    read_attributes(message);
    for (const Msgpack& item : message.at("strings").as_array()) {
      const std::string& text = item.as_string();
      if (utf8::find_invalid(text) != utf8::kValid)
        throw Error(ErrorKind::kFormat, "'strings' is not UTF-8");
      texts_.emplace(string_id(text), text);
    }
    lengths_ = numbers<int32_t>(message.at("lengths").as_bytes(), "'lengths'");
    tokens_ = numbers<uint64_t>(message.at("tokens").as_bytes(), "'tokens'");
    spaces_ = message.at("spaces").as_bytes();
    cats_ = &message.at("cats").as_array();
    flags_ = message.find("flags") ? &message.at("flags").as_array() : nullptr;
    groups_ = message.find("span_groups") ? &message.at("span_groups").as_array() : nullptr;
    check_sizes();
  }

  std::vector<GoldDoc> run() {
    std::vector<GoldDoc> docs;
    docs.reserve(lengths_.size());
    for (size_t i = 0; i < lengths_.size(); ++i) {
      docs.push_back(read_doc(i, static_cast<size_t>(lengths_[i])));
      first_ += static_cast<size_t>(lengths_[i]);
    }
    return docs;
  }

 private:
  void read_attributes(const Msgpack& message) {
    const Msgpack::Array& attributes = message.at("attrs").as_array();
    width_ = attributes.size();
    if (width_ == 0 || width_ > kMaxAttributes) {
      throw Error(ErrorKind::kFormat, "'attrs' has " + std::to_string(width_) + " attributes");
    }
    columns_.fill(kAbsent);
    for (size_t i = 0; i < width_; ++i) {
      if (const auto attr = attr_from_number(attributes[i].as_uint()))
        columns_[static_cast<size_t>(*attr)] = i;
    }
    if (column(Attr::kOrth) == kAbsent) throw Error(ErrorKind::kFormat, "'attrs' lacks ORTH");
  }

  size_t column(Attr attr) const { return columns_[static_cast<size_t>(attr)]; }

  void check_sizes() const {
    size_t total = 0;
    for (const int32_t length : lengths_) {
      if (length < 0) throw Error(ErrorKind::kFormat, "'lengths' has a negative length");
      total += static_cast<size_t>(length);
    }
    if (total != spaces_.size()) throw Error(ErrorKind::kFormat, "'lengths' and 'spaces' disagree");
    if (tokens_.size() / width_ != total || tokens_.size() % width_ != 0) {
      throw Error(ErrorKind::kFormat, "'lengths' and 'tokens' disagree");
    }
    if (cats_->size() != lengths_.size() || (flags_ && flags_->size() != lengths_.size()) ||
        (groups_ && groups_->size() != lengths_.size())) {
      throw Error(ErrorKind::kFormat, "'lengths', 'cats', 'flags' and 'span_groups' disagree");
    }
  }

  const std::string& text_of(uint64_t id) {
    if (id == 0) return empty_;
    const auto found = texts_.find(id);
    if (found != texts_.end()) return found->second;
    if (strings_.contains(id)) return strings_.at(id);
    throw Error(ErrorKind::kFormat, "string id " + std::to_string(id) + " is not among 'strings'");
  }

  bool unknown_spaces(size_t doc) const {
    const Msgpack* flag = flags_ ? (*flags_)[doc].find("has_unknown_spaces") : nullptr;
    return flag && flag->as_bool();
  }

  GoldDoc read_doc(size_t index, size_t length) {
    GoldDoc doc;
    doc.unknown_spaces = unknown_spaces(index);
    uint32_t at = 0;
    for (size_t i = 0; i < length; ++i) {
      const uint64_t* row = tokens_.data() + (first_ + i) * width_;
      const std::string& word = text_of(row[column(Attr::kOrth)]);
      const uint64_t iob = value(row, Attr::kEntIob);
      if (iob > 3) throw Error(ErrorKind::kFormat, "ENT_IOB is " + std::to_string(iob));
      const auto size = static_cast<uint32_t>(utf8::count(word));
      doc.text += word;
      doc.tokens.push_back({at, at + size, static_cast<EntIob>(iob), annotation(row, i, length)});
      at += size;
      if (doc.unknown_spaces || spaces_[first_ + i] != 0) {
        doc.text += ' ';
        ++at;
      }
      add_entity(doc, i, static_cast<EntIob>(iob), value(row, Attr::kEntType));
    }
    set_sentence_starts(doc);
    read_cats((*cats_)[index], doc);
    read_spans(index, doc);
    return doc;
  }

  uint64_t value(const uint64_t* row, Attr attr) const {
    const size_t at = column(attr);
    return at == kAbsent ? 0 : row[at];
  }

  // The id, whose text joins the pipeline's strings.
  StringId label(const uint64_t* row, Attr attr) {
    const uint64_t id = value(row, attr);
    return id == 0 ? 0 : strings_.add(text_of(id));
  }

  TokenAnnotation annotation(const uint64_t* row, size_t i, size_t length) {
    TokenAnnotation out;
    out.norm = label(row, Attr::kNorm);
    out.tag = label(row, Attr::kTag);
    out.pos = label(row, Attr::kPos);
    out.morph = label(row, Attr::kMorph);
    out.lemma = label(row, Attr::kLemma);
    out.dep = label(row, Attr::kDep);
    out.ent_kb_id = label(row, Attr::kEntKbId);
    out.ent_id = label(row, Attr::kEntId);
    out.head = static_cast<int32_t>(value(row, Attr::kHead));
    const int64_t head = static_cast<int64_t>(i) + out.head;
    if (head < 0 || head >= static_cast<int64_t>(length))
      throw Error(ErrorKind::kFormat, "HEAD points outside of its document");
    const auto start = static_cast<int64_t>(value(row, Attr::kSentStart));
    out.sent_start = static_cast<int8_t>(start > 0 ? 1 : start < 0 ? -1 : 0);
    return out;
  }

  // Trees say where sentences begin (Doc.from_array).
  void set_sentence_starts(GoldDoc& doc) const {
    if (column(Attr::kHead) == kAbsent || doc.tokens.empty() || !doc.has_annotation(Attr::kDep))
      return;
    std::vector<int32_t> heads;
    std::vector<uint8_t> known;
    for (const GoldToken& token : doc.tokens) {
      heads.push_back(token.said.head);
      known.push_back(token.said.dep != 0);
    }
    const std::vector<int8_t> starts = sentence_starts(heads, known);
    for (size_t i = 0; i < starts.size(); ++i) doc.tokens[i].said.sent_start = starts[i];
  }

  void add_entity(GoldDoc& doc, size_t i, EntIob iob, uint64_t type) {
    const auto token = static_cast<uint32_t>(i);
    const TokenAnnotation& said = doc.tokens[i].said;
    auto begin = [&] {
      doc.entities.push_back(
          {token, token + 1, strings_.add(text_of(type)), said.ent_kb_id, said.ent_id});
    };
    if (iob == EntIob::kBegin) {
      // An empty label under B is spaCy's mark for a blocked token: known to be outside.
      if (type == 0)
        doc.tokens[i].ent_iob = EntIob::kOutside;
      else
        begin();
    } else if (iob == EntIob::kInside) {
      const bool continues = !doc.entities.empty() && doc.entities.back().end == token;
      if (continues)
        ++doc.entities.back().end;
      else if (type != 0)
        begin();
    }
  }

  void read_spans(size_t index, GoldDoc& doc) {
    if (!groups_) return;
    doc.spans = read_span_groups((*groups_)[index].as_bytes(), doc.tokens.size());
    for (SpanGroup& group : doc.spans) {
      for (Span& span : group.spans) {
        span.label = span.label == 0 ? 0 : strings_.add(text_of(span.label));
        for (const StringId id : {span.kb_id, span.id}) {
          const auto text = texts_.find(id);
          if (text != texts_.end()) strings_.add(text->second);
        }
      }
    }
  }

  static void read_cats(const Msgpack& cats, GoldDoc& doc) {
    for (const auto& [label, score] : cats.as_map()) {
      const double value = score.is<bool>() ? score.as_bool() : score.as_double();
      if (!(std::fabs(value) <= std::numeric_limits<float>::max()))
        throw Error(ErrorKind::kFormat, "'cats' has a score that is not a number");
      if (utf8::find_invalid(label.as_string()) != utf8::kValid) {
        throw Error(ErrorKind::kFormat, "'cats' has a label that is not UTF-8");
      }
      doc.cats.emplace_back(label.as_string(), static_cast<float>(value));
    }
  }

  static constexpr size_t kAbsent = static_cast<size_t>(-1);

  StringStore& strings_;
  std::string empty_;
  size_t width_ = 0;
  std::array<size_t, static_cast<size_t>(Attr::kIsCurrency) + 1> columns_;
  size_t first_ = 0;
  std::unordered_map<uint64_t, std::string> texts_;
  std::vector<int32_t> lengths_;
  std::vector<uint64_t> tokens_;
  std::string spaces_;
  const Msgpack::Array* cats_ = nullptr;
  const Msgpack::Array* flags_ = nullptr;
  const Msgpack::Array* groups_ = nullptr;
};

struct Columns {
  std::vector<uint64_t> tokens;
  std::string spaces;
  std::vector<int32_t> lengths;
  std::set<std::string> strings;
};

template <typename T>
Msgpack raw_bytes(const std::vector<T>& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return Msgpack(Msgpack::Binary{std::move(bytes)});
}

void append_token(Columns& columns, const std::string& word, const GoldDoc& doc, size_t i,
                  StringId type) {
  for (const Attr attr : kDocBinAttrs) {
    uint64_t value = 0;
    if (attr == Attr::kOrth)
      value = string_id(word);
    else if (attr == Attr::kEntType)
      value = type;
    else if (attr == Attr::kNorm && doc.tokens[i].said.norm == 0)
      value = string_id(word);
    else
      value = doc.value(i, attr);
    columns.tokens.push_back(value);
  }
}

void add_strings(Columns& columns, std::initializer_list<StringId> ids,
                 const StringStore& strings) {
  for (const StringId id : ids) {
    if (id != 0 && strings.contains(id)) columns.strings.insert(strings.at(id));
  }
}

void append_doc(Columns& columns, const GoldDoc& doc, const StringStore& strings) {
  const std::vector<uint32_t> offsets = utf8::offsets(doc.text);
  std::vector<StringId> types(doc.tokens.size(), 0);
  for (const Span& span : doc.entities) {
    std::fill(types.begin() + span.start, types.begin() + span.end, span.label);
    add_strings(columns, {span.label}, strings);
  }
  for (size_t i = 0; i < doc.tokens.size(); ++i) {
    const GoldToken& token = doc.tokens[i];
    const TokenAnnotation& said = token.said;
    const std::string word =
        doc.text.substr(offsets[token.start], offsets[token.end] - offsets[token.start]);
    const uint32_t next = i + 1 < doc.tokens.size() ? doc.tokens[i + 1].start
                                                    : static_cast<uint32_t>(offsets.size() - 1);
    append_token(columns, word, doc, i, types[i]);
    columns.spaces += next > token.end ? '\1' : '\0';
    columns.strings.insert(word);
    add_strings(
        columns,
        {said.norm, said.tag, said.morph, said.lemma, said.dep, said.ent_kb_id, said.ent_id},
        strings);
  }
  for (const SpanGroup& group : doc.spans) {
    for (const Span& span : group.spans)
      add_strings(columns, {span.label, span.kb_id, span.id}, strings);
  }
  columns.lengths.push_back(static_cast<int32_t>(doc.tokens.size()));
}

}  // namespace

std::vector<GoldDoc> read_docbin(std::string_view bytes, StringStore& strings,
                                 const std::string& where, const DocBinLimits& limits) {
  try {
    const size_t most = std::min(limits.max_bytes, bytes.size() * limits.max_ratio + 1024);
    const Msgpack message = parse_msgpack(decompress_zlib(bytes, most));
    return Reader(message, strings).run();
  } catch (const Error& error) {
    throw error.within(where + ": not a DocBin");
  }
}

std::string write_docbin(std::span<const GoldDoc> docs, const StringStore& strings) {
  Columns columns;
  columns.strings.insert("");
  Msgpack::Array cats, flags, groups;
  for (const GoldDoc& doc : docs) {
    append_doc(columns, doc, strings);
    Msgpack::Map scores;
    for (const auto& [label, score] : doc.cats) {
      scores.emplace_back(Msgpack(label), Msgpack(static_cast<double>(score)));
    }
    cats.emplace_back(std::move(scores));
    flags.emplace_back(Msgpack::Map{{Msgpack("has_unknown_spaces"), Msgpack(doc.unknown_spaces)}});
    groups.emplace_back(Msgpack::Binary{span_groups_bytes(doc.spans, doc)});
  }
  Msgpack::Array attributes, texts;
  for (const Attr attr : kDocBinAttrs) attributes.emplace_back(attr_number(attr));
  for (const std::string& text : columns.strings) texts.emplace_back(text);
  Msgpack::Map message{{Msgpack("version"), Msgpack("0.1")},
                       {Msgpack("attrs"), Msgpack(std::move(attributes))},
                       {Msgpack("tokens"), raw_bytes(columns.tokens)},
                       {Msgpack("spaces"), Msgpack(Msgpack::Binary{columns.spaces})},
                       {Msgpack("lengths"), raw_bytes(columns.lengths)},
                       {Msgpack("strings"), Msgpack(std::move(texts))},
                       {Msgpack("cats"), Msgpack(std::move(cats))},
                       {Msgpack("flags"), Msgpack(std::move(flags))},
                       {Msgpack("span_groups"), Msgpack(std::move(groups))}};
  return compress_zlib(to_msgpack(Msgpack(std::move(message))));
}

}  // namespace pawl
