#include "tftp/negotiate.hpp"

#include <algorithm>

namespace musterd::tftp {

namespace {

constexpr std::uint64_t min_blksize = 8;  // RFC 2348
constexpr std::uint64_t max_blksize = 65464;
constexpr std::uint64_t max_timeout = 255;  // RFC 2349
constexpr unsigned above_ip = 8 + 4;        // UDP, TFTP

/// What we give for an option; nothing to leave it out.
std::optional<std::uint64_t> grant(const Option& option, std::uint64_t asked, const FileRequest& request,
                                   std::uint64_t file_size, const Limits& limits) {
    if (option.is("blksize")) {
        if (asked < min_blksize) return std::nullopt;
        return std::min<std::uint64_t>(asked, std::clamp<std::uint64_t>(limits.max_blksize, min_blksize, max_blksize));
    }
    if (option.is("windowsize")) {  // RFC 7440 3: a server answers with the same or less, never 0
        if (asked < 1) return std::nullopt;
        return std::min<std::uint64_t>(asked, std::max<std::uint16_t>(limits.max_windowsize, 1));
    }
    if (option.is("timeout")) {  // RFC 2349: equal or not at all
        if (asked < 1 || asked > max_timeout) return std::nullopt;
        return asked;
    }
    if (option.is("rollover")) {
        if (asked > 1) return std::nullopt;
        return asked;
    }
    if (option.is("tsize") && request.mode == Mode::octet) return file_size;
    return std::nullopt;
}

}  // namespace

std::uint16_t blksize_for_mtu(unsigned mtu, IpVersion version) {
    const unsigned headers = (version == IpVersion::six ? 40 : 20) + above_ip;
    const std::uint64_t payload = mtu > headers ? mtu - headers : 0;
    return static_cast<std::uint16_t>(std::clamp(payload, min_blksize, max_blksize));
}

Agreement negotiate(const FileRequest& request, std::uint64_t file_size, const Limits& limits) {
    Agreement agreement;
    for (const auto& option : request.options) {
        const auto asked = decimal(option.value);
        if (!asked) continue;
        const auto given = grant(option, *asked, request, file_size, limits);
        if (!given) continue;
        if (option.is("blksize")) agreement.blksize = static_cast<std::uint16_t>(*given);
        if (option.is("windowsize")) agreement.windowsize = static_cast<std::uint16_t>(*given);
        if (option.is("timeout")) agreement.timeout = std::chrono::seconds(*given);
        if (option.is("rollover")) agreement.rollover = *given == 1 ? Rollover::to_one : Rollover::to_zero;
        agreement.oack.push_back({option.name, std::to_string(*given)});
    }
    return agreement;
}

}  // namespace musterd::tftp
