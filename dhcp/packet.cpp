#include "dhcp/packet.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::dhcp {

namespace {

constexpr std::uint32_t magic_cookie = 0x63825363;  // RFC 2131 3
constexpr std::size_t least_size = 300;             // RFC 951 3: header with the 64 bytes of its vendor field
constexpr std::size_t longest_piece = 255;
constexpr std::uint8_t overload_file = 1;  // RFC 2132 9.3
constexpr std::uint8_t overload_sname = 2;

constexpr auto pad_code = static_cast<std::uint8_t>(Option::pad);
constexpr auto end_code = static_cast<std::uint8_t>(Option::end);
constexpr auto relay_code = static_cast<std::uint8_t>(Option::relay_agent_information);

std::string text_of_field(base::ByteView field) {
    const auto text = base::as_text(field);
    return std::string(text.substr(0, text.find('\0')));
}

void write_option(base::ByteWriter& writer, std::uint8_t code, base::ByteView data) {
    do {
        const auto piece = data.first(std::min(data.size(), longest_piece));
        writer.u8(code);
        writer.u8(static_cast<std::uint8_t>(piece.size()));
        writer.bytes(piece);
        data = data.subspan(piece.size());
    } while (!data.empty());
}

Packet read_header(base::ByteReader& reader) {
    Packet packet;
    packet.op = reader.u8();
    packet.htype = reader.u8();
    packet.hlen = reader.u8();
    packet.hops = reader.u8();
    packet.xid = reader.u32();
    packet.secs = reader.u16();
    packet.flags = reader.u16();
    packet.ciaddr = base::Ipv4(reader.u32());
    packet.yiaddr = base::Ipv4(reader.u32());
    packet.siaddr = base::Ipv4(reader.u32());
    packet.giaddr = base::Ipv4(reader.u32());
    std::ranges::copy(reader.take(packet.chaddr.size()), packet.chaddr.begin());
    return packet;
}

/// Reads the options field, then those of the header's fields that option 52 says are overloaded.
bool read_all_options(base::ByteView field, base::ByteView sname, base::ByteView file, Packet& packet) {
    if (!parse_options(field, packet.options)) return false;
    const auto overload = packet.options.get(Option::option_overload);
    const std::uint8_t fields = overload && overload->size() == 1 ? overload->front() : 0;
    if ((fields & overload_file) == 0) packet.file = text_of_field(file);
    if ((fields & overload_sname) == 0) packet.sname = text_of_field(sname);
    const bool good = ((fields & overload_file) == 0 || parse_options(file, packet.options)) &&
                      ((fields & overload_sname) == 0 || parse_options(sname, packet.options));
    packet.options.remove(Option::option_overload);
    return good;
}

}  // namespace

void Options::append(std::uint8_t code, base::ByteView data) {
    const auto found = std::ranges::find(values_, code, &decltype(values_)::value_type::first);
    if (found != values_.end()) {
        found->second.insert(found->second.end(), data.begin(), data.end());
        return;
    }
    const bool relay_last = !values_.empty() && values_.back().first == relay_code;
    values_.emplace(relay_last ? values_.end() - 1 : values_.end(), code, base::Bytes(data.begin(), data.end()));
}

void Options::set(Option code, base::ByteView data) {
    const base::Bytes kept(data.begin(), data.end());  // `data` may be a view into what is removed
    remove(code);
    append(static_cast<std::uint8_t>(code), kept);
}

void Options::remove(Option code) {
    std::erase_if(values_, [code](const auto& value) { return value.first == static_cast<std::uint8_t>(code); });
}

std::optional<base::ByteView> Options::find(std::uint8_t code) const {
    const auto found = std::ranges::find(values_, code, &decltype(values_)::value_type::first);
    if (found == values_.end()) return std::nullopt;
    return base::ByteView(found->second);
}

bool parse_options(base::ByteView bytes, Options& into) {
    base::ByteReader reader(bytes);
    while (reader.remaining() > 0) {
        const auto code = reader.u8();
        if (code == pad_code) continue;
        if (code == end_code) return true;
        const auto length = reader.u8();
        const auto data = reader.take(length);
        if (!reader.ok()) return false;
        into.append(code, data);
    }
    return true;
}

base::Result<Packet> parse(base::ByteView datagram) {
    base::ByteReader reader(datagram);
    Packet packet = read_header(reader);
    const auto sname = reader.take(Packet::server_name_width);
    const auto file = reader.take(Packet::file_width);
    const auto cookie = reader.u32();
    if (!reader.ok()) return base::Error(fmt::format("{} bytes are too few for a DHCP message", datagram.size()));
    if (cookie != magic_cookie) return base::Error("no DHCP magic cookie");
    const auto field = reader.take(reader.remaining());
    if (!read_all_options(field, sname, file, packet)) return base::Error("an option runs past the end of its field");
    return packet;
}

base::Bytes serialize(const Packet& packet) {
    base::ByteWriter writer;
    writer.u8(packet.op);
    writer.u8(packet.htype);
    writer.u8(packet.hlen);
    writer.u8(packet.hops);
    writer.u32(packet.xid);
    writer.u16(packet.secs);
    writer.u16(packet.flags);
    for (const auto address : {packet.ciaddr, packet.yiaddr, packet.siaddr, packet.giaddr})
        writer.u32(address.value());
    writer.bytes(packet.chaddr);
    writer.fixed(base::as_bytes(packet.sname), Packet::server_name_width);
    writer.fixed(base::as_bytes(packet.file), Packet::file_width);
    writer.u32(magic_cookie);
    for (const auto& [code, data] : packet.options.all())
        write_option(writer, code, data);
    writer.u8(end_code);
    if (writer.size() < least_size) writer.zeros(least_size - writer.size());
    return writer.release();
}

}  // namespace musterd::dhcp
