#include "dhcp/classify.hpp"

#include "dhcp/options.hpp"

#include <algorithm>
#include <array>

namespace musterd::dhcp {

namespace {

using base::Firmware;

struct ClassRow {
    std::string_view prefix;
    std::string_view answer;  ///< option 60 of our answer
    Transport transport = Transport::pxe;
};

// EDK2 compares the first 9 (10) bytes of the answer's option 60 with its own constant, so a known prefix is echoed
// bare. BlueField's factory class and that of older cards are echoed likewise, as NVIDIA's own server does. U-Boot does
// not look for its own name.
constexpr std::array classes = std::to_array<ClassRow>({
    {"PXEClient", "PXEClient", Transport::pxe},
    {"HTTPClient", "HTTPClient", Transport::http},
    {"NVIDIA/BF/PXE", "NVIDIA/BF/PXE", Transport::pxe},
    {"BF2Client", "BF2Client", Transport::pxe},
    {"U-Boot", "PXEClient", Transport::pxe},
});

// The boot ROM of a Raspberry Pi calls itself architecture 0 (x86 BIOS) up to model 4; only its address tells.
constexpr std::array raspberry_pi_prefixes = std::to_array<std::array<std::uint8_t, 3>>({
    {0xb8, 0x27, 0xeb},
    {0xdc, 0xa6, 0x32},
    {0xe4, 0x5f, 0x01},
    {0xd8, 0x3a, 0xdd},
    {0x28, 0xcd, 0xc1},
    {0x2c, 0xcf, 0x67},
});

std::optional<VendorClass> find_class(std::string_view vendor_class, const ClassOf& more) {
    const auto matches = [vendor_class](const ClassRow& row) { return vendor_class.starts_with(row.prefix); };
    const auto found = std::ranges::find_if(classes, matches);
    if (found != classes.end()) return VendorClass{std::string(found->answer), found->transport};
    return more ? more(vendor_class) : std::nullopt;
}

bool is_raspberry_pi(const base::Mac& mac) {
    const auto& octets = mac.octets();
    const auto matches = [&octets](const auto& prefix) {
        return std::equal(prefix.begin(), prefix.end(), octets.begin());
    };
    return std::ranges::any_of(raspberry_pi_prefixes, matches);
}

bool has_user_class(const Packet& packet, std::string_view name) {
    const auto names = user_classes(packet);
    return std::ranges::find(names, name) != names.end();
}

/// iPXE's own user class, or its encapsulated options, which it sends whatever class a build was given
/// (ipxe src/net/udp/dhcp.c, dhcp_features).
bool is_ipxe(const Packet& packet) {
    return has_user_class(packet, "iPXE") || packet.options.has(Option::ipxe_encapsulated);
}

/// RFC 4578 2.1: of several, the first that we serve.
std::optional<Architecture> choose_architecture(const Packet& packet, const base::Mac& mac) {
    const auto listed = architectures(packet);
    if (listed.empty()) return std::nullopt;
    const auto served = [](Architecture architecture) {
        const auto* row = find_architecture(architecture);
        return row != nullptr && !row->loader.empty();
    };
    const auto found = std::ranges::find_if(listed, served);
    const auto chosen = found == listed.end() ? listed.front() : *found;
    return chosen == Architecture::x86_bios && is_raspberry_pi(mac) ? Architecture::arm_rpiboot : chosen;
}

ClientKind kind_of(const Packet& packet, const VendorClass& row, Firmware firmware) {
    if (is_ipxe(packet)) return ClientKind::ipxe;
    if (row.transport == Transport::http) return ClientKind::http_boot;
    if (firmware == Firmware::uboot) return ClientKind::uboot;
    return firmware == Firmware::uefi ? ClientKind::uefi_pxe : ClientKind::pxe_rom;
}

base::Mac mac_of(const Packet& packet) {
    if (packet.htype == Packet::ethernet && packet.hlen == 6) return base::Mac::from_bytes(packet.chaddr);
    return client_identifier_mac(packet).value_or(base::Mac{});
}

/// From option 97, or from chaddr: EDK2 built with SendGUID puts the system's GUID there, with hlen 16, in what it
/// sends to 4011 (PxeBcDhcp4.c, PxeBcDhcp4Discover).
std::optional<base::Uuid> uuid_of(const Packet& packet, const std::optional<base::Bytes>& identifier) {
    base::Uuid uuid;
    if (identifier) uuid = base::Uuid::from_wire(base::ByteView(*identifier).subspan(1));
    if (!identifier && packet.hlen == 16) uuid = base::Uuid::from_wire(packet.chaddr);
    if (uuid.none()) return std::nullopt;
    return uuid;
}

}  // namespace

std::string_view to_string(ClientKind kind) {
    switch (kind) {
        case ClientKind::plain:
            return "plain";
        case ClientKind::pxe_rom:
            return "PXE ROM";
        case ClientKind::uefi_pxe:
            return "UEFI PXE";
        case ClientKind::http_boot:
            return "HTTP Boot";
        case ClientKind::ipxe:
            return "iPXE";
        case ClientKind::uboot:
            return "U-Boot";
    }
    return "unknown";
}

Client classify(const Packet& packet, const ClassOf& more) {
    Client client;
    client.machine.vendor_class = vendor_class(packet);
    client.machine.circuit = relay_circuit(packet);
    client.probe = has_user_class(packet, probe_class);
    client.machine_identifier = machine_identifier(packet);
    client.machine.mac = mac_of(packet);
    client.machine.uuid = uuid_of(packet, client.machine_identifier);
    client.architecture = choose_architecture(packet, client.machine.mac);
    auto row = find_class(client.machine.vendor_class, more);
    if (!row) return client;

    const auto* architecture = client.architecture ? find_architecture(*client.architecture) : nullptr;
    const auto firmware = architecture == nullptr ? Firmware::unknown : architecture->firmware;
    client.kind = kind_of(packet, *row, firmware);
    client.matched_class = std::move(row->answer);
    client.machine.firmware = client.kind == ClientKind::ipxe ? Firmware::ipxe : firmware;
    if (architecture != nullptr) client.machine.arch = architecture->debian;
    const auto features = ipxe_options(packet);
    client.ipxe_http = features && features->has(IpxeOption::http);
    return client;
}

}  // namespace musterd::dhcp
