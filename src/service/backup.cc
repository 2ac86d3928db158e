#include "service/backup.h"

#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/folder_writer.h"
#include "learn/deploy/generations.h"
#include "service/target_folder.h"

namespace pawl::service {
namespace {

// A generation may be archived between the database's copy and its own: then the database is copied
// once more.
constexpr int kTries = 5;
constexpr const char* kDatabase = "pawl.db";
constexpr const char* kReady = "ready";
constexpr std::array kFolders = {"backups", "templates", "prompts"};
constexpr std::array kFiles = {"pawl.toml", "personas.txt"};

class Copier {
 public:
  Copier(Env& env, Path from, Path to) : env_(env), from_(std::move(from)), to_(std::move(to)) {}

  // Files that are there already stay: what is copied never changes under its name, or was copied
  // for the first time a moment ago.
  void file(const Path& name) {
    if (env_.exists(to_ / name)) return;
    env_.create_directories((to_ / name).parent_path());
    env_.write_file(to_ / name, env_.read_file(from_ / name), false);
  }
  void folder(const Path& name) {
    if (!env_.is_directory(from_ / name)) return;
    env_.create_directories(to_ / name);
    for (const std::string& inside : env_.list_files(from_ / name)) {
      if (inside.find(".tmp-") == std::string::npos) try_file(name / inside);
    }
  }
  // False when it is not there, or was taken away meanwhile; then nothing of it is.
  bool whole_folder(const Path& name) {
    try {
      for (const std::string& inside : env_.list_files(from_ / name)) file(name / inside);
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNotFound) throw;
      env_.remove_all(to_ / name);
      return false;
    }
  }
  void try_file(const Path& name) {
    try {
      file(name);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNotFound) throw;
    }
  }

 private:
  Env& env_;
  Path from_, to_;
};

// Copies every generation that the database's copy calls ready; gives those that are not there.
std::vector<std::string> copy_generations(Store& copied, Copier& copier, WorkspaceCopy& counts) {
  std::vector<std::string> missing;
  counts.tenants = counts.generations = 0;
  return read_from(copied, [&](Transaction& t) {
    for (const std::string& tenant : t.tenants()) {
      ++counts.tenants;
      for (const GenerationRecord& record : t.generations(tenant)) {
        if (record.state != kReady) continue;
        if (copier.whole_folder(Path("generations") / record.generation_id))
          ++counts.generations;
        else
          missing.push_back(record.generation_id);
      }
    }
    return missing;
  });
}

void require_it_answers(Env& env, Store& copied, const Path& folder, Warnings& warnings) {
  for (const std::string& tenant : read_from(copied, [](Transaction& t) { return t.tenants(); })) {
    const auto opened = learn::Generations(env, copied, folder, tenant).open_live();
    if (!opened) continue;
    warnings.insert(warnings.end(), opened->warnings.begin(), opened->warnings.end());
  }
}

void fill(Env& env, const EngineOptions& options, const StoreCopier& copy_store, const Path& folder,
          Answer<WorkspaceCopy>& answer) {
  Copier copier(env, options.folder, folder);
  for (int tries = 1;; ++tries) {
    env.remove_all(folder / kDatabase);
    copy_store(env, options.folder, folder);
    const auto copied = options.open_store(env, folder);
    const auto missing = copy_generations(*copied, copier, answer.value);
    // Behind the folders: what was archived meanwhile is in the backups by now.
    for (const char* name : kFolders) copier.folder(name);
    if (!missing.empty() && tries < kTries) continue;
    for (const std::string& generation : missing)
      answer.warnings.push_back("generation " + generation + " has no folder and is not copied");
    require_it_answers(env, *copied, folder, answer.warnings);
    break;
  }
  for (const char* name : kFiles) copier.try_file(name);
  for (const std::string& name : env.list_files(folder)) {
    ++answer.value.files;
    answer.value.bytes += std::filesystem::file_size(folder / name);
  }
}

}  // namespace

Answer<WorkspaceCopy> copy_workspace(Env& env, const EngineOptions& options,
                                     const StoreCopier& copy_store, const Path& target) {
  require_outside(target, options.folder);
  require_free(env, target);
  Answer<WorkspaceCopy> answer{{}, {}};
  write_folder_atomically(env, target, [&](const Path& folder) {
    fill(env, options, copy_store, folder, answer);
    require_free(env, target);
  });
  return answer;
}

}  // namespace pawl::service
