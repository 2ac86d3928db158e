// How a DocBin lays out its documents; shared by reading and writing.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "text/doc.h"
#include "training/gold.h"

namespace pawl {

// What is written, in spaCy's order: ORTH, then by number.
inline constexpr std::array<Attr, 13> kDocBinAttrs = {
    Attr::kOrth,    Attr::kNorm,   Attr::kLemma,   Attr::kPos,  Attr::kTag,
    Attr::kDep,     Attr::kEntIob, Attr::kEntType, Attr::kHead, Attr::kSentStart,
    Attr::kEntKbId, Attr::kMorph,  Attr::kEntId};

// The span groups of one document (SpanGroups.to_bytes). Reading checks that spans lie within
// `tokens`; labels that `text_of` knows are kept by it. Throws Error(kFormat).
std::string span_groups_bytes(const std::vector<SpanGroup>& groups, const GoldDoc& doc);
std::vector<SpanGroup> read_span_groups(std::string_view bytes, size_t tokens);

}  // namespace pawl
