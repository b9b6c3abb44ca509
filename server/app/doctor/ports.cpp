#include "server/app/doctor/ports.hpp"

#include "server/base/datagrams.hpp"
#include "server/base/fd.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace musterd::app::doctor {

namespace {

constexpr std::string_view listening = "0A";  // TCP_LISTEN, net/tcp_states.h
constexpr std::size_t ipv6_digits = 32;

template <class T>
T hex(std::string_view text) {
    T value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

/// /proc has addresses in the order of memory, which is the network's.
base::Ipv4 address_of(std::string_view digits) {
    return base::Ipv4(ntohl(hex<std::uint32_t>(digits)));
}

std::string read_all(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

struct Owner {
    std::uint32_t pid = 0;
    std::string program;
};

std::uint64_t socket_inode(const std::filesystem::path& link) {
    std::error_code code;
    const auto target = std::filesystem::read_symlink(link, code).string();
    constexpr std::string_view prefix = "socket:[";
    if (!target.starts_with(prefix)) return 0;
    std::uint64_t inode = 0;
    std::from_chars(target.data() + prefix.size(), target.data() + target.size(), inode);
    return inode;
}

void add_sockets_of(const std::filesystem::path& process, std::map<std::uint64_t, Owner>& owners) {
    const auto name = process.filename().string();
    Owner owner;
    std::from_chars(name.data(), name.data() + name.size(), owner.pid);
    if (owner.pid == 0) return;
    owner.program = read_all(process / "comm");
    owner.program.erase(std::min(owner.program.find('\n'), owner.program.size()));
    std::error_code code;
    for (std::filesystem::directory_iterator it(process / "fd", code), end; !code && it != end; it.increment(code))
        if (const auto inode = socket_inode(it->path()); inode != 0) owners.emplace(inode, owner);
}

std::map<std::uint64_t, Owner> owners_of_sockets() {
    std::map<std::uint64_t, Owner> owners;
    std::error_code code;
    for (std::filesystem::directory_iterator it("/proc", code), end; !code && it != end; it.increment(code))
        add_sockets_of(it->path(), owners);
    return owners;
}

Outcome outcome_of(const std::error_code& code) {
    if (code == std::errc::address_in_use) return Outcome::taken;
    if (code == std::errc::permission_denied || code == std::errc::operation_not_permitted)
        return Outcome::not_permitted;
    return Outcome::unable;
}

Outcome try_tcp(std::uint16_t port) {
    const base::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::listen(fd.get(), 1) == 0)
        return Outcome::answered;
    return outcome_of(std::error_code(errno, std::generic_category()));
}

}  // namespace

std::vector<SocketLine> parse_socket_table(std::string_view text, Protocol protocol) {
    std::vector<SocketLine> sockets;
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
        // sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
        std::istringstream words(line);
        std::string slot, local, remote, state, queues, timer, retransmits, user, timeout;
        SocketLine found;
        if (!(words >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >>
              found.inode))
            continue;
        const auto colon = local.find(':');
        if (colon == std::string::npos || (protocol == Protocol::tcp && state != listening)) continue;
        const auto digits = std::string_view(local).substr(0, colon);
        const bool any = digits.find_first_not_of('0') == std::string_view::npos;
        if (digits.size() == ipv6_digits && !any) continue;
        if (!any) found.address = address_of(digits);
        found.port = hex<std::uint16_t>(std::string_view(local).substr(colon + 1));
        sockets.push_back(found);
    }
    return sockets;
}

std::vector<Holder> holders_of(Protocol protocol, const std::vector<std::uint16_t>& ports) {
    const auto tables = protocol == Protocol::udp ? std::array{"/proc/net/udp", "/proc/net/udp6"}
                                                  : std::array{"/proc/net/tcp", "/proc/net/tcp6"};
    const auto owners = owners_of_sockets();
    std::vector<Holder> holders;
    for (const auto* table : tables) {
        for (const auto& line : parse_socket_table(read_all(table), protocol)) {
            if (std::find(ports.begin(), ports.end(), line.port) == ports.end()) continue;
            Holder holder{protocol, line.address, line.port, 0, {}};
            if (const auto owner = owners.find(line.inode); owner != owners.end()) {
                holder.pid = owner->second.pid;
                holder.program = owner->second.program;
            }
            holders.push_back(std::move(holder));
        }
    }
    return holders;
}

Outcome try_port(Protocol protocol, std::uint16_t port, const InterfaceSeen& interface) {
    if (protocol == Protocol::tcp) return try_tcp(port);
    boost::asio::io_context context;
    base::DatagramOptions options;
    options.local.port = port;
    // As dhcp/service.cpp does: 67 on the broadcast address and shared, 4011 on our own.
    if (port == 67) options.local.address = base::Ipv4(0xffffffff);
    if (port == 67) options.reuse_address = true;
    if (port == 4011) options.local.address = interface.address;
    if (port != 69) options.device = interface.name;
    const auto socket = base::DatagramSocket::open(context.get_executor(), options);
    return socket ? Outcome::answered : outcome_of(socket.error().code());
}

}  // namespace musterd::app::doctor
