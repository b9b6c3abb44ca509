#include "server/api/deliveries.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace musterd::api {

namespace {

constexpr std::uint64_t tellings = 16;  ///< of a file that is read in pieces

bool in_one_go(const http::Delivery& delivery) {
    return delivery.offset == 0 && delivery.size == delivery.total;
}

}  // namespace

http::Response Deliveries::noted_at_end(base::Event event, http::Response response) {
    response.on_end = [self = shared_from_this(), event = std::move(event)](const http::Delivery& delivery) {
        self->to_control_([self, event, delivery] { self->ended(event, delivery); });
    };
    return response;
}

void Deliveries::ended(base::Event event, const http::Delivery& delivery) {
    const Key key{event.boot.empty() ? event.address : event.boot, event.file};
    const auto* known = progress_.find(key);
    auto progress = known == nullptr ? Progress{} : *known;
    // Who asks for all of it a second time begins anew. The first time may end after what resumed it did.
    if (in_one_go(delivery) && progress.coverage.has_start()) progress = {{}, 0, progress.unsaid};
    const bool first = progress.coverage.empty();
    progress.coverage.add(delivery.offset, delivery.sent, delivery.sent + delivery.unacknowledged);
    progress.unsaid += delivery.sent;
    // An empty file is whole when its end was reached, too.
    const bool whole = delivery.total == 0 ? delivery.complete : progress.coverage.whole(delivery.total);
    const auto bytes = std::min(progress.coverage.bytes(), delivery.total);
    const bool step = bytes - std::min(progress.told, bytes) >= delivery.total / tellings;
    if (!whole && !first && !step && delivery.complete) return progress_.learn(key, std::move(progress));
    event.sent = whole ? delivery.total : bytes;
    event.size = delivery.total;
    event.details["milliseconds"] = std::to_string(delivery.took.count());
    if (delivery.complete && delivery.unacknowledged > 0)
        event.details["unacknowledged"] = std::to_string(delivery.unacknowledged);
    if (!in_one_go(delivery)) event.details["bytes"] = std::to_string(progress.unsaid);
    if (!whole) event.reason = delivery.complete ? "that is a part of it" : delivery.reason;
    // Who has it all, and comes again, begins anew.
    progress_.learn(key, whole ? Progress{} : Progress{progress.coverage, bytes, 0});
    site_.note(std::move(event));
}

}  // namespace musterd::api
