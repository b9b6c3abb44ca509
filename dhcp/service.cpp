#include "dhcp/service.hpp"

#include <spdlog/spdlog.h>

namespace musterd::dhcp {

namespace {
const base::Ipv4 limited_broadcast(0xffffffff);
constexpr int burst = 64;  // datagrams of one socket before the others get their turn
}  // namespace

Service::Service(boost::asio::any_io_executor executor, ServiceOptions options, PlanFor plan_for, Observe observe)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      plan_for_(std::move(plan_for)),
      observe_(std::move(observe)) {
}

base::Result<void> Service::open() {
    std::string problems;
    for (const auto& interface : options_.interfaces) {
        const auto opened = open_on(interface);
        if (opened) continue;
        if (!problems.empty()) problems += "; ";
        problems += "dhcp on " + interface.name + ": " + opened.error().message();
    }
    if (!problems.empty()) return base::Error(problems);
    return {};
}

base::Result<void> Service::open_on(const base::Interface& interface) {
    auto dhcp = base::DatagramSocket::open(executor_, socket_options(interface, ServerPort::dhcp));
    if (!dhcp) return dhcp.error();
    auto boot = base::DatagramSocket::open(executor_, socket_options(interface, ServerPort::boot_server));
    if (!boot) return boot.error();
    listeners_.push_back({interface, ServerPort::dhcp, std::move(*dhcp)});
    listeners_.push_back({interface, ServerPort::boot_server, std::move(*boot)});
    return {};
}

base::DatagramOptions Service::socket_options(const base::Interface& interface, ServerPort port) const {
    base::DatagramOptions options;
    options.device = interface.name;
    options.broadcast = true;
    options.local = {interface.address, options_.boot_port};
    if (port == ServerPort::boot_server) return options;
    // Bound to the broadcast address, this socket can stand beside another DHCP server on the same host, and cannot
    // take the unicast renewals that are meant for it, as one bound to any address would.
    options.local = {limited_broadcast, options_.server_port};
    options.reuse_address = true;
    return options;
}

void Service::run(base::Tasks& tasks) {
    for (auto& listener : listeners_) {
        const auto* port = listener.port == ServerPort::dhcp ? "dhcp " : "dhcp boot server ";
        tasks.spawn(port + listener.interface.name, serve(listener));
    }
}

boost::asio::awaitable<void> Service::serve(Listener& listener) {
    co_await base::accept_cancellation();
    for (;;) {
        const bool readable = co_await listener.socket.wait_readable();
        if (!readable) co_return;
        for (int i = 0; i < burst; ++i) {
            const auto datagram = listener.socket.receive();
            if (!datagram) break;
            answer(listener, *datagram);
        }
    }
}

void Service::answer(Listener& listener, const base::Datagram& datagram) {
    const Arrival arrival{datagram.payload, datagram.truncated, datagram.from, listener.port};
    const ServerIdentity server{listener.interface.address, options_.http_port};
    const Ports ports{options_.server_port, options_.boot_port, options_.client_port};
    auto [report, reply] = handle(arrival, server, ports, plan_for_);
    report.interface = listener.interface.name;
    if (reply) {
        const auto sent = listener.socket.send(reply->payload, reply->to, server.address, listener.interface.index);
        note(listener, sent);
        report.sent = sent.has_value();
        if (!sent) report.send_error = sent.error().message();
    }
    observe_(report);
}

/// An interface that went away is told once, and once more after it worked again; the others go on.
void Service::note(Listener& listener, const base::Result<void>& sent) {
    if (!sent && !listener.silenced) {
        spdlog::error("dhcp on {}: cannot answer: {}", listener.interface.name, sent.error().message());
    }
    listener.silenced = !sent;
}

void Service::close() {
    for (auto& listener : listeners_)
        listener.socket.close();
}

}  // namespace musterd::dhcp
