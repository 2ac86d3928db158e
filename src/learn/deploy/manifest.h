// manifest.json of a generation: what the folder must hold, and where it comes from.
#pragma once

#include <string>
#include <vector>

#include "base/env.h"
#include "store/records.h"

namespace pawl::learn {

struct ManifestFile {
  std::string path;  // below the generation's folder, with '/'
  uint64_t size = 0;
  std::string blake2b;
};

struct GenerationManifest {
  std::string generation_id;
  std::string tenant_id;
  std::string cycle_id;  // empty: of no cycle
  std::vector<ManifestFile> files;
};

inline constexpr const char* kManifestName = "manifest.json";

// The manifest of what lies in `folder` now, as the text of the file.
std::string describe_folder(Env& env, const Path& folder, const GenerationRecord& record);

// Throws Error(kFormat), naming the file, for anything that is not such a manifest.
GenerationManifest read_manifest(Env& env, const Path& folder);

// What differs between `folder` and its manifest, whose hash must be `manifest_hash`; empty when
// nothing does. Throws Error(kIo) for what cannot be read just now.
std::string compare_with_manifest(Env& env, const Path& folder, const std::string& manifest_hash);

}  // namespace pawl::learn
