#include "server/boots/boots.hpp"

#include "server/base/ulid.hpp"

#include <algorithm>
#include <utility>

namespace musterd::boots {

namespace {

// The control thread answers nobody while it writes: so many events take a fraction of a millisecond.
constexpr std::size_t most_noted = 32;

}  // namespace

base::Result<std::unique_ptr<Boots>> Boots::open(std::unique_ptr<Journal> journal, Clock clock) {
    std::unique_ptr<Boots> boots(new Boots(std::move(journal), std::move(clock)));
    const auto read = boots->journal_->read(0, {}, [&](const base::Event& event) {
        reduce(boots->roll_, event);
        return true;
    });
    if (!read) return read.error();
    return boots;
}

Boots::~Boots() {
    flush();
}

base::Result<base::Event> Boots::record(base::Event event) {
    flush();
    event.time = clock_();
    const auto appended = append({&event, 1});
    if (!appended) return appended.error();
    return event;
}

void Boots::note(base::Event event) {
    event.time = clock_();
    noted_.push_back(std::move(event));
    if (!later_ || noted_.size() >= most_noted) return flush();
    if (noted_.size() == 1) later_([this] { flush(); });
}

void Boots::flush() {
    if (noted_.empty()) return;
    auto events = std::exchange(noted_, {});
    const auto appended = append(events);
    if (!appended && failed_) failed_(appended.error());
}

base::Result<void> Boots::append(std::span<base::Event> events) {
    const auto kept = journal_->append(events);
    if (!kept) return kept;
    std::erase_if(listeners_, [](const auto& listener) { return listener.expired(); });
    const auto listeners = listeners_;  // a listener may subscribe or drop another one
    for (const auto& event : events) {
        reduce(roll_, event);
        for (const auto& weak : listeners) {
            if (const auto listener = weak.lock()) (*listener)(event);
        }
    }
    return {};
}

std::string Boots::newest_boot(const std::string& host) const {
    const auto found = roll_.hosts.find(host);
    const bool any = found != roll_.hosts.end() && !found->second.boots.empty();
    return any ? found->second.boots.front().id : std::string{};
}

base::Result<base::Event> Boots::start_boot(base::Event event) {
    event.kind = base::EventKind::boot_started;
    const auto newest = newest_boot(event.host);
    event.boot = base::make_ulid(clock_());
    // The roll knows later boots by their greater id. A clock that was set back, or two scripts in one millisecond,
    // must not make the new boot look like the older one.
    if (event.boot <= newest) event.boot = base::ulid_after(newest);
    return record(std::move(event));
}

std::shared_ptr<void> Boots::subscribe(Listener listener) {
    auto kept = std::make_shared<Listener>(std::move(listener));
    listeners_.push_back(kept);
    return kept;
}

}  // namespace musterd::boots
