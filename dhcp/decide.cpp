#include "dhcp/decide.hpp"

#include "dhcp/boot_file.hpp"
#include "dhcp/lease.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::dhcp {

namespace {

using MaybeIgnore = std::optional<Ignore>;

MaybeIgnore check_sender(const Packet& packet) {
    if (packet.op != Packet::boot_request) return Ignore{IgnoreReason::not_a_request, "a server's reply"};
    if (packet.hlen > packet.chaddr.size()) {
        return Ignore{IgnoreReason::malformed, fmt::format("a hardware address of {} bytes", packet.hlen)};
    }
    return std::nullopt;
}

MaybeIgnore check_kind(const Client& client) {
    if (client.kind != ClientKind::plain) return std::nullopt;
    return Ignore{IgnoreReason::plain_client, fmt::format("'{}' is no boot client", client.machine.vendor_class)};
}

MaybeIgnore not_for_boot(std::string_view what) {
    return Ignore{IgnoreReason::not_a_boot_message, std::string(what)};
}

/// The boot server's port: REQUEST, or INFORM from some clients, stands for the question (PXE 2.1 2.2.5; dnsmasq
/// rfc2131.c treats them alike).
MaybeIgnore check_on_boot_port(MessageType type) {
    if (type == MessageType::request || type == MessageType::inform) return std::nullopt;
    return not_for_boot(fmt::format("{} on the boot server's port", to_string(type)));
}

/// Port 67: DISCOVERs, and what a client asks of us after it chose from a boot menu. All else belongs to the server
/// that leases addresses, and a NAK from us would take the client's address away.
MaybeIgnore check_on_dhcp_port(const Packet& packet, MessageType type, base::Ipv4 ours) {
    if (type == MessageType::discover) return std::nullopt;
    const auto server = server_identifier(packet);
    if (type == MessageType::request && server && *server != ours) {
        return Ignore{IgnoreReason::other_server, "takes the offer of " + server->to_string()};
    }
    const bool asks = type == MessageType::request || type == MessageType::inform;
    if (asks && boot_item(packet)) return std::nullopt;
    if (type == MessageType::request && !server) return not_for_boot("REQUEST that renews a lease");
    return not_for_boot(fmt::format("{} is for a server that leases addresses", to_string(type)));
}

MaybeIgnore check_message(const Packet& packet, ServerPort port, base::Ipv4 ours) {
    const auto type = message_type(packet);
    if (!type) return not_for_boot("no DHCP message type");
    const auto ignore =
        port == ServerPort::boot_server ? check_on_boot_port(*type) : check_on_dhcp_port(packet, *type, ours);
    if (ignore) return ignore;
    const auto item = boot_item(packet);
    if (item && (item->layer & BootItem::credentials_bit) != 0) {
        return Ignore{IgnoreReason::credentials_asked, "asks for boot integrity credentials"};
    }
    return std::nullopt;
}

MaybeIgnore check_architecture(const Client& client) {
    if (!client.architecture) return Ignore{IgnoreReason::no_architecture, "tells no architecture (option 93)"};
    if (find_architecture(*client.architecture) != nullptr) return std::nullopt;
    const auto number = static_cast<unsigned>(*client.architecture);
    return Ignore{IgnoreReason::unserved_architecture, fmt::format("architecture {} is not in the registry", number)};
}

MaybeIgnore check_file(const Client& client, const std::string& file) {
    if (file.empty() && client.kind == ClientKind::ipxe) return Ignore{IgnoreReason::no_loader, "no script for iPXE"};
    if (file.empty()) {
        const auto* row = client.architecture ? find_architecture(*client.architecture) : nullptr;
        const auto name = row == nullptr ? std::string_view("this architecture") : row->name;
        return Ignore{IgnoreReason::no_loader, fmt::format("no loader for {}", name)};
    }
    const auto limit = client.kind == ClientKind::http_boot ? longest_url : longest_file;
    if (file.size() <= limit) return std::nullopt;
    return Ignore{IgnoreReason::name_too_long, fmt::format("{} bytes at most: {}", limit, file)};
}

/// What to boot, or why not.
std::variant<Ignore, std::string> choose_file(const Client& client, const Plan& plan, const ServerIdentity& server) {
    if (auto ignore = check_kind(client)) return *ignore;
    if (auto ignore = check_architecture(client)) return *ignore;
    if (!plan.answer) return Ignore{IgnoreReason::policy, plan.reason};
    auto file = boot_file(client, plan, server);
    if (auto ignore = check_file(client, file)) return *ignore;
    return file;
}

/// Whether to answer beside the server that leases; what, is still to be chosen.
Decision decide_proxy(const Packet& packet, const Client& client, ServerPort port, const ServerIdentity& server) {
    if (auto ignore = check_kind(client)) return *ignore;
    if (auto ignore = check_message(packet, port, server.address)) return *ignore;
    const bool discover = message_type(packet) == MessageType::discover;
    return Reply{discover ? MessageType::offer : MessageType::ack, {}, boot_item(packet)};
}

}  // namespace

std::string_view to_string(IgnoreReason reason) {
    switch (reason) {
        case IgnoreReason::malformed:
            return "malformed";
        case IgnoreReason::not_a_request:
            return "not_a_request";
        case IgnoreReason::plain_client:
            return "plain_client";
        case IgnoreReason::not_a_boot_message:
            return "not_a_boot_message";
        case IgnoreReason::other_server:
            return "other_server";
        case IgnoreReason::credentials_asked:
            return "credentials_asked";
        case IgnoreReason::no_architecture:
            return "no_architecture";
        case IgnoreReason::unserved_architecture:
            return "unserved_architecture";
        case IgnoreReason::no_loader:
            return "no_loader";
        case IgnoreReason::name_too_long:
            return "name_too_long";
        case IgnoreReason::policy:
            return "policy";
        case IgnoreReason::lease_ended:
            return "lease_ended";
        case IgnoreReason::lease_declined:
            return "lease_declined";
        case IgnoreReason::off_link:
            return "off_link";
    }
    return "unknown";
}

bool ServerIdentity::on_link(base::Ipv4 other) const {
    const auto has = [other](const base::Ipv4Network& network) { return network.contains(other); };
    return networks.empty() || std::ranges::any_of(networks, has);
}

base::Ipv4 ServerIdentity::facing(base::Ipv4 other) const {
    const auto has = [other](const base::Ipv4Network& network) { return network.contains(other); };
    const auto found = std::ranges::find_if(networks, has);
    return found == networks.end() ? address : found->address;
}

Decision decide(const Packet& packet, const Client& client, ServerPort port, const Plan& plan,
                const ServerIdentity& server) {
    if (auto ignore = check_sender(packet)) return *ignore;
    const bool leases = plan.lease && port != ServerPort::boot_server;
    auto decision =
        leases ? decide_lease(packet, *plan.lease, port, server) : decide_proxy(packet, client, port, server);
    auto* reply = std::get_if<Reply>(&decision);
    if (reply == nullptr || reply->type == MessageType::nak) return decision;
    auto file = choose_file(client, plan, server);
    if (const auto* ignore = std::get_if<Ignore>(&file)) {
        if (!leases) return *ignore;
        reply->why = ignore->why;
        return decision;
    }
    reply->file = std::move(std::get<std::string>(file));
    reply->discovery = plan.discovery;
    reply->reply_class = plan.reply_class.empty() ? client.matched_class : plan.reply_class;
    return decision;
}

}  // namespace musterd::dhcp
