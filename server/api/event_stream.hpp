#pragma once

#include "http/message.hpp"
#include "server/api/boot_routes.hpp"
#include "server/api/event_filter.hpp"
#include "server/boots/boots.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <string>

namespace musterd::api {

/// One event as a server-sent event (WHATWG HTML 9.2): id, event and data lines, then an empty one.
std::string server_sent(const base::Event& event);

class EventStream;

/// The open event streams. On the control thread.
class EventStreams {
public:
    EventStreams(boots::Boots& boots, Post to_control) : boots_(boots), to_control_(std::move(to_control)) {}

    /// A body that never ends: the events after an id, then each new one, of those that the filter wants. It keeps no
    /// queue; a slow reader is served from the journal when it is ready for more, so it costs nothing while it waits
    /// and misses nothing.
    std::shared_ptr<http::Stream> open(std::uint64_t after, EventFilter filter);
    /// Sends a comment down every stream that waits, so that one whose client vanished finds out. Call every 15 s.
    void keep_alive();
    /// Ends every stream: the server stops.
    void end();

private:
    boots::Boots& boots_;
    Post to_control_;
    std::list<std::weak_ptr<EventStream>> streams_;
};

}  // namespace musterd::api
