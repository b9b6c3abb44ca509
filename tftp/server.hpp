// tftp: a read-only TFTP server for machines that boot. It knows packets, paths, options, windows and sockets; it
// knows nothing of hosts, images or boots, and asks the product which file a name stands for (Resolve).
//
//   datagram > decide.hpp (parse packet.hpp, clean path.hpp) > Resolve > FileSlice > negotiate.hpp
//            > transfer.hpp (state machine without I/O) <> session.hpp (socket, timer, read_ahead.hpp, send_blocks.hpp)
//
// Implements RFC 1350 (octet; netascii, which netascii.hpp makes of files up to 16 MiB, without tsize), 2347 (options),
// 2348 (blksize), 2349 (timeout, tsize), 7440 (windowsize); the option rollover as tftpd-hpa has it. Not: writing, mail
// mode, multicast (RFC 2090). Each transfer has a UDP port of its own and answers from the address that the request was
// sent to. In single-port mode all of it goes by the listening port, which passes NAT, a container's port map and a
// firewall without a TFTP helper; clients know that port from our first answer, as they would any other (dnsmasq's
// tftp-single-port is the same).
#pragma once

#include "server/base/fd.hpp"
#include "server/base/ip_address.hpp"
#include "server/base/result.hpp"
#include "server/base/tasks.hpp"
#include "tftp/transfer.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace musterd::tftp {

namespace asio = boost::asio;

struct Options {
    base::IpAddress address;  ///< none: every interface, both families where the kernel has IPv6
    std::uint16_t port = 69;  ///< 0: one that is free, see local_endpoint()
    std::uint16_t max_blksize =
        65464;  ///< bytes, beside the limit of the way out: MTU of the interface less 32 or, for IPv6, 52
    std::uint16_t max_windowsize = 64;  ///< blocks, 1 to 64
    /// At once, those waiting for Resolve included; above: ERROR 0 with a text. No more than three quarters of the
    /// process's descriptors (RLIMIT_NOFILE) are used for them: two for each, in single-port mode one.
    std::uint32_t max_transfers = 4096;
    Rollover rollover = Rollover::to_zero;  ///< for clients that do not ask for one
    bool single_port = false;
    bool segmentation = true;  ///< UDP_SEGMENT where the kernel has it, else sendmmsg: the same datagrams
};

/// A read request that passed all that can be known without the file.
struct Request {
    std::string path;  ///< relative, clean (path.hpp): never "..", never empty, valid UTF-8
    base::IpEndpoint peer;
    base::IpAddress local;  ///< our address that the client spoke to
};

/// Call exactly once, from any thread, at once or later. An error's code chooses what the client is told: ENOENT (and
/// ENOTDIR, EISDIR, ENAMETOOLONG) is ERROR 1, EACCES, EPERM, EXDEV and ELOOP are ERROR 2, all else is ERROR 0 with the
/// error's message as text.
using Reply = std::function<void(base::Result<base::FileSlice>)>;
/// Called on the server's executor; must not block.
using Resolve = std::function<void(const Request&, Reply)>;

/// How a transfer has ended, or why none came of a request for a file.
struct TransferEnd {
    base::IpEndpoint peer;
    base::IpAddress local;
    std::string path;
    std::uint64_t sent = 0;  ///< bytes that the client acknowledged
    std::uint64_t size = 0;
    std::chrono::milliseconds took{};
    bool complete = false;             ///< the last block was acknowledged
    std::optional<ErrorCode> refused;  ///< with this, before it began
    bool probe = false;                ///< the client wanted the size only, and ended it after the OACK on purpose
    std::string reason;                ///< why not complete; printable ASCII
    unsigned blksize = 512;
    unsigned windowsize = 1;
    std::uint64_t retransmitted = 0;  ///< blocks sent more than once
};
/// Called on the server's executor, once for every transfer begun and every one refused; must not block.
using OnEnd = std::function<void(const TransferEnd&)>;

/// What came to the listening port, since the start.
struct Counts {
    std::uint64_t requests = 0;  ///< given to Resolve
    std::uint64_t repeated = 0;  ///< the same request again before we were heard
    std::uint64_t refused = 0;   ///< answered with an ERROR, by us or by Resolve
    std::uint64_t ignored = 0;   ///< neither RRQ nor WRQ
};

/// All of its state lives on `executor`, which must run handlers one at a time (a context with one thread, or a
/// strand). Resolve and OnEnd are called there. Every call but the constructor is made there too, unless it says
/// otherwise. The executor's context must outlive every Reply handed out.
class Server {
public:
    Server(asio::any_io_executor executor, Options options, Resolve resolve, OnEnd on_end);
    /// Cuts what still runs; its OnEnd is not called.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds the port. Any thread, before run().
    base::Result<void> open();
    /// Serves until stopped. Sessions are tasks of `tasks` too, which must have the same executor and outlive the
    /// server's work: tasks.finish() and tasks.cut() are the two ways to stop.
    /// finish: no new transfers, those running go on to their end. cut: all sockets closed, OnEnd is called.
    void run(base::Tasks& tasks);

    /// Port included, of IPv4 where there are two. After open().
    [[nodiscard]] base::IpEndpoint local_endpoint() const;
    [[nodiscard]] std::size_t transfers() const;
    /// Any thread.
    [[nodiscard]] Counts counts() const;

private:
    class Core;
    std::shared_ptr<Core> core_;
};

}  // namespace musterd::tftp
