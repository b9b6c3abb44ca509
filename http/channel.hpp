#pragma once

#include "server/base/fd.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace musterd::http {

/// What a call came to that never waits for the network.
struct Moved {
    enum class Kind {
        bytes,       ///< `count` were moved
        wait_read,   ///< nothing can be moved until the socket is readable
        wait_write,  ///< … writable
        end,         ///< the client has ended its side
        failed       ///< the connection cannot go on: `reason`
    };
    Kind kind = Kind::bytes;
    std::size_t count = 0;
    std::string reason;
};

/// How bytes go through a socket: as they are (plain_channel), or in records of TLS (tls_channel.hpp). The socket is
/// non-blocking and the Connection's.
class Channel {
public:
    Channel() = default;
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    virtual ~Channel();

    /// One step of what comes before the first request; `bytes` when it is done.
    virtual Moved greet() = 0;
    /// Appends what has arrived to `buffer`.
    virtual Moved receive(std::string& buffer) = 0;
    /// Takes some of both texts, in order; after a wait it must be called with the same ones. `more`: further bytes
    /// follow right after, so that the kernel need not send half a packet.
    virtual Moved send(std::string_view first, std::string_view second, bool more) = 0;
    /// Takes some of the first `most` bytes of the slice.
    virtual Moved send_file(const base::FileSlice& slice, std::size_t most) = 0;
    /// Looks for the client's end without taking anything: `end`, or `bytes` (0 to none) while it is there.
    virtual Moved look() = 0;
    /// Says that nothing follows. Never waits.
    virtual void end() = 0;
};

std::unique_ptr<Channel> plain_channel(int socket);

/// What errno means to a connection. A client that has what it wants, or is switched off, resets: GRUB ends every file
/// so. That is no error of ours.
Moved moved_nothing(int number, Moved::Kind wait);

}  // namespace musterd::http
