// The entity recogniser a tenant began with, kept beside the generations: names of persons are
// removed by it, whatever has been learnt since.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/env.h"
#include "base/log.h"
#include "pipeline/language.h"
#include "store/store.h"

namespace pawl::learn {

// Folder: names/<id>/{manifest.json, pipeline/...} below the workspace.
struct OriginalNames {
  std::string id;             // of the folder; empty: the pipeline finds no names
  std::string manifest_hash;  // what its files must be
};

// Writes tokenizer, entity recogniser and what that listens to into a folder of its own. Gives back
// an empty id when the pipeline has no recogniser of persons.
OriginalNames keep_original_names(Env& env, const Path& workspace, const std::string& tenant,
                                  const Language& nlp);

// As they stand in the details of a tenant's first generation (JSON), and back. Nothing when the
// details say nothing of them: they are of an older workspace.
void write_original_names(const OriginalNames& names, Json& details);
std::optional<OriginalNames> original_names_of(Store& store, const std::string& tenant);

// Verified and loaded. Throws Error(kIo) naming the folder, and what to do, when that cannot be.
std::shared_ptr<const Language> open_original_names(Env& env, const Path& workspace,
                                                    const OriginalNames& names);

// Whether the generation's folder holds the same recogniser, byte for byte.
bool has_original_names(Env& env, const Path& workspace, const OriginalNames& names,
                        const std::string& generation_id);

}  // namespace pawl::learn
