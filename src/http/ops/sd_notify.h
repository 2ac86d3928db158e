// Tells systemd how far the service is (sd_notify(3)'s protocol: a datagram to $NOTIFY_SOCKET).
#pragma once

#include <string_view>

namespace pawl::http {

// "READY=1", "STOPPING=1", "STATUS=...". Nothing happens outside of systemd.
void notify_service_manager(std::string_view state);

}  // namespace pawl::http
