// Folders that appear whole or not at all: written beside their place, flushed to the disk,
// renamed.
#pragma once

#include <functional>

#include "base/env.h"

namespace pawl {

struct FolderOptions {
  // A folder that stands at the target is replaced, and stays until the new one stands. Without it
  // the target must be absent or an empty folder.
  bool replace = false;
  int mode = 0700;  // of the folder itself
};

// `write` fills the folder it is given, which exists and is empty. When it throws, or the disk
// does, the target is what it was. A writer that is killed leaves a temporary folder, which the
// next writer of the same target removes. Throws what `write` throws, else Error.
void write_folder_atomically(Env& env, const Path& target,
                             const std::function<void(const Path& folder)>& write,
                             const FolderOptions& options = {});

// Removes a folder at one stroke: it is there whole or not at all, whenever the process dies.
void remove_folder_atomically(Env& env, const Path& folder);

// Removes what killed writers left in `parent`, for targets whose name begins with `name`; folders
// that somebody is writing just now stay. A target that was moved aside and never replaced is put
// back. Returns how many folders went.
size_t sweep_folder_leftovers(Env& env, const Path& parent, std::string_view name = "");

}  // namespace pawl
