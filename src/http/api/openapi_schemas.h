// The schemas that the OpenAPI description's operations refer to.
#pragma once

namespace pawl::http {

extern const char* const kOpenapiSchemas;

}  // namespace pawl::http
