#include "server/app/doctor/fetch.hpp"

#include "dhcp/options.hpp"
#include "server/app/doctor/questions.hpp"
#include "server/base/fd.hpp"
#include "tftp/packet.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <random>

namespace musterd::app::doctor {

namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr int tries = 3;
constexpr std::uint16_t boot_server_port = 4011;
constexpr std::uint16_t tftp_port = 69;

sockaddr_in to_sockaddr(const base::Endpoint& endpoint) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(endpoint.address.value());
    return address;
}

base::Fd udp_socket(std::uint16_t local_port) {
    base::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);  // "port unreachable" is an answer too (ip(7))
    const auto address = to_sockaddr({{}, local_port});
    // The port is wanted, not needed: a proxy answers to whatever port asked.
    [[maybe_unused]] const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    return fd;
}

bool send_to(const base::Fd& fd, base::ByteView bytes, const base::Endpoint& to) {
    const auto address = to_sockaddr(to);
    return ::sendto(fd.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&address),
                    sizeof address) >= 0;
}

struct Received {
    base::Bytes bytes;
    base::Endpoint from;
};

/// A datagram; nothing when none came in time, or errno is set by an ICMP error.
std::optional<Received> receive(const base::Fd& fd, Milliseconds most, int& error) {
    pollfd polled{fd.get(), POLLIN, 0};
    error = 0;
    if (::poll(&polled, 1, static_cast<int>(std::max(most, Milliseconds(0)).count())) <= 0) return std::nullopt;
    Received received{base::Bytes(2048), {}};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto count = ::recvfrom(fd.get(), received.bytes.data(), received.bytes.size(), 0,
                                  reinterpret_cast<sockaddr*>(&from), &size);
    if (count < 0) {
        error = errno;
        return std::nullopt;
    }
    received.bytes.resize(static_cast<std::size_t>(count));
    received.from = {base::Ipv4(ntohl(from.sin_addr.s_addr)), ntohs(from.sin_port)};
    return received;
}

std::string silence(Milliseconds patience) {
    return fmt::format("no answer within {:.1f} s", static_cast<double>(patience.count()) / 1000);
}

/// The address that this host would speak from.
base::Ipv4 own_address_towards(base::Ipv4 server) {
    const base::Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    const auto to = to_sockaddr({server, boot_server_port});
    sockaddr_in own{};
    socklen_t size = sizeof own;
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return {};
    if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) != 0) return {};
    return base::Ipv4(ntohl(own.sin_addr.s_addr));
}

void take_tftp(const base::Fd& fd, const Received& received, TftpSeen& seen) {
    const auto packet = tftp::parse(received.bytes);
    if (!packet) return;
    if (const auto* error = std::get_if<tftp::ErrorPacket>(&*packet)) {
        seen.outcome = Outcome::refused;
        seen.error = fmt::format("error {}: {}", static_cast<unsigned>(error->code), tftp::printable(error->text));
        return;
    }
    const auto* options = std::get_if<tftp::OptionAck>(&*packet);
    if (options == nullptr) return;
    seen.outcome = Outcome::answered;
    for (const auto& option : options->options) {
        const auto size = option.is("tsize") ? tftp::decimal(option.value) : base::Result<std::uint64_t>(0);
        if (size && *size > 0) seen.size = *size;
    }
    // As EDK2 ends its size probe: servers take this for what it is.
    const tftp::ErrorPacket enough{tftp::ErrorCode::option_negotiation, "User aborted the transfer"};
    static_cast<void>(send_to(fd, tftp::serialize(enough), received.from));
}

std::string read_head(const base::Fd& fd, Clock::time_point deadline) {
    std::string head;
    std::array<char, 1024> buffer{};
    while (head.find("\r\n\r\n") == std::string::npos && head.size() < 16384) {
        pollfd polled{fd.get(), POLLIN, 0};
        const auto left = std::chrono::duration_cast<Milliseconds>(deadline - Clock::now());
        if (left.count() <= 0 || ::poll(&polled, 1, static_cast<int>(left.count())) <= 0) break;
        const auto count = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
        if (count <= 0) break;
        head.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return head;
}

base::Result<base::Fd> connect_to(const base::Endpoint& server, Milliseconds patience) {
    base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto address = to_sockaddr(server);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    if (errno != EINPROGRESS) return base::Error::from_errno("connect");
    pollfd polled{fd.get(), POLLOUT, 0};
    if (::poll(&polled, 1, static_cast<int>(patience.count())) <= 0) return base::Error(silence(patience));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return base::Error::from_errno("connect", error);
    return fd;
}

}  // namespace

BootPortSeen ask_boot_port(base::Ipv4 server, Milliseconds patience) {
    BootPortSeen seen;
    seen.outcome = Outcome::silent;
    seen.error = silence(patience);
    const auto mac = made_up_mac();
    const auto xid = std::uint32_t{std::random_device()()};
    const auto fd = udp_socket(boot_server_port);
    const auto question = boot_request(mac, xid, own_address_towards(server));
    for (int i = 0; i < tries && seen.outcome == Outcome::silent; ++i) {
        int error = send_to(fd, question, {server, boot_server_port}) ? 0 : errno;
        const auto received = error == 0 ? receive(fd, patience / tries, error) : std::nullopt;
        if (error != 0) seen.error = base::Error::from_errno("ask", error).message();
        if (!received) continue;
        auto packet = dhcp::parse(received->bytes);
        if (!packet || packet->xid != xid || dhcp::message_type(*packet) != dhcp::MessageType::ack) continue;
        seen.outcome = Outcome::answered;
        seen.answer = std::move(*packet);
    }
    return seen;
}

TftpSeen ask_tftp(base::Ipv4 server, const std::string& file, Milliseconds patience) {
    TftpSeen seen{server, file, Outcome::silent, 0, silence(patience)};
    const auto fd = udp_socket(0);
    for (int i = 0; i < tries && seen.outcome == Outcome::silent; ++i) {
        int error = send_to(fd, size_request(file), {server, tftp_port}) ? 0 : errno;
        const auto received = error == 0 ? receive(fd, patience / tries, error) : std::nullopt;
        if (error != 0) seen.error = base::Error::from_errno("ask", error).message();
        if (received && received->from.address == server) take_tftp(fd, *received, seen);
    }
    return seen;
}

HttpSeen ask_http(const std::string& url, Milliseconds patience) {
    HttpSeen seen;
    seen.url = url;
    seen.outcome = Outcome::silent;
    const auto parsed = parse_url(url);
    if (!parsed) {
        seen.outcome = Outcome::unable;
        seen.error = "not a URL with a literal address";
        return seen;
    }
    seen.port = parsed->server.port;
    const auto deadline = Clock::now() + patience;
    const auto fd = connect_to(parsed->server, patience);
    if (!fd) {
        seen.error = fd.error().message();
        if (fd.error().code() == std::errc::connection_refused) seen.outcome = Outcome::refused;
        return seen;
    }
    const auto request =
        fmt::format("HEAD {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: musterd-doctor\r\nConnection: close\r\n\r\n",
                    parsed->path, parsed->server.to_string());
    static_cast<void>(::send(fd->get(), request.data(), request.size(), MSG_NOSIGNAL));
    const auto head = parse_http_head(read_head(*fd, deadline));
    seen.status = head.status;
    seen.length = head.length;
    seen.outcome = head.status == 200 ? Outcome::answered : head.status == 0 ? Outcome::silent : Outcome::refused;
    if (head.status == 0) seen.error = silence(patience);
    return seen;
}

}  // namespace musterd::app::doctor
