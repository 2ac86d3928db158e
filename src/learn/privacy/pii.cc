#include "learn/privacy/pii.h"

#include <algorithm>

#include "base/utf8.h"
#include "learn/privacy/corrected_names.h"
#include "learn/privacy/scan.h"

namespace pawl::pii {

const char* name_of(Kind kind) {
  constexpr const char* kNames[] = {"URL", "EMAIL", "KEY", "IBAN",  "CARD",
                                    "SSN", "ID",    "IP",  "PHONE", "PERSON"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace pawl::pii

namespace pawl::learn {

namespace {

using pii::Kind;

struct Removal {
  int64_t start;
  int64_t end;
  Kind kind;
};

std::vector<Removal> find_all(std::string_view text, std::span<const CodePointSpan> persons) {
  const pii::FoldedText folded(text);
  const pii::Cues cues(folded);
  pii::Finds finds;
  pii::find_urls(folded, finds);
  pii::find_emails(folded, cues, finds);
  pii::find_secrets(folded, cues, finds);
  pii::find_tokens(folded, cues, finds);
  pii::find_ibans(folded, finds);
  pii::find_national_ids(folded, cues, finds);
  pii::find_numbers(folded, cues, finds);
  pii::find_ips(folded, cues, finds);
  std::vector<Removal> removals;
  for (const pii::Find& find : finds) {
    removals.push_back({folded.origin_start(find.start), folded.origin_end(find.end), find.kind});
  }
  const auto size = static_cast<int64_t>(utf8::count(text));
  for (const CodePointSpan& person : persons) {
    const int64_t start = std::clamp<int64_t>(person.start, 0, size),
                  end = std::clamp<int64_t>(person.end, 0, size);
    if (start < end) removals.push_back({start, end, Kind::kPerson});
  }
  return removals;
}

// Sorted, and joined where they overlap.
std::vector<Removal> join(std::vector<Removal> removals) {
  std::sort(removals.begin(), removals.end(), [](const Removal& a, const Removal& b) {
    return a.start != b.start ? a.start < b.start : a.end > b.end;
  });
  std::vector<Removal> joined;
  for (const Removal& next : removals) {
    if (joined.empty() || next.start >= joined.back().end) {
      joined.push_back(next);
      continue;
    }
    joined.back().end = std::max(joined.back().end, next.end);
    joined.back().kind = std::min(joined.back().kind, next.kind);
  }
  return joined;
}

}  // namespace

Redaction redact(std::string_view text, std::span<const CodePointSpan> persons) {
  const std::vector<Removal> removals = join(find_all(text, persons));
  Redaction redaction;
  if (removals.empty()) {
    redaction.text = text;
    return redaction;
  }
  const std::vector<uint32_t> offsets = utf8::offsets(text);
  size_t done = 0;
  for (const Removal& removal : removals) {
    const std::string placeholder = std::string("<") + pii::name_of(removal.kind) + ">";
    const size_t start = offsets[static_cast<size_t>(removal.start)];
    redaction.text += text.substr(done, start - done);
    redaction.text += placeholder;
    done = offsets[static_cast<size_t>(removal.end)];
    redaction.edits.push_back({removal.start, removal.end, static_cast<int64_t>(placeholder.size()),
                               pii::name_of(removal.kind)});
  }
  redaction.text += text.substr(done);
  return redaction;
}

std::string without_placeholders(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    while (text[at] == '<' && end < text.size() && text[end] >= 'A' && text[end] <= 'Z') ++end;
    const bool removed = end > at + 1 && end < text.size() && text[end] == '>';
    out += removed ? ' ' : text[at];
    at = removed ? end + 1 : at + 1;
  }
  return out;
}

bool has_personal_data(std::string_view text) {
  return !find_all(text, {}).empty();
}

std::vector<EntitySpan> move_entities(std::span<const EntitySpan> entities,
                                      std::span<const TextEdit> edits) {
  std::vector<EntitySpan> moved;
  for (const EntitySpan& entity : entities) {
    EntitySpan next = entity;
    bool keep = true;
    for (const TextEdit& edit : edits) {
      const int64_t growth = edit.length - (edit.end - edit.start);
      const bool apart = edit.end <= entity.start || edit.start >= entity.end;
      const bool covered = entity.start <= edit.start && edit.end <= entity.end;
      const bool exact = entity.start == edit.start && entity.end == edit.end;
      keep &=
          apart || (covered && !(exact && edit.kind == "PERSON" && !is_person_label(entity.label)));
      if (edit.end <= entity.start) next.start += growth;
      if (edit.end <= entity.end) next.end += growth;
    }
    if (keep) moved.push_back(std::move(next));
  }
  return moved;
}

}  // namespace pawl::learn
