#include "server/app/console_ports.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <string>
#include <utility>

namespace musterd::app {

namespace {

// So many in a turn of the control thread: the kernel throws a flood away, machines are answered.
constexpr int together = 32;
constexpr std::size_t receive_buffer = 512U << 10;

}  // namespace

void ConsolePorts::open(base::Tasks& tasks, api::ConsoleKind kind, std::uint16_t port) {
    if (port == 0) return;
    base::DatagramOptions options;
    options.local = {base::IpAddress(), port};
    options.receive_buffer = receive_buffer;
    auto socket = base::DatagramSocket::open(tasks.executor(), options);
    if (!socket) {
        spdlog::warn("no consoles by {}: {}; another port, or 0 for none, is set in [consoles]", to_string(kind),
                     socket.error().message());
        return;
    }
    ports_.push_back({kind, std::move(*socket)});
    tasks.spawn(std::string(to_string(kind)), listen(ports_.back()));
}

boost::asio::awaitable<void> ConsolePorts::listen(Port& port) {
    co_await base::accept_cancellation();
    for (;;) {
        const bool readable = co_await port.socket.wait_readable();
        if (!readable) co_return;
        for (int i = 0; i < together; ++i) {
            const auto datagram = port.socket.receive();
            if (!datagram) break;
            heard(port, *datagram);
        }
    }
}

void ConsolePorts::heard(const Port& port, const base::Datagram& datagram) {
    const auto mac = site_.addresses().mac_of(datagram.from.address.ipv4());
    if (!mac) return;
    const auto name = api::event_host(site_.choice_for(*mac), *mac);
    const auto& hosts = site_.boots().roll().hosts;
    const auto host = hosts.find(name);
    const auto* boot = host == hosts.end() ? nullptr : host->second.current();
    site_.consoles().heard(name, boot == nullptr ? std::string() : boot->id, port.kind, datagram.payload, base::now(),
                           std::chrono::steady_clock::now());
}

void ConsolePorts::close() {
    for (auto& port : ports_)
        port.socket.close();
}

}  // namespace musterd::app
