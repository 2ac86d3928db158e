// What the finders of personal data share: the folded text with its key words, and their finds.
#pragma once

#include <cstddef>
#include <vector>

#include "learn/privacy/cues.h"
#include "learn/privacy/folded_text.h"

namespace pawl::pii {

// In order of precedence: where two finds overlap, the first kind names the placeholder of both.
enum class Kind { kUrl, kEmail, kKey, kIban, kCard, kSsn, kId, kIp, kPhone, kPerson };
const char* name_of(Kind kind);

// Characters [start, end) of a folded text.
struct Find {
  size_t start;
  size_t end;
  Kind kind;
};
using Finds = std::vector<Find>;

// Each linear in the text.
void find_urls(const FoldedText& text, Finds& finds);  // with credentials
void find_emails(const FoldedText& text, const Cues& cues, Finds& finds);
void find_ips(const FoldedText& text, const Cues& cues, Finds& finds);
void find_ibans(const FoldedText& text, Finds& finds);
void find_national_ids(const FoldedText& text, const Cues& cues, Finds& finds);
void find_secrets(const FoldedText& text, const Cues& cues, Finds& finds);  // behind a key
void find_tokens(const FoldedText& text, const Cues& cues, Finds& finds);   // by their own form
void find_numbers(const FoldedText& text, const Cues& cues, Finds& finds);  // cards, SSNs, phones

}  // namespace pawl::pii
