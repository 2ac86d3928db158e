#include "learn/deploy/original_names.h"

#include <algorithm>

#include "base/error.h"
#include "base/folder_writer.h"
#include "base/hash.h"
#include "base/json.h"
#include "learn/deploy/manifest.h"
#include "learn/heads/heads.h"
#include "learn/privacy/corrected_names.h"

namespace pawl::learn {
namespace {

constexpr const char* kFolder = "names";

Path folder_of(const Path& workspace, const OriginalNames& names) {
  return workspace / kFolder / names.id;
}

// The pipeline without whatever names need not.
std::unique_ptr<Language> only_recogniser(const Language& nlp) {
  auto copy = nlp.clone();
  const std::string head(component_name(Head::kEntities));
  const std::string upstream = upstream_of(nlp, head);
  std::vector<std::string> names = copy->component_names();
  std::reverse(names.begin(), names.end());  // who listens goes before the one listened to
  for (const std::string& name : names) {
    if (name != head && name != upstream) copy->remove_pipe(name);
  }
  return copy;
}

bool finds_persons(const Language& nlp) {
  const TrainableComponent* head = find_head(nlp, Head::kEntities);
  if (head == nullptr) return false;
  const auto labels = head->labels();
  return std::any_of(labels.begin(), labels.end(), is_person_label);
}

}  // namespace

OriginalNames keep_original_names(Env& env, const Path& workspace, const std::string& tenant,
                                  const Language& nlp) {
  OriginalNames names;
  if (!finds_persons(nlp)) return names;
  names.id = new_uuid(env);
  GenerationRecord record;
  record.tenant_id = tenant;
  record.generation_id = names.id;
  record.created_at = env.now_micros();
  record.reason = "the recogniser that removes names";
  record.metrics = record.details = "{}";
  env.create_directories(workspace / kFolder);
  write_folder_atomically(env, folder_of(workspace, names), [&](const Path& folder) {
    only_recogniser(nlp)->to_disk(env, folder / "pipeline");
    const std::string manifest = describe_folder(env, folder, record);
    names.manifest_hash = blake2b_hex(manifest);
    env.write_file(folder / kManifestName, manifest, true);
  });
  return names;
}

void write_original_names(const OriginalNames& names, Json& details) {
  Json out = Json::object();
  out["folder"] = names.id;
  out["manifest"] = names.manifest_hash;
  details["names"] = std::move(out);
}

std::optional<OriginalNames> original_names_of(Store& store, const std::string& tenant) {
  const auto all = read_from(store, [&](Transaction& t) { return t.generations(tenant); });
  for (const GenerationRecord& record : all) {
    if (!record.parent_id.empty()) continue;
    const Json details = parse_json(record.details);
    const Json* names = details.find("names");
    if (names == nullptr) continue;
    return OriginalNames{names->at("folder").as_string(), names->at("manifest").as_string()};
  }
  return std::nullopt;
}

std::shared_ptr<const Language> open_original_names(Env& env, const Path& workspace,
                                                    const OriginalNames& names) {
  const Path folder = folder_of(workspace, names);
  const auto fail = [&](const std::string& what) {
    throw Error(ErrorKind::kIo, "names of persons cannot be removed, so no text is kept: " + what +
                                    "; bring back " + folder.string() +
                                    " from a backup of the workspace");
  };
  try {
    const std::string problem = compare_with_manifest(env, folder, names.manifest_hash);
    if (!problem.empty()) fail(problem);
    return Language::from_disk(env, folder / "pipeline");
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kIo) fail(error.what());
    throw;
  }
}

bool has_original_names(Env& env, const Path& workspace, const OriginalNames& names,
                        const std::string& generation_id) {
  const auto digests = [&](const Path& folder) {
    std::vector<std::pair<std::string, std::string>> out;
    const std::string head = "pipeline/" + std::string(component_name(Head::kEntities)) + "/";
    for (const ManifestFile& file : read_manifest(env, folder).files) {
      if (file.path.starts_with(head) || file.path.starts_with("pipeline/tok2vec/"))
        out.emplace_back(file.path, file.blake2b);
    }
    std::sort(out.begin(), out.end());
    return out;
  };
  try {
    const auto original = digests(folder_of(workspace, names));
    const auto now = digests(workspace / "generations" / generation_id);
    return std::all_of(original.begin(), original.end(), [&](const auto& file) {
      return std::find(now.begin(), now.end(), file) != now.end();
    });
  } catch (const Error&) {
    return false;  // then it is opened, and that says what is wrong
  }
}

}  // namespace pawl::learn
