#include "service/target_folder.h"

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "base/folder_writer.h"

namespace pawl::service {

void require_free(Env& env, const Path& target) {
  if (!env.exists(target)) return;
  if (env.is_directory(target) && env.list_directory(target).empty()) return;
  throw Error(ErrorKind::kInvalidInput,
              target.string() + ": exists and is not empty; choose another folder");
}

void require_outside(const Path& target, const Path& workspace) {
  const Path inner = std::filesystem::weakly_canonical(target);
  const Path outer = std::filesystem::weakly_canonical(workspace);
  if (std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first != outer.end())
    return;
  throw Error(ErrorKind::kInvalidInput, target.string() + ": lies in the workspace " +
                                            workspace.string() + "; choose a folder outside");
}

void write_whole(Env& env, const Path& target, const std::function<void(const Path&)>& write) {
  write_folder_atomically(env, target,
                          [&](const Path& folder) {
                            write(folder);
                            require_free(env, target);
                          },
                          {.mode = 0755});
}

}  // namespace pawl::service
