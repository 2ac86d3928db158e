#include "pipeline/component/carried.h"

#include "base/error.h"

namespace pawl {

namespace {

constexpr uint64_t kMaxBytes = uint64_t{2} << 30;

std::string read_limited(Env& env, const Path& path, uint64_t& left) {
  const std::string extension = path.extension().string();
  if (extension == ".pkl" || extension == ".pickle") {
    throw Error(ErrorKind::kFormat,
                path.string() + ": pickles can run code when they are opened and are refused");
  }
  std::string bytes = env.read_file(path, {.max_bytes = left});
  left -= bytes.size();
  return bytes;
}

}  // namespace

CarriedComponent::CarriedComponent(std::string name, std::string factory, Json config)
    : Component(std::move(name), std::move(factory)),
      config_(std::move(config)),
      files_(std::make_shared<Files>()) {}

void CarriedComponent::predict(std::span<Doc>) const {}

void CarriedComponent::from_disk(Env& env, const Path& path) {
  const Path folder = path.parent_path();
  const std::string base = path.filename().string();
  auto files = std::make_shared<Files>();
  uint64_t left = kMaxBytes;
  if (env.is_directory(path)) {
    for (const std::string& file : env.list_files(path)) {
      (*files)[base + "/" + file] = read_limited(env, path / file, left);
    }
  }
  for (const std::string& file : {base, base + ".json", base + ".jsonl"}) {
    if (!env.exists(folder / file) || env.is_directory(folder / file)) continue;
    (*files)[file] = read_limited(env, folder / file, left);
  }
  files_ = std::move(files);
}

void CarriedComponent::to_disk(Env& env, const Path& path) const {
  for (const auto& [file, bytes] : *files_) {
    const Path target = path.parent_path() / file;
    env.create_directories(target.parent_path());
    env.write_file(target, bytes, false);
  }
}

std::unique_ptr<Component> CarriedComponent::clone(std::shared_ptr<Vocab>) const {
  auto copy = std::make_unique<CarriedComponent>(name(), factory(), config_);
  copy->files_ = files_;
  return copy;
}

}  // namespace pawl
