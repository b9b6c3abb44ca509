#pragma once

#include "server/api/site.hpp"
#include "server/base/datagrams.hpp"
#include "server/base/tasks.hpp"

#include <cstdint>
#include <list>

namespace musterd::app {

/// Hears what machines say on their consoles: syslog (iPXE's, and a system's) and netconsole, by UDP. Nothing is ever
/// answered. What comes from an address that no host is known by is thrown away. On the control thread.
class ConsolePorts {
public:
    explicit ConsolePorts(api::Site& site) : site_(site) {}

    /// A port that cannot be had is told and does without: a rack boots without its consoles. 0: not wanted.
    void open(base::Tasks& tasks, api::ConsoleKind kind, std::uint16_t port);
    void close();

private:
    struct Port {
        api::ConsoleKind kind;
        base::DatagramSocket socket;
    };
    boost::asio::awaitable<void> listen(Port& port);
    void heard(const Port& port, const base::Datagram& datagram);

    api::Site& site_;
    std::list<Port> ports_;  ///< a list: tasks hold references
};

}  // namespace musterd::app
