#include "tftp/packet.hpp"

#include <algorithm>
#include <charconv>

namespace musterd::tftp {

namespace {

constexpr std::size_t max_options = 16;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_without_case(std::string_view one, std::string_view other) {
    return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                      [](char a, char b) { return lower(a) == lower(b); });
}

Mode mode_of(std::string_view name) {
    if (equal_without_case(name, "octet")) return Mode::octet;
    if (equal_without_case(name, "netascii")) return Mode::netascii;
    return Mode::other;
}

/// Name and value pairs up to the end, to an unfinished pair, or to an empty name: ROMs pad their requests with zeros.
std::vector<Option> parse_options(base::ByteReader& reader) {
    std::vector<Option> options;
    while (reader.remaining() > 0 && options.size() < max_options) {
        Option option;
        option.name = reader.text_until_nul();
        option.value = reader.text_until_nul();
        if (!reader.ok() || option.name.empty()) break;
        const auto same = [&](const Option& other) { return equal_without_case(other.name, option.name); };
        if (std::none_of(options.begin(), options.end(), same)) options.push_back(std::move(option));
    }
    return options;
}

base::Result<Packet> parse_request(Opcode opcode, base::ByteReader& reader) {
    FileRequest request;
    request.opcode = opcode;
    request.name = reader.text_until_nul();
    const auto mode = reader.text_until_nul();
    if (!reader.ok()) return base::Error("request without the NUL after its name or mode");
    request.mode = mode_of(mode);
    request.options = parse_options(reader);
    return Packet(std::move(request));
}

base::Result<Packet> parse_data(base::ByteReader& reader) {
    Data data;
    data.block = reader.u16();
    if (!reader.ok()) return base::Error("DATA without a block number");
    const auto payload = reader.take(reader.remaining());
    data.payload.assign(payload.begin(), payload.end());
    return Packet(std::move(data));
}

base::Result<Packet> parse_ack(base::ByteReader& reader) {
    const Ack ack{reader.u16()};
    if (!reader.ok()) return base::Error("ACK without a block number");
    return Packet(ack);
}

base::Result<Packet> parse_error(base::ByteReader& reader) {
    ErrorPacket error;
    error.code = static_cast<ErrorCode>(reader.u16());
    if (!reader.ok()) return base::Error("ERROR without a code");
    const auto text = base::as_text(reader.take(reader.remaining()));
    error.text = text.substr(0, text.find('\0'));
    return Packet(std::move(error));
}

void write_text(base::ByteWriter& writer, std::string_view text) {
    writer.text(text);
    writer.u8(0);
}

void write_options(base::ByteWriter& writer, const std::vector<Option>& options) {
    for (const auto& option : options) {
        write_text(writer, option.name);
        write_text(writer, option.value);
    }
}

struct Writer {
    base::ByteWriter& out;

    void opcode(Opcode opcode) const { out.u16(static_cast<std::uint16_t>(opcode)); }

    void operator()(const FileRequest& request) const {
        opcode(request.opcode);
        write_text(out, request.name);
        write_text(out, request.mode == Mode::netascii ? "netascii" : request.mode == Mode::octet ? "octet" : "mail");
        write_options(out, request.options);
    }
    void operator()(const Data& data) const {
        opcode(Opcode::DATA);
        out.u16(data.block);
        out.bytes(data.payload);
    }
    void operator()(const Ack& ack) const {
        opcode(Opcode::ACK);
        out.u16(ack.block);
    }
    void operator()(const ErrorPacket& error) const {
        opcode(Opcode::ERROR);
        out.u16(static_cast<std::uint16_t>(error.code));
        write_text(out, error.text);
    }
    void operator()(const OptionAck& ack) const {
        opcode(Opcode::OACK);
        write_options(out, ack.options);
    }
};

}  // namespace

bool Option::is(std::string_view lower_case_name) const {
    return equal_without_case(name, lower_case_name);
}

base::Result<Packet> parse(base::ByteView datagram) {
    base::ByteReader reader(datagram);
    const auto opcode = static_cast<Opcode>(reader.u16());
    if (!reader.ok()) return base::Error("datagram without an opcode");
    switch (opcode) {
        case Opcode::RRQ:
        case Opcode::WRQ:
            return parse_request(opcode, reader);
        case Opcode::DATA:
            return parse_data(reader);
        case Opcode::ACK:
            return parse_ack(reader);
        case Opcode::ERROR:
            return parse_error(reader);
        case Opcode::OACK:
            return Packet(OptionAck{parse_options(reader)});
    }
    return base::Error("unknown opcode");
}

base::Bytes serialize(const Packet& packet) {
    base::ByteWriter writer;
    std::visit(Writer{writer}, packet);
    return writer.release();
}

base::Result<std::uint64_t> decimal(std::string_view text) {
    std::uint64_t value = 0;
    const auto* const begin = text.data();
    const auto* const end = begin + text.size();
    const auto [stopped, code] = std::from_chars(begin, end, value);
    if (code != std::errc{} || stopped != end || value > INT64_MAX) return base::Error("not a decimal number");
    return value;
}

std::string printable(std::string_view text) {
    std::string clean(text.substr(0, 120));
    std::replace_if(
        clean.begin(), clean.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return clean;
}

}  // namespace musterd::tftp
