// The keys of texts as SQL functions, for migrations of what was stored before there were any.
#pragma once

#include "store/sqlite/connection.h"

namespace pawl::sqlite {

// pawl_text_key(text) and pawl_group_key(text), see base/text_key.h.
void add_text_functions(Connection& connection);

}  // namespace pawl::sqlite
