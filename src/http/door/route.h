// The table of all routes: what each needs and does. Authorization, limits, documentation and the
// OpenAPI description are read from it; a test walks every route with every role.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/json.h"
#include "http/net/message.h"
#include "http/net/server.h"
#include "service/keys.h"

namespace pawl::http {

// Who asks, and on whose behalf.
struct Caller {
  std::string key;  // its id; "loopback" for the open loopback, empty for nobody
  service::Role role = service::Role::kReadonly;
  std::string tenant;
  std::string actor() const { return key.empty() ? "anonymous" : "key:" + key; }
};

// A request on its way through the door.
struct Call {
  std::shared_ptr<const Request> request;
  Caller caller;
  std::map<std::string, std::string> parameters;  // of the path, decoded
  std::string id;                                 // for logs and the client
  int route = -1;
  Instant started;
  Json body;  // parsed, of routes that take JSON
  bool body_read = false;
  std::shared_ptr<const void> ready;  // what a TogetherHandler found out for the handler

  std::optional<std::string> query(std::string_view name) const {
    return query_parameter(request->query(), name);
  }
};

// On a worker's thread. Throws Error or Refusal, which become problem documents.
using Handler = std::function<Response(Call& call)>;
// On a worker's thread, for several calls of one route, each with its body read, before each goes
// through its Handler: does for all at once what those would do, and leaves it in `ready`. A call
// for which it leaves nothing, or all when it throws, are the Handler's alone.
using TogetherHandler = std::function<void(std::span<Call* const> calls)>;
// On the loop's thread; must not throw or block.
using LiveHandler = std::function<void(std::shared_ptr<Exchange> exchange, Call call)>;

struct Route {
  std::string method;
  std::string pattern;                 // "/api/v1/cycles/{id}"
  std::optional<service::Role> least;  // none: open to all
  std::string name;                    // operationId and the label in metrics
  std::string summary;
  size_t max_body = 0;
  std::string body_schema = {};  // names of the OpenAPI description; empty: none
  std::string answer_schema = {};
  int success = 200;
  std::vector<int> also = {};           // other good statuses, with the same shape
  std::vector<std::string> query = {};  // names of query parameters
  std::string audit = {};               // kind of the event that each use leaves in the audit trail
  bool slow = false;                    // takes a thread for long, whatever it is asked
  bool names_turn = false;              // {id} is a turn's: the trail has a keyed hash of it
  bool idempotent_key = false;          // an Idempotency-Key is honoured
  Handler handle = {};
  TogetherHandler together = {};  // beside handle
  LiveHandler live = {};          // in place of handle
};

class RouteTable {
 public:
  void add(Route route);
  const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    int index = -1;
    std::map<std::string, std::string> parameters;
    std::string allowed;  // methods that the path knows, when the one asked for is not among them
  };
  Match match(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

Response json_response(const Json& body, int status = 200);

}  // namespace pawl::http
