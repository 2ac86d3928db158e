#include "http/ops/mail.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/error.h"

namespace pawl::http {
namespace {

constexpr long kSeconds = 15;

// An address that stands alone on its line of the protocol.
void check_address(const char* key, const std::string& address) {
  const bool plain = std::all_of(address.begin(), address.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7F && c != '<' && c != '>' && c != ',';
  });
  if (!plain || address.find('@') == std::string::npos)
    throw Error(ErrorKind::kInvalidInput,
                std::string(key) + ": must be an address, as a@b.example");
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (size_t at = 0; at <= list.size();) {
    const size_t end = std::min(list.find(',', at), list.size());
    std::string part = list.substr(at, end - at);
    std::erase(part, ' ');
    if (!part.empty()) parts.push_back(std::move(part));
    at = end + 1;
  }
  return parts;
}

// Fit for a header's line.
std::string one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F) c = '?';
  }
  return text;
}

std::string message_of(const MailOptions& options, const std::string& subject,
                       const std::string& text, const std::string& date) {
  std::string to;
  for (const std::string& one : options.to) to += (to.empty() ? "" : ", ") + one;
  std::string out = "Date: " + date + "\r\nFrom: <" + options.from + ">\r\nTo: " + to +
                    "\r\nSubject: " + one_line(subject) +
                    "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: 8bit\r\nAuto-Submitted: auto-generated\r\n\r\n";
  for (const char c : text) {
    if (c == '\n') out += '\r';
    if (c != '\r' && c != '\0') out += c;
  }
  return out + "\r\n";
}

struct Reading {
  const std::string& text;
  size_t at = 0;
};

size_t read_more(char* into, size_t size, size_t count, void* from) {
  auto& reading = *static_cast<Reading*>(from);
  const size_t n = std::min(size * count, reading.text.size() - reading.at);
  std::memcpy(into, reading.text.data() + reading.at, n);
  reading.at += n;
  return n;
}

struct EasyClosed {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct ListFreed {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

}  // namespace

MailOptions mail_options(const Settings& settings) {
  MailOptions options;
  options.server = settings.text("alerts.smtp_url");
  if (options.server.empty()) return options;
  if (!options.server.starts_with("smtp://") && !options.server.starts_with("smtps://"))
    throw Error(ErrorKind::kInvalidInput,
                "alerts.smtp_url: must be smtp://host:port or smtps://host:port");
  options.tls = settings.flag("alerts.smtp_tls");
  options.ca_file = settings.text("alerts.smtp_ca_file");
  options.user = settings.text("alerts.smtp_user");
  if (!options.user.empty()) {
    const char* password = std::getenv(settings.text("alerts.smtp_password_env").c_str());
    if (password == nullptr)
      throw Error(ErrorKind::kInvalidInput, "alerts.smtp_password_env: the variable " +
                                                settings.text("alerts.smtp_password_env") +
                                                " is not set");
    options.password = password;
  }
  options.from = settings.text("alerts.mail_from");
  options.to = split(settings.text("alerts.mail_to"));
  check_address("alerts.mail_from", options.from);
  if (options.to.empty())
    throw Error(ErrorKind::kInvalidInput, "alerts.mail_to: must name at least one address");
  for (const std::string& one : options.to) check_address("alerts.mail_to", one);
  return options;
}

void send_mail(const MailOptions& options, const std::string& subject, const std::string& text,
               const std::string& date) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, EasyClosed> curl(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (curl == nullptr) throw Error(ErrorKind::kIo, "libcurl cannot be used");
  const auto set = [&curl](CURLoption option, auto value) {
    curl_easy_setopt(curl.get(), option, value);
  };
  const std::string message = message_of(options, subject, text, date);
  Reading reading{message};
  curl_slist* to = nullptr;
  for (const std::string& one : options.to) to = curl_slist_append(to, one.c_str());
  const std::unique_ptr<curl_slist, ListFreed> freed(to);
  char why[CURL_ERROR_SIZE] = "";
  const std::string from = "<" + options.from + ">";
  set(CURLOPT_URL, options.server.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_USE_SSL, static_cast<long>(options.tls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.user.empty()) {
    set(CURLOPT_USERNAME, options.user.c_str());
    set(CURLOPT_PASSWORD, options.password.c_str());
  }
  set(CURLOPT_MAIL_FROM, from.c_str());
  set(CURLOPT_MAIL_RCPT, to);
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &read_more);
  set(CURLOPT_READDATA, static_cast<void*>(&reading));
  set(CURLOPT_ERRORBUFFER, why);
  set(CURLOPT_TIMEOUT, kSeconds);
  set(CURLOPT_NOSIGNAL, 1L);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return;
  throw Error(ErrorKind::kIo, "the mail server did not take it: " +
                                  std::string(*why != '\0' ? why : curl_easy_strerror(code)));
}

}  // namespace pawl::http
