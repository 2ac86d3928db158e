#include "http/net/server.h"

#include "base/error.h"
#include "http/net/session.h"

namespace pawl::http {

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(Loop& loop, Application& application, ServerOptions options)
      : shared(std::make_shared<ServerShared>(loop, application, std::move(options))),
        acceptor(loop.impl().context),
        pause(loop.impl().context) {}

  void listen();
  void load_certificate();
  void accept();
  void on_accepted(tcp::socket socket);

  std::shared_ptr<ServerShared> shared;
  tcp::acceptor acceptor;
  asio::steady_timer pause;
  Loop::Timer patience;
  std::optional<asio::ssl::context> tls;
};

void Server::Impl::load_certificate() {
  const ServerOptions& options = shared->options;
  if (options.tls_certificate.empty() && options.tls_key.empty()) return;
  tls.emplace(asio::ssl::context::tls_server);
  error_code error;
  tls->set_options(asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  tls->use_certificate_chain_file(options.tls_certificate, error);
  if (error) {
    throw Error(ErrorKind::kFormat,
                "serve.tls_certificate: " + options.tls_certificate + ": " + error.message());
  }
  tls->use_private_key_file(options.tls_key, asio::ssl::context::pem, error);
  if (error)
    throw Error(ErrorKind::kFormat, "serve.tls_key: " + options.tls_key + ": " + error.message());
}

void Server::Impl::listen() {
  const ServerOptions& options = shared->options;
  const std::string place = options.address + ":" + std::to_string(options.port);
  error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    throw Error(ErrorKind::kInvalidInput, "serve.listen: " + options.address + " is no IP address");
  }
  const tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1024, error);
  if (error) throw Error(ErrorKind::kIo, "cannot listen on " + place + ": " + error.message());
}

void Server::Impl::accept() {
  acceptor.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || self->shared->draining) return;
    if (!error) {
      self->on_accepted(std::move(socket));
      return self->accept();
    }
    // Out of descriptors, most likely: those who are here go on.
    self->pause.expires_after(std::chrono::milliseconds(100));
    self->pause.async_wait([self](const error_code&) {
      if (!self->shared->draining) self->accept();
    });
  });
}

void Server::Impl::on_accepted(tcp::socket socket) {
  ++shared->counts.accepted;
  if (shared->counts.open >= shared->options.max_connections) {
    ++shared->counts.turned_away;
    return;
  }
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return;
  const auto address = endpoint.address();
  auto stream = tls ? Stream(std::move(socket), *tls) : Stream(std::move(socket));
  std::make_shared<Session>(shared, std::move(stream), address.to_string(), address.is_loopback())
      ->start();
}

Server::Server(Loop& loop, Application& application, ServerOptions options)
    : impl_(std::make_shared<Impl>(loop, application, std::move(options))) {
  impl_->load_certificate();
  impl_->listen();
  impl_->accept();
}

Server::~Server() {
  impl_->shared->draining = true;
  impl_->shared->on_empty = nullptr;
  error_code ignored;
  impl_->acceptor.close(ignored);
}

uint16_t Server::port() const {
  return impl_->acceptor.local_endpoint().port();
}

const ServerCounts& Server::counts() const {
  return impl_->shared->counts;
}

void Server::drain(Duration patience, std::function<void()> done) {
  ServerShared& shared = *impl_->shared;
  shared.draining = true;
  error_code ignored;
  impl_->acceptor.close(ignored);
  const auto held = [&shared] {
    std::vector<std::shared_ptr<Session>> sessions;
    for (Session* session : shared.sessions) {
      if (auto alive = session->weak_from_this().lock()) sessions.push_back(std::move(alive));
    }
    return sessions;
  };
  shared.on_empty = done;
  for (const auto& session : held()) session->drain();
  if (shared.sessions.empty())
    return shared.loop.post([impl = impl_] {
      if (const auto call = std::exchange(impl->shared->on_empty, nullptr)) call();
    });
  impl_->patience = shared.loop.after(patience, [impl = impl_, held] {
    for (const auto& session : held()) session->close();
  });
}

}  // namespace pawl::http
