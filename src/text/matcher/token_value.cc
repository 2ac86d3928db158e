#include "text/matcher/token_value.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"

namespace pawl::matcher {

Attr attribute_from_name(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (upper == "_") {
    throw Error(ErrorKind::kUnsupported,
                "custom attributes (\"_\") are Python's and cannot be matched by pawl");
  }
  if (upper == "TEXT") return Attr::kOrth;
  if (upper == "IS_SENT_START") return Attr::kSentStart;
  const Attr attribute = attr_from_name(upper);
  if (attribute == Attr::kHead)
    throw Error(ErrorKind::kUnsupported, "HEAD is no attribute of patterns");
  return attribute;
}

bool is_string(Attr attribute) {
  switch (attribute) {
    case Attr::kOrth:
    case Attr::kLower:
    case Attr::kNorm:
    case Attr::kShape:
    case Attr::kPrefix:
    case Attr::kSuffix:
    case Attr::kTag:
    case Attr::kPos:
    case Attr::kMorph:
    case Attr::kLemma:
    case Attr::kDep:
    case Attr::kEntType:
    case Attr::kEntId:
    case Attr::kEntKbId:
      return true;
    default:
      return false;
  }
}

uint64_t token_value(const Doc& doc, size_t i, Attr attribute) {
  if (attribute == Attr::kSentStart) return doc[i].sent_start == 1;
  return doc.attr(i, attribute);
}

std::string token_text(const Doc& doc, size_t i, Attr attribute) {
  const std::string& form = *doc[i].lex->text;
  if (attribute == Attr::kOrth) return form;
  const StringId id = doc.attr(i, attribute);
  if (const std::string* own = doc.find_own_string(id)) return *own;
  // Forms that only one document keeps are not among the strings (Vocab::get_transient).
  if (id == 0 || doc.vocab().strings().contains(id)) return doc.vocab().strings().at(id);
  return doc.vocab().attribute_of(form, attribute);
}

}  // namespace pawl::matcher
