#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace musterd::http {

/// What one client may take from the server. Every time-out closes the connection of that client only.
struct Limits {
    std::size_t header = 8 * 1024;     ///< bytes of request line and fields; more is 431
    std::size_t body = 64 * 1024;      ///< bytes of a request's body; more is 413
    std::size_t connections = 4096;    ///< more get 503 with Retry-After, which iPXE honours
    std::size_t downloads = 512;       ///< large bodies at once; more get 503 with Retry-After (downloads.hpp)
    std::uint64_t large = 32U << 20U;  ///< bytes of a body that counts as large: no loader, script or usual kernel
    /// Bytes after which a body lets others of its thread run. One sendfile call: with 1 MiB the fastest of 512 clients
    /// got 1.4 times as much as the slowest, and with 256 KiB 1.05 times, at the same throughput.
    std::size_t turn = 256 * 1024;

    std::chrono::milliseconds handshake{10'000};  ///< of TLS, from the connection to its end
    std::chrono::milliseconds request{10'000};    ///< from a request's first byte to its last
    /// Between requests. iPXE keeps a connection pooled for 10 s, EDK2 for as long as one boot file takes.
    std::chrono::milliseconds idle{60'000};
    std::chrono::milliseconds stall{60'000};  ///< while sending: no byte taken by the client
    /// iPXE may start what it has fetched without having acknowledged the last packets of it (Debian 12's does so now
    /// and then, on BIOS and UEFI: tests/boot/boot_chain.py, boot_relay.py). So a client that is silent for `silence`
    /// about no more than `unsaid` bytes, all of which were sent, has them: a lost packet would be sent again within
    /// that time, and acknowledged.
    std::chrono::milliseconds silence{1'000};
    std::uint64_t unsaid = 64U << 10U;            ///< bytes
    std::chrono::milliseconds linger{2'000};      ///< for a client to read an answer that ends the connection
    std::chrono::milliseconds accept_pause{100};  ///< after accept(2) failed for want of descriptors or memory
};

}  // namespace musterd::http
