// The dashboard's files, as cmake/PawlDashboard.cmake embeds them.
#pragma once

#include <span>
#include <string_view>

namespace pawl::http {

struct EmbeddedFile {
  std::string_view name, content;
};

std::span<const EmbeddedFile> embedded_files();

}  // namespace pawl::http
