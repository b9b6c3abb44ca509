#pragma once

#include "server/base/ip_address.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstring>

namespace musterd::base {

/// An end point as the kernel has it: sockaddr_in or sockaddr_in6.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = sizeof(sockaddr_storage);

    SocketAddress() = default;
    explicit SocketAddress(const IpEndpoint& endpoint);

    [[nodiscard]] IpEndpoint endpoint() const;
    [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// Ancillary data of one message to be sent (cmsg(3)); no more than a source and one number.
class ControlMessages {
public:
    template <class T>
    void add(int level, int type, const T& value) {
        auto* const header = reinterpret_cast<cmsghdr*>(room_.data() + used_);
        header->cmsg_level = level;
        header->cmsg_type = type;
        header->cmsg_len = CMSG_LEN(sizeof value);
        std::memcpy(CMSG_DATA(header), &value, sizeof value);
        used_ += CMSG_SPACE(sizeof value);
    }
    /// Which of our addresses the message comes from, and which interface it leaves by (IP_PKTINFO, IPV6_PKTINFO);
    /// none and 0: as the kernel chooses.
    void add_source(const IpAddress& local, unsigned interface);
    void attach_to(msghdr& message);

private:
    static constexpr std::size_t most = CMSG_SPACE(sizeof(in6_pktinfo)) + CMSG_SPACE(sizeof(std::uint64_t));
    alignas(cmsghdr) std::array<char, most> room_{};
    std::size_t used_ = 0;
};

}  // namespace musterd::base
