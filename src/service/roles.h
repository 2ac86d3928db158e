// Who may do what: each role may do all that the ones before it may.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace pawl::service {

enum class Role { kReadonly, kUser, kAnalyst, kTrainer, kAdmin };

inline constexpr std::array<std::string_view, 5> kRoleNames = {"readonly", "user", "analyst",
                                                               "trainer", "admin"};

inline std::string_view role_name(Role role) {
  return kRoleNames[static_cast<size_t>(role)];
}

inline std::optional<Role> find_role(std::string_view name) {
  for (size_t i = 0; i < kRoleNames.size(); ++i) {
    if (kRoleNames[i] == name) return static_cast<Role>(i);
  }
  return std::nullopt;
}

}  // namespace pawl::service
