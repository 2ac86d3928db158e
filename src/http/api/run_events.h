// A run as JSON, and its progress as server-sent events.
#pragma once

#include "http/api/api.h"

namespace pawl::http {

Json run_json(const service::Run& run);
void send_run_events(const ApiParts& parts, std::shared_ptr<Exchange> exchange, Call call);

}  // namespace pawl::http
