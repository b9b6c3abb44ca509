#pragma once

#include "server/base/bytes.hpp"
#include "server/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace musterd::tftp {

/// RFC 1350 5, RFC 2347.
enum class Opcode : std::uint16_t { RRQ = 1, WRQ = 2, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };

/// RFC 1350 appendix I, RFC 2347 for 8.
enum class ErrorCode : std::uint16_t {
    not_defined = 0,
    file_not_found = 1,
    access_violation = 2,
    disk_full = 3,
    illegal_operation = 4,
    unknown_transfer_id = 5,
    file_already_exists = 6,
    no_such_user = 7,
    option_negotiation = 8,
};

/// How the bytes of the file are to be sent (RFC 1350 1).
enum class Mode : std::uint8_t { netascii, octet, other };

/// Name and value as the peer spelled them. Names compare without case (RFC 2347).
struct Option {
    std::string name;
    std::string value;

    [[nodiscard]] bool is(std::string_view lower_case_name) const;
    bool operator==(const Option&) const = default;
};

/// RRQ or WRQ. Options stand in the order asked, those we do not know included; a repeated one is kept only once
/// (RFC 2347: an option may be given once), at most 16 in all.
struct FileRequest {
    Opcode opcode = Opcode::RRQ;
    std::string name;  ///< as sent, not cleaned (path.hpp)
    Mode mode = Mode::octet;
    std::vector<Option> options;

    bool operator==(const FileRequest&) const = default;
};

struct Data {
    std::uint16_t block = 0;
    base::Bytes payload;

    bool operator==(const Data&) const = default;
};

struct Ack {
    std::uint16_t block = 0;

    bool operator==(const Ack&) const = default;
};

struct ErrorPacket {
    ErrorCode code = ErrorCode::not_defined;
    std::string text;

    bool operator==(const ErrorPacket&) const = default;
};

struct OptionAck {
    std::vector<Option> options;

    bool operator==(const OptionAck&) const = default;
};

using Packet = std::variant<FileRequest, Data, Ack, ErrorPacket, OptionAck>;

/// The error says what is wrong with the datagram. Lenient where field firmware is careless: bytes after an ACK, an
/// ERROR text without its NUL and an unfinished last option are passed over.
base::Result<Packet> parse(base::ByteView datagram);

base::Bytes serialize(const Packet& packet);

/// The value of an option: decimal ASCII digits only, below 2^63.
base::Result<std::uint64_t> decimal(std::string_view text);

/// Text that a peer sent, made fit for a log line: printable ASCII, at most 120 characters.
std::string printable(std::string_view text);

}  // namespace musterd::tftp
