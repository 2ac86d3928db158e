// What every Store must do. A suite for an implementation instantiates StoreContract with a
// factory.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/env.h"
#include "store/store.h"

namespace pawl {

struct StoreFactory {
  std::string name;
  // Opens the store kept in a folder; called again with the same folder, it finds what was
  // committed.
  std::function<std::unique_ptr<Store>(const Path& folder)> open;
};

class StoreContract : public testing::TestWithParam<StoreFactory> {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("pawl-store-" + new_uuid(Env::real()));
    Env::real().create_directories(folder_);
    store_ = GetParam().open(folder_);
  }
  void TearDown() override {
    store_.reset();
    Env::real().remove_all(folder_);
  }
  void reopen() {
    store_.reset();
    store_ = GetParam().open(folder_);
  }

  Path folder_;
  std::unique_ptr<Store> store_;
};

}  // namespace pawl
