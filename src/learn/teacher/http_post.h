// One POST of JSON to a server that a person named, and its answer.
#pragma once

#include <functional>
#include <string>

#include "base/progress.h"

namespace pawl::learn {

struct HttpRequest {
  std::string url;  // http:// or https://
  std::string body;
  std::string bearer;   // empty: none
  double seconds = 30;  // for all of it
};

struct HttpReply {
  int status = 0;          // 0: there was no answer, and `failure` says why
  std::string body;        // of at most a megabyte
  double retry_after = 0;  // seconds, when the server named some
  std::string failure;
};

using HttpPost = std::function<HttpReply(const HttpRequest& request, const Progress& progress)>;

// By libcurl, which is loaded when it is first needed: a program that asks nobody does not wait for
// its many parts at its start. Redirections are not followed; certificates are checked. Returns
// early when `progress` asks to stop. Safe for any number of threads.
HttpReply post_by_curl(const HttpRequest& request, const Progress& progress);

}  // namespace pawl::learn
