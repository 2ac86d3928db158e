// REST under /api/v1: adapters between HTTP and the use cases.
#pragma once

#include <atomic>

#include "http/door/route.h"
#include "http/gateway/gateway.h"
#include "service/alerts.h"
#include "service/cycle_runner.h"
#include "service/engine.h"
#include "service/schedules.h"

namespace pawl::http {

class Door;

// What the routes work with; all of it outlives them.
struct ApiParts {
  Env& env;
  Loop& loop;
  service::Engine& engine;
  service::Keys& keys;
  service::CycleRunner& runner;
  service::Alerts& alerts;
  Metrics& metrics;
  EventLog& log;
  Gateway& gateway;
  std::atomic<bool>& draining;
  Door** door;  // set once it stands
  size_t max_body = 16 << 20;
};

void add_operation_routes(RouteTable& table, const ApiParts& parts);  // health, metrics, OpenAPI
void add_session_routes(RouteTable& table, const ApiParts& parts);    // signing in and out
void add_dashboard_routes(RouteTable& table);                         // its page and files
void add_understanding_routes(RouteTable& table, const ApiParts& parts);  // analyze, turns, memory
void add_learning_routes(RouteTable& table, const ApiParts& parts);  // learn, cycles, generations
void add_schedule_routes(RouteTable& table, const ApiParts& parts);
void add_administration_routes(RouteTable& table, const ApiParts& parts);  // keys, audit, settings

}  // namespace pawl::http
