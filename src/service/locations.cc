#include "service/locations.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "base/error.h"

namespace pawl::service {
namespace {

constexpr int kLevelsUp = 6;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// Of the library, or of the program that holds it.
Path library_file() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&library_file), &info) == 0) return {};
  std::error_code failed;
  return std::filesystem::canonical(info.dli_fname, failed);
}

// share/pawl of the place where `library` was installed.
Path installed_data(const Path& library) {
  for (Path up = library.parent_path(); up.has_relative_path(); up = up.parent_path()) {
    const std::string name = up.filename().string();
    if (name == "lib" || name == "lib64" || name == "bin")
      return up.parent_path() / "share" / "pawl";
  }
  return {};
}

// The file's folder and what stands above it.
void add_folders_above(const Path& file, std::vector<Path>& out) {
  Path folder = file.parent_path();
  for (int i = 0; i < kLevelsUp && !folder.empty() && folder != folder.root_path(); ++i) {
    if (std::find(out.begin(), out.end(), folder) == out.end()) out.push_back(folder);
    folder = folder.parent_path();
  }
}

// Where the program stands, and the library in an interpreter that loaded it.
std::vector<Path> own_folders() {
  std::error_code failed;
  const Path library = library_file();
  std::vector<Path> out;
  add_folders_above(std::filesystem::read_symlink("/proc/self/exe", failed), out);
  add_folders_above(library, out);
  if (const Path installed = installed_data(library); !installed.empty()) out.push_back(installed);
  return out;
}

void add_environment(Env& env, const Path& environment, std::vector<Path>& found) {
  const Path lib = environment / "lib";
  if (!env.is_directory(lib)) return;
  for (const auto& name : env.list_directory(lib)) {
    if (name.starts_with("python3") && env.is_directory(lib / name / "site-packages")) {
      found.push_back(lib / name / "site-packages");
    }
  }
}

}  // namespace

std::vector<Path> site_packages(Env& env) {
  std::vector<Path> found;
  const std::string listed = variable("PAWL_SITE_PACKAGES");
  for (size_t begin = 0; begin < listed.size();) {
    const size_t end = std::min(listed.find(':', begin), listed.size());
    if (end > begin) found.emplace_back(listed.substr(begin, end - begin));
    begin = end + 1;
  }
  if (const std::string active = variable("VIRTUAL_ENV"); !active.empty())
    add_environment(env, active, found);
  for (const Path& folder : own_folders()) add_environment(env, folder / "venv", found);
  return found;
}

namespace {

// Languages whose tokenizer is none of rules, so that there is no pack.
void refuse_other_tokenizers(const std::string& lang) {
  static const std::map<std::string, std::string> others = {{"zh", "Chinese"},
                                                            {"ja", "Japanese"},
                                                            {"ko", "Korean"},
                                                            {"th", "Thai"},
                                                            {"vi", "Vietnamese"}};
  const auto found = others.find(lang);
  if (found == others.end()) return;
  throw Error(ErrorKind::kUnsupported,
              found->second + " (\"" + lang +
                  "\") is not supported: its tokenizer finds words with a dictionary or a model of "
                  "its own, and pawl has spaCy's rule tokenizer alone");
}

}  // namespace

Path language_pack(Env& env, const std::string& lang) {
  refuse_other_tokenizers(lang);
  std::string looked;
  std::vector<Path> places;
  if (const std::string named = variable("PAWL_LANGUAGE_PACKS"); !named.empty())
    places.emplace_back(named);
  for (const Path& folder : own_folders()) places.push_back(folder / "language_packs");
  for (const Path& place : places) {
    if (env.is_directory(place / lang)) return place / lang;
    looked += (looked.empty() ? "" : ", ") + place.string();
  }
  throw Error(ErrorKind::kNotFound,
              "no language pack for \"" + lang + "\" (looked in " + looked +
                  "); run 'make setup', which makes those of all languages, or set "
                  "PAWL_LANGUAGE_PACKS");
}

std::vector<Path> encoder_places() {
  if (const std::string named = variable("PAWL_ENCODER"); !named.empty()) return {Path(named)};
  std::vector<Path> places;
  for (const Path& folder : own_folders()) places.push_back(folder / "encoder");
  if (const std::string data = variable("XDG_DATA_HOME"); !data.empty()) {
    places.push_back(Path(data) / "pawl" / "encoder");
  } else if (const std::string home = variable("HOME"); !home.empty()) {
    places.push_back(Path(home) / ".local" / "share" / "pawl" / "encoder");
  }
  return places;
}

Path sentence_encoder(Env& env, const std::string& setting, Warnings* warnings) {
  if (setting == "none") return {};
  if (setting != "auto") return setting;
  for (const Path& place : encoder_places()) {
    try {
      if (env.exists(place / "config.json")) return place;
    } catch (const Error& error) {
      // A place that may not be looked at is as good as empty, but whoever put an encoder there
      // will want to know.
      if (warnings != nullptr)
        warnings->push_back("no sentence encoder from " + place.string() + ": " + error.what());
    }
  }
  return {};
}

}  // namespace pawl::service
