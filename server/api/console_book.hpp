#pragma once

#include "server/base/bytes.hpp"
#include "server/base/clock.hpp"

#include <deque>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace musterd::api {

enum class ConsoleKind { syslog, netconsole };
std::string_view to_string(ConsoleKind kind);

struct ConsoleLine {
    base::Time time;
    ConsoleKind kind = ConsoleKind::syslog;
    std::string boot;  ///< that the host was in; empty before its script
    std::string text;  ///< one line of valid UTF-8

    bool operator==(const ConsoleLine&) const = default;
};

/// The lines of a datagram as a person reads them: at most 64, of at most 500 bytes; control characters and what is no
/// UTF-8 are replaced. Of syslog the <PRI> goes (RFC 3164 4.1.1, RFC 5424 6.2.1), of an extended netconsole its header
/// "level,number,microseconds,flags;" (Documentation/networking/netconsole.rst); lines without text are left out.
std::vector<std::string> console_lines(ConsoleKind kind, base::ByteView datagram);

/// What machines say on their consoles, by host, in memory: the last boots' lines, in a bounded number. Anybody may
/// send anything under any address, so it is text to be read, and nothing follows from it.
class ConsoleBook {
public:
    static constexpr std::size_t of_each = 128U << 10;  ///< bytes
    static constexpr std::size_t most_bytes = 16U << 20;
    /// Datagrams of one host: so many at once, and so many a second after that. A kernel's whole log is below it.
    static constexpr double burst = 4000;
    static constexpr double rate = 200;

    explicit ConsoleBook(std::size_t bytes = most_bytes) : bytes_left_(bytes) {}

    void heard(const std::string& host, const std::string& boot, ConsoleKind kind, base::ByteView datagram,
               base::Time time, base::Tick now);
    /// Oldest first.
    [[nodiscard]] std::vector<ConsoleLine> of(const std::string& host) const;

private:
    struct Host {
        std::string name;
        std::deque<ConsoleLine> lines;
        std::size_t bytes = 0;
        double allowed = burst;
        base::Tick last;
        bool said_flood = false;
    };
    static bool admit(Host& host, base::Tick now);
    static std::size_t cost(const ConsoleLine& line);
    Host& host_of(const std::string& name);
    void add(Host& host, ConsoleLine line);
    void drop_oldest(Host& host);

    std::size_t bytes_left_;
    std::list<Host> hosts_;  ///< of the longest silence first
    std::map<std::string, std::list<Host>::iterator> by_name_;
};

}  // namespace musterd::api
