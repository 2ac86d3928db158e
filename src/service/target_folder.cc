#include "service/target_folder.h"

#include "base/error.h"

namespace pawl::service {

void require_free(Env& env, const Path& target) {
  if (!env.exists(target)) return;
  if (env.is_directory(target) && env.list_directory(target).empty()) return;
  throw Error(ErrorKind::kInvalidInput,
              target.string() + ": exists and is not empty; choose another folder");
}

void write_whole(Env& env, const Path& target, const std::function<void(const Path&)>& write) {
  const Path place = target.has_filename() ? target : target.parent_path();
  const Path partial = place.string() + ".tmp-" + new_uuid(env);
  try {
    env.create_directories(partial, 0755);
    write(partial);
    require_free(env, place);
    env.rename(partial, place);
  } catch (const Error&) {
    try {
      env.remove_all(partial);
    } catch (const Error&) {
      // The first error is the one to tell.
    }
    throw;
  }
}

}  // namespace pawl::service
