#include "dhcp/service.hpp"

#include <spdlog/spdlog.h>

namespace musterd::dhcp {

namespace {
const base::Ipv4 limited_broadcast(0xffffffff);
// A rack that is switched on asks all at once. The kernel gives what net.core.rmem_max allows.
constexpr std::size_t receive_buffer = 4U << 20U;
constexpr int burst = 64;  // datagrams of one socket before the others get their turn
}  // namespace

Service::Service(boost::asio::any_io_executor executor, ServiceOptions options, Policy policy, Observe observe)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      policy_(std::move(policy)),
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
    if (auto opened = listen(interface, ServerPort::dhcp, interface.address); !opened) return opened;
    for (const auto& network : interface.addresses) {
        if (auto opened = listen(interface, ServerPort::boot_server, network.address); !opened) return opened;
        if (auto opened = open_own(interface, network.address); !opened) return opened;
    }
    return {};
}

base::Result<void> Service::open_own(const base::Interface& interface, base::Ipv4 address) {
    if (options_.own_address == OwnAddress::closed) return {};
    auto opened = listen(interface, ServerPort::dhcp_own, address);
    if (opened || options_.own_address == OwnAddress::required) return opened;
    spdlog::warn(
        "dhcp on {}: {}; so relays are not heard, and leases of ours are renewed by broadcast only, after seven "
        "eighths of their time",
        interface.name, opened.error().message());
    return {};
}

base::Result<void> Service::listen(const base::Interface& interface, ServerPort port, base::Ipv4 address) {
    auto socket = base::DatagramSocket::open(executor_, socket_options(interface.name, port, address));
    if (!socket) return socket.error();
    listeners_.push_back({interface, port, address, std::move(*socket)});
    return {};
}

base::DatagramOptions Service::socket_options(const std::string& device, ServerPort port, base::Ipv4 address) const {
    base::DatagramOptions options;
    options.device = device;
    options.broadcast = true;
    options.receive_buffer = receive_buffer;
    options.local = {address, port == ServerPort::boot_server ? options_.boot_port : options_.server_port};
    // Not shared: where another server of this host has our address, its renewals must reach it and not us.
    if (port != ServerPort::dhcp) return options;
    // Bound to the broadcast address, this socket can stand beside another DHCP server on the same host, and cannot
    // take the unicast renewals that are meant for it, as one bound to any address would.
    options.local = {limited_broadcast, options_.server_port};
    options.reuse_address = true;
    return options;
}

void Service::run(base::Tasks& tasks) {
    for (auto& listener : listeners_) {
        const auto* port = listener.port == ServerPort::boot_server ? "dhcp boot server " : "dhcp ";
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
    const Arrival arrival{datagram.payload, datagram.truncated, datagram.from.ipv4(), listener.port,
                          listener.interface.name};
    const ServerIdentity server{listener.address, options_.http_port, listener.interface.addresses};
    const Ports ports{options_.server_port, options_.boot_port, options_.client_port};
    auto [report, reply] = handle(arrival, server, ports, policy_);
    report.to = datagram.to.ipv4();
    report.received = datagram.payload;
    if (reply) {
        report.answer = reply->payload;
        report.answer_to = reply->to;
        const auto sent = listener.socket.send(reply->payload, reply->to, report.local, listener.interface.index);
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
