// A generation's folder: generations/<id>/{manifest.json, pipeline/...}. Written whole or not at
// all, compared with its manifest, held while somebody reads it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/env.h"
#include "store/records.h"

namespace pawl::learn {

// Ids come from the store, but they become paths: throws Error(kInvalidInput) for one that would
// lead elsewhere.
Path generation_folder(const Path& root, const std::string& generation_id);

// Writes the pipeline through `write` and the manifest behind it; the folder appears whole. The
// hash of the manifest is put into `record`.
void write_generation(Env& env, const Path& folder, GenerationRecord& record,
                      const std::function<void(const Path& pipeline)>& write);

// While it is held, whoever claims the folder leaves it where it is. Null when it is being taken
// away or replaced just now. Throws Error(kNotFound) when there is no manifest, Error(kIo) when it
// cannot be opened, which says nothing of its state.
std::unique_ptr<FileLock> hold_folder(const Path& folder);

// For whoever takes the folder away: null while somebody holds it. Throws as hold_folder() does.
std::unique_ptr<FileLock> claim_folder(const Path& folder);

// What is wrong with the folder; empty when it is as it was published. Only what was read and
// differs, or is not there, is damage: throws Error(kIo) for what cannot be read just now (no
// permission, too many open files).
std::string damage_of(Env& env, const Path& folder, const GenerationRecord& record);

}  // namespace pawl::learn
