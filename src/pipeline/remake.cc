#include "pipeline/remake.h"

#include <map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "config/spacy_config.h"
#include "nn/model.h"
#include "pipeline/registry.h"
#include "pipeline/tok2vec/link.h"

namespace pawl {
namespace {

constexpr std::string_view kListenerName = "tok2vec-listener";

// What a component writes, to be read by another one.
class MemoryFiles : public Env {
 public:
  std::string read_file(const Path& path, const ReadLimits&) override {
    const auto found = files_.find(path.string());
    if (found == files_.end())
      throw Error(ErrorKind::kNotFound, path.string() + ": there is no such file");
    return found->second;
  }
  void write_file(const Path& path, std::string_view bytes, bool, int) override {
    files_[path.string()] = bytes;
  }
  bool exists(const Path& path) override { return files_.contains(path.string()); }
  bool is_directory(const Path& path) override { return !exists(path); }
  std::vector<std::string> list_directory(const Path& path) override { return list_files(path); }
  std::vector<std::string> list_files(const Path& path) override {
    std::vector<std::string> out;
    const std::string prefix = path.string() + "/";
    for (const auto& [name, bytes] : files_) {
      if (name.starts_with(prefix)) out.push_back(name.substr(prefix.size()));
    }
    return out;
  }
  void sync_directory(const Path&) override {}
  void create_directories(const Path&, int) override {}
  void rename(const Path& from, const Path& to) override {
    files_[to.string()] = std::move(files_[from.string()]);
    files_.erase(from.string());
  }
  void remove_all(const Path& path) override { files_.erase(path.string()); }
  int64_t now_micros() override { return real().now_micros(); }
  void random_bytes(void* out, size_t size) override { real().random_bytes(out, size); }

 private:
  std::map<std::string, std::string> files_;
};

// The tok2vec component that `listener` reads; null when it reads none.
Component* upstream_of(const Language& language, const std::string& name,
                       const Tok2VecListening* listener) {
  if (listener == nullptr || listener->upstream_name().empty()) return nullptr;
  const std::string wanted = listener->upstream_name();
  Component* found = nullptr;
  for (const std::string& other : language.component_names()) {
    if (other == name) break;
    auto* component = const_cast<Component*>(language.find(other));
    if (dynamic_cast<Tok2VecUpstream*>(component) && (wanted == "*" || wanted == other))
      found = component;
  }
  return found;
}

void replace_node(nn::Node& root, std::string_view name, const nn::NodePtr& with) {
  for (nn::Node* node : nn::walk(root)) {
    for (nn::NodePtr& layer : node->layers) {
      if (layer->name != name) continue;
      const nn::NodePtr gone = std::exchange(layer, with);
      for (nn::Node* other : nn::walk(root)) {
        for (auto& [key, target] : other->refs) {
          if (target == gone.get()) target = with.get();
        }
      }
      return;
    }
  }
}

// The component's files, its model with `upstream`'s layers in place of the listener.
void write_replaced(const Component& component, Component& upstream, Env& files,
                    const Path& folder) {
  component.to_disk(files, folder);
  auto& owner = dynamic_cast<TrainableComponent&>(const_cast<Component&>(component));
  auto& shared = dynamic_cast<TrainableComponent&>(upstream);
  const nn::NodePtr root = nn::clone(owner.model());
  replace_node(*root, kListenerName, nn::clone(shared.model()));
  files.write_file(folder / "model", nn::to_bytes(*root), false);
}

[[noreturn]] void bad_listeners(const std::string& name, const std::string& what) {
  throw Error(ErrorKind::kInvalidInput, "components." + name + ".replace_listeners: " + what);
}

void check_listeners(const std::string& name, const std::vector<std::string>& listeners,
                     const Component* upstream, const Json& block) {
  const size_t count = upstream == nullptr ? 0 : 1;
  if (listeners.size() != count) {
    bad_listeners(name, "names " + std::to_string(listeners.size()) +
                            " listeners, but the component has " + std::to_string(count) +
                            "; name all of them, or none");
  }
  for (const std::string& path : listeners) {
    if (find_config(block, path) == nullptr || path != "model.tok2vec")
      bad_listeners(name, "there is no listener at '" + path + "', only at 'model.tok2vec'");
  }
}

}  // namespace

Remade remake_component(const Language& language, const std::string& from, const std::string& name,
                        const std::vector<std::string>& listeners, std::shared_ptr<Vocab> vocab) {
  const Component& component = *language.find(from);
  const Json config = interpolate_config(language.config(), "config");
  Remade out;
  out.config = config.at("components").at(from);
  Component* upstream =
      upstream_of(language, from, dynamic_cast<const Tok2VecListening*>(&component));
  MemoryFiles files;
  const Path folder = name;
  if (listeners.empty()) {
    component.to_disk(files, folder);
  } else {
    check_listeners(name, listeners, upstream, out.config);
    set_config(out.config, "model.tok2vec",
               config.at("components").at(upstream->name()).at("model"));
    write_replaced(component, *upstream, files, folder);
  }
  out.component = make_component(name, out.config, std::move(vocab));
  out.component->from_disk(files, folder);
  return out;
}

}  // namespace pawl
