// The OpenAPI 3.1 description, made of the route table.
#pragma once

#include "base/json.h"
#include "http/door/route.h"

namespace pawl::http {

Json openapi_of(const RouteTable& table);

}  // namespace pawl::http
