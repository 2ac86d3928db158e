#include <cstring>

#include "base/error.h"
#include "base/msgpack.h"
#include "base/utf8.h"
#include "training/docbin_format.h"

namespace pawl {
namespace {

// struct.pack(">QQQllll"): id, kb_id, label, start, end, start_char, end_char.
constexpr size_t kSpanBytes = 3 * 8 + 4 * 4;
constexpr std::string_view kNoGroups = "\x90";  // an empty list

template <typename T>
void append_big_endian(std::string& out, T value) {
  for (size_t shift = 8 * sizeof(T); shift > 0; shift -= 8)
    out += static_cast<char>(value >> (shift - 8));
}

template <typename T>
T big_endian(std::string_view bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value << 8 | static_cast<unsigned char>(bytes[at + i]));
  return value;
}

Msgpack group_value(const SpanGroup& group, const GoldDoc& doc) {
  Msgpack::Array spans;
  for (const Span& span : group.spans) {
    std::string bytes;
    for (const uint64_t id : {span.id, span.kb_id, span.label}) append_big_endian(bytes, id);
    for (const uint32_t at :
         {span.start, span.end, doc.tokens[span.start].start, doc.tokens[span.end - 1].end})
      append_big_endian(bytes, at);
    spans.emplace_back(Msgpack::Binary{std::move(bytes)});
  }
  Msgpack::Map attrs;
  if (!group.scores.empty()) {
    NumpyArray scores{"<f4", {static_cast<int64_t>(group.scores.size())}, {}};
    scores.bytes.resize(group.scores.size() * sizeof(float));
    std::memcpy(scores.bytes.data(), group.scores.data(), scores.bytes.size());
    attrs.emplace_back(Msgpack("scores"), to_msgpack_value(scores));
  }
  return Msgpack(Msgpack::Map{{Msgpack("name"), Msgpack(group.name)},
                              {Msgpack("attrs"), Msgpack(std::move(attrs))},
                              {Msgpack("spans"), Msgpack(std::move(spans))}});
}

Span read_span(std::string_view bytes, size_t tokens) {
  if (bytes.size() != kSpanBytes)
    throw Error(ErrorKind::kFormat, "'span_groups' has a span of " + std::to_string(bytes.size()) +
                                        " bytes, not " + std::to_string(kSpanBytes));
  Span span;
  span.id = big_endian<uint64_t>(bytes, 0);
  span.kb_id = big_endian<uint64_t>(bytes, 8);
  span.label = big_endian<uint64_t>(bytes, 16);
  span.start = big_endian<uint32_t>(bytes, 24);
  span.end = big_endian<uint32_t>(bytes, 28);
  if (span.start >= span.end || span.end > tokens)
    throw Error(ErrorKind::kFormat, "'span_groups' has a span that is not in its document");
  return span;
}

// "scores" is a list of numbers or a numpy array of them; anything else about a group is left out.
std::vector<float> read_scores(const Msgpack& attrs, size_t spans) {
  const Msgpack* scores = attrs.is<Msgpack::Map>() ? attrs.find("scores") : nullptr;
  std::vector<float> out;
  if (scores && is_numpy_array(*scores)) {
    const NumpyArray array = as_numpy_array(*scores);
    if (array.dtype != "<f4" || array.shape.size() != 1) return {};
    out.resize(array.size());
    if (!out.empty()) std::memcpy(out.data(), array.bytes.data(), out.size() * sizeof(float));
  } else if (scores && scores->is<Msgpack::Array>()) {
    for (const Msgpack& score : scores->as_array())
      out.push_back(static_cast<float>(score.as_double()));
  }
  return out.size() == spans ? out : std::vector<float>();
}

SpanGroup read_group(std::string_view bytes, size_t tokens) {
  const Msgpack message = parse_msgpack(bytes);
  SpanGroup group;
  group.name = message.at("name").as_string();
  for (const Msgpack& span : message.at("spans").as_array())
    group.spans.push_back(read_span(span.as_bytes(), tokens));
  group.scores = read_scores(message.at("attrs"), group.spans.size());
  return group;
}

void add_group(std::vector<SpanGroup>& out, SpanGroup group) {
  if (utf8::find_invalid(group.name) != utf8::kValid)
    throw Error(ErrorKind::kFormat, "'span_groups' has a name that is not UTF-8");
  for (SpanGroup& known : out) {
    if (known.name != group.name) continue;
    known = std::move(group);
    return;
  }
  out.push_back(std::move(group));
}

}  // namespace

std::string span_groups_bytes(const std::vector<SpanGroup>& groups, const GoldDoc& doc) {
  if (groups.empty()) return std::string(kNoGroups);
  Msgpack::Map message;
  for (const SpanGroup& group : groups) {
    message.emplace_back(Msgpack(Msgpack::Binary{to_msgpack(group_value(group, doc))}),
                         Msgpack(Msgpack::Array{Msgpack(group.name)}));
  }
  return to_msgpack(Msgpack(std::move(message)));
}

std::vector<SpanGroup> read_span_groups(std::string_view bytes, size_t tokens) {
  std::vector<SpanGroup> out;
  if (bytes.empty() || bytes == kNoGroups) return out;
  const Msgpack message = parse_msgpack(bytes);
  if (message.is<Msgpack::Array>()) {  // the first version of the format
    for (const Msgpack& group : message.as_array())
      add_group(out, read_group(group.as_bytes(), tokens));
    return out;
  }
  for (const auto& [group_bytes, keys] : message.as_map()) {
    SpanGroup group = read_group(group_bytes.as_bytes(), tokens);
    for (const Msgpack& key : keys.as_array()) {
      group.name = key.as_string();
      add_group(out, group);
    }
  }
  return out;
}

}  // namespace pawl
