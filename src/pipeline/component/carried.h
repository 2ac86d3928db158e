// A component pawl does not run: its files travel from load to save byte for byte, its predictions
// are left out.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "pipeline/component/component.h"

namespace pawl {

class CarriedComponent : public Component {
 public:
  // `config` is its [components.NAME] block.
  CarriedComponent(std::string name, std::string factory, Json config);

  void predict(std::span<Doc> docs) const override;  // nothing
  Json config() const override { return config_; }
  // `path` is where spaCy would put the component: a folder of that name, or a file beside it with
  // the name and .json or .jsonl. Throws Error(kFormat) for symbolic links and pickles, and above 2
  // GiB altogether.
  void to_disk(Env& env, const Path& path) const override;
  void from_disk(Env& env, const Path& path) override;
  std::unique_ptr<Component> clone(std::shared_ptr<Vocab> vocab) const override;

 private:
  using Files = std::map<std::string, std::string>;  // path below the pipeline folder -> bytes

  Json config_;
  std::shared_ptr<const Files> files_;  // shared by copies
};

}  // namespace pawl
