// The rows of the table of heads, a file each kind.
#pragma once

#include "learn/heads/head.h"

namespace pawl::learn {

HeadRow intent_row();
HeadRow sentiment_row();
HeadRow entity_row();

// Shared by recipes: a small tok2vec of its own.
Json tok2vec_model();

}  // namespace pawl::learn
