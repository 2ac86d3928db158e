#include "service/engine.h"
#include "service/target_folder.h"
#include "service/tenant.h"

namespace pawl::service {

Answer<std::string> Tenant::read_pipeline(const FileVisitor& visit) const {
  Env& env = engine_->env();
  learn::Generations generations(env, engine_->store(), engine_->folder(), id_);
  const auto opened = generations.open_live();
  if (!opened) fail_without_generation(id_);
  for (const std::string& file : env.list_files(opened->pipeline))
    visit(opened->record.generation_id, file, env.read_file(opened->pipeline / file));
  return {opened->record.generation_id, opened->warnings};
}

Answer<std::string> Tenant::export_pipeline(const Path& target) const {
  Env& env = engine_->env();
  require_outside(target, engine_->folder());
  require_free(env, target);
  Answer<std::string> generation;
  write_whole(env, target, [&](const Path& folder) {
    generation = read_pipeline([&](const auto&, const std::string& file, const std::string& bytes) {
      env.create_directories((folder / file).parent_path(), 0755);
      env.write_file(folder / file, bytes, true, 0644);
    });
  });
  return generation;
}

}  // namespace pawl::service
