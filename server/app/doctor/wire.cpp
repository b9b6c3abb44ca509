#include "server/app/doctor/wire.hpp"

#include "server/app/doctor/questions.hpp"
#include "server/base/datagrams.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <random>

namespace musterd::app::doctor {

namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

const base::Endpoint everyone{base::Ipv4(0xffffffff), 67};
constexpr std::uint16_t client_port = 68;

/// One interface's socket, and what was asked by it.
struct Ear {
    std::string interface;
    unsigned index = 0;
    base::DatagramSocket socket;
    base::Mac mac = made_up_mac();
    std::uint32_t first_xid = std::random_device()();  ///< question N has first_xid + N
};

Outcome outcome_of(const std::error_code& code) {
    if (code == std::errc::address_in_use) return Outcome::taken;
    if (code == std::errc::permission_denied || code == std::errc::operation_not_permitted)
        return Outcome::not_permitted;
    return Outcome::unable;
}

std::optional<Ear> open_ear(boost::asio::io_context& context, InterfaceSeen& interface) {
    base::DatagramOptions options;
    options.local = {{}, client_port};
    options.device = interface.name;
    options.broadcast = true;
    options.reuse_address = true;
    auto socket = base::DatagramSocket::open(context.get_executor(), options);
    if (socket) return Ear{interface.name, ::if_nametoindex(interface.name.c_str()), std::move(*socket)};
    interface.asked = outcome_of(socket.error().code());
    interface.error = socket.error().message();
    return std::nullopt;
}

base::Result<void> ask(Ear& ear) {
    for (std::uint32_t i = 0; i < questions.size(); ++i) {
        const auto datagram = discover(questions.at(i), ear.mac, ear.first_xid + i);
        if (auto sent = ear.socket.send(datagram, everyone, {}, ear.index); !sent) return sent;
    }
    return {};
}

bool known(const std::vector<Offer>& offers, const Offer& offer) {
    return std::any_of(offers.begin(), offers.end(), [&](const Offer& other) {
        return other.question == offer.question && other.interface == offer.interface && other.from == offer.from &&
               other.packet == offer.packet;
    });
}

void hear(Ear& ear, std::vector<Offer>& offers) {
    while (auto datagram = ear.socket.receive()) {
        const auto packet = dhcp::parse(datagram->payload);
        if (!packet) continue;
        const auto number = packet->xid - ear.first_xid;
        if (number >= questions.size() || !answers(*packet, packet->xid, ear.mac)) continue;
        Offer offer{questions.at(number), ear.interface, datagram->from.ipv4(), *packet};
        if (!known(offers, offer)) offers.push_back(std::move(offer));
    }
}

void wait_for_datagrams(std::vector<Ear>& ears, std::chrono::milliseconds most) {
    std::vector<pollfd> polled;
    polled.reserve(ears.size());
    for (auto& ear : ears)
        polled.push_back({ear.socket.native(), POLLIN, 0});
    ::poll(polled.data(), polled.size(), static_cast<int>(most.count()));
}

std::vector<Ear> begin_asking(boost::asio::io_context& context, std::vector<InterfaceSeen>& interfaces) {
    std::vector<Ear> ears;
    for (auto& interface : interfaces) {
        if (!interface.up) continue;
        auto ear = open_ear(context, interface);
        if (!ear) continue;
        const auto sent = ask(*ear);
        interface.asked = sent ? Outcome::answered : outcome_of(sent.error().code());
        if (!sent) interface.error = sent.error().message();
        if (sent) ears.push_back(std::move(*ear));
    }
    return ears;
}

void read_address(const ifaddrs& entry, InterfaceSeen& interface) {
    if (entry.ifa_addr == nullptr || entry.ifa_addr->sa_family != AF_INET || !interface.address.none()) return;
    const auto read = [](const sockaddr* address) {
        return base::Ipv4(ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr));
    };
    interface.address = read(entry.ifa_addr);
    if (entry.ifa_netmask != nullptr) interface.netmask = read(entry.ifa_netmask);
}

/// Every interface of this host but loopback, by getifaddrs(3).
std::vector<InterfaceSeen> all_interfaces() {
    ifaddrs* first = nullptr;
    std::vector<InterfaceSeen> all;
    if (::getifaddrs(&first) != 0) return all;
    for (const auto* entry = first; entry != nullptr; entry = entry->ifa_next) {
        if ((entry->ifa_flags & IFF_LOOPBACK) != 0 || (entry->ifa_flags & IFF_BROADCAST) == 0) continue;
        auto found = std::find_if(all.begin(), all.end(), [&](const auto& i) { return i.name == entry->ifa_name; });
        if (found == all.end()) found = all.insert(all.end(), InterfaceSeen{entry->ifa_name});
        found->exists = true;
        found->up = (entry->ifa_flags & IFF_UP) != 0;
        found->carrier = (entry->ifa_flags & IFF_RUNNING) != 0;
        read_address(*entry, *found);
    }
    ::freeifaddrs(first);
    return all;
}

}  // namespace

std::vector<InterfaceSeen> look_at_interfaces(const std::vector<std::string>& names) {
    auto all = all_interfaces();
    if (names.empty()) {
        std::erase_if(all, [](const auto& i) { return !i.up || !i.carrier || i.address.none(); });
        return all;
    }
    std::vector<InterfaceSeen> named;
    for (const auto& name : names) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const auto& i) { return i.name == name; });
        named.push_back(found == all.end() ? InterfaceSeen{name} : *found);
        named.back().wanted = true;
    }
    return named;
}

std::vector<base::Ipv4> own_addresses() {
    std::vector<base::Ipv4> addresses;
    const auto interfaces = base::list_interfaces();
    if (!interfaces) return addresses;
    for (const auto& interface : *interfaces)
        addresses.push_back(interface.address);
    return addresses;
}

std::vector<Offer> ask_the_wire(std::vector<InterfaceSeen>& interfaces, std::chrono::milliseconds time,
                                const Progress& progress) {
    boost::asio::io_context context;
    auto ears = begin_asking(context, interfaces);
    std::vector<Offer> offers;
    if (ears.empty()) return offers;
    const auto start = Clock::now();
    bool asked_again = false;
    for (auto left = time; left > 0ms;) {
        progress(offers.size(), left);
        wait_for_datagrams(ears, std::min<std::chrono::milliseconds>(left, 200ms));
        for (auto& ear : ears)
            hear(ear, offers);
        left = time - std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
        if (asked_again || left > time / 2) continue;
        asked_again = true;
        for (auto& ear : ears)
            static_cast<void>(ask(ear));
    }
    return offers;
}

}  // namespace musterd::app::doctor
