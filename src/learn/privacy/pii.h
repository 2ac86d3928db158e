// Removal of personal data from free text, before anything is stored. Placeholders take its place.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/records.h"

namespace pawl::learn {

// Code points [start, end) of a text.
struct CodePointSpan {
  int64_t start = 0;
  int64_t end = 0;
  bool operator==(const CodePointSpan&) const = default;
};

struct Redaction {
  std::string text;
  std::vector<TextEdit> edits;  // in order, apart from each other; kind is the placeholder's name
};

// Replaces e-mail addresses, phone and card numbers, IBANs, social security and other national
// numbers, IP addresses, URLs with credentials, keys, passwords and tokens, and the given persons
// (from NER) by <EMAIL>, <PHONE>, <CARD>, <IBAN>, <SSN>, <ID>, <IP>, <URL>, <KEY>, <PERSON>. Text
// is well-formed UTF-8. Linear in the text. What is redacted and what is left, and why:
// docs/privacy.md.
Redaction redact(std::string_view text, std::span<const CodePointSpan> persons = {});

// Whether redact() would change it (without persons).
bool has_personal_data(std::string_view text);

// A blank where redact() put something.
std::string without_placeholders(std::string_view text);

// Where an entity of the text as it was said lies in the redacted text. One that touches a removed
// stretch grows to its placeholder if it covers it, and is dropped if it only cuts into it or lies
// inside, or if a removed name was all of it and it says that it is none.
std::vector<EntitySpan> move_entities(std::span<const EntitySpan> entities,
                                      std::span<const TextEdit> edits);

}  // namespace pawl::learn
