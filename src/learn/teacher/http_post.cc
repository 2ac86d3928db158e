#include "learn/teacher/http_post.h"

#include <curl/curl.h>
#include <dlfcn.h>

#include <memory>

namespace pawl::learn {
namespace {

constexpr size_t kMaxReply = 1 << 20;

// The functions of libcurl that are used.
struct Curl {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;
  bool usable = false;

  Curl() {
    void* library = nullptr;
    for (const char* name : {"libcurl.so.4", "libcurl-gnutls.so.4"}) {
      if (library == nullptr) library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
    }
    if (library == nullptr) return;
    usable = find(library, "curl_global_init", global_init) &&
             find(library, "curl_easy_init", easy_init) &&
             find(library, "curl_easy_setopt", easy_setopt) &&
             find(library, "curl_easy_perform", easy_perform) &&
             find(library, "curl_easy_getinfo", easy_getinfo) &&
             find(library, "curl_easy_cleanup", easy_cleanup) &&
             find(library, "curl_easy_strerror", easy_strerror) &&
             find(library, "curl_slist_append", slist_append) &&
             find(library, "curl_slist_free_all", slist_free_all) &&
             global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  }

  template <typename Function>
  static bool find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    return function != nullptr;
  }
};

// Never unloaded: threads may be in it when the program ends.
const Curl& curl_library() {
  static const Curl& curl = *new Curl;
  return curl;
}

size_t take(char* bytes, size_t size, size_t count, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * count > kMaxReply) return 0;
  body.append(bytes, size * count);
  return size * count;
}

int stop_asked(void* progress, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Progress*>(progress)->stop_requested() ? 1 : 0;
}

}  // namespace

HttpReply post_by_curl(const HttpRequest& request, const Progress& progress) {
  HttpReply reply;
  const Curl& curl = curl_library();
  if (!curl.usable) {
    reply.failure = "libcurl cannot be loaded; install it (Debian: libcurl4)";
    return reply;
  }
  const std::unique_ptr<CURL, decltype(curl.easy_cleanup)> handle(curl.easy_init(),
                                                                  curl.easy_cleanup);
  const auto set = [&](CURLoption option, auto value) {
    curl.easy_setopt(handle.get(), option, value);
  };
  curl_slist* list = curl.slist_append(nullptr, "Content-Type: application/json");
  if (!request.bearer.empty())
    list = curl.slist_append(list, ("Authorization: Bearer " + request.bearer).c_str());
  const std::unique_ptr<curl_slist, decltype(curl.slist_free_all)> headers(list,
                                                                           curl.slist_free_all);
  char why[CURL_ERROR_SIZE] = "";
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_POSTFIELDS, request.body.c_str());
  set(CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
  set(CURLOPT_WRITEFUNCTION, &take);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&reply.body));
  set(CURLOPT_XFERINFOFUNCTION, &stop_asked);
  set(CURLOPT_XFERINFODATA, const_cast<void*>(static_cast<const void*>(&progress)));
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.seconds * 1000));
  set(CURLOPT_ERRORBUFFER, why);
  set(CURLOPT_NOSIGNAL, 1L);
  const CURLcode code = curl.easy_perform(handle.get());
  if (code != CURLE_OK) {
    reply.failure = *why != '\0' ? why : curl.easy_strerror(code);
    return reply;
  }
  long status = 0;
  curl_off_t retry_after = 0;
  curl.easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
  curl.easy_getinfo(handle.get(), CURLINFO_RETRY_AFTER, &retry_after);
  reply.status = static_cast<int>(status);
  reply.retry_after = static_cast<double>(retry_after);
  return reply;
}

}  // namespace pawl::learn
