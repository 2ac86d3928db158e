// Whether what stands behind a key such as "password" is a secret, or a word about one.
#pragma once

#include <cstddef>

#include "learn/privacy/cues.h"
#include "learn/privacy/folded_text.h"

namespace pawl::pii {

// How a key and a value are held together.
enum class Link {
  kAssigned,  // "key: value", "key=value", a flag, an element
  kSaid,      // "key is value"
  kBeside,    // "key value", "set the key to value"
};

struct SecretValue {
  size_t start = 0;
  size_t end = 0;  // 0: none
  bool quoted = false;
};

// The value at `start`: what is in quotes, else up to the next blank or sign that ends it there.
// `in_query`: also up to "&" and "#".
SecretValue read_value(const FoldedText& text, size_t start, bool in_query);

bool is_secret_value(const FoldedText& text, const SecretValue& value, CueKind key, Link link);

}  // namespace pawl::pii
