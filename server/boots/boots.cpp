#include "server/boots/boots.hpp"

#include "server/base/ulid.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <latch>
#include <utility>

namespace musterd::boots {

namespace {

// Telling of so many takes the control thread a fraction of a millisecond, in which it answers nobody.
constexpr std::size_t most_told = 32;
// Hosts ask in no order, so each event changes another page of the journal's index by host, and a commit writes every
// page that was changed. In a storm of 10,000 hosts many events share a page only when they share a large commit.
constexpr std::size_t most_together = 512;
// A disk that cannot keep up with the machines: from here on they wait for it, before the memory is full of events.
constexpr std::size_t most_waiting = 8192;
// Reading so many events at a start takes a tenth of a second.
constexpr std::uint64_t far_behind = 10'000;
// While the journal cannot be written; some 60 MB.
constexpr std::size_t most_unwritten = 100'000;

}  // namespace

struct Boots::UnderWay {
    std::vector<base::Event> events;
    base::Result<void> kept;
    std::latch written{1};
    std::size_t told = 0;  ///< of the events, from the front
};

Boots::Boots(std::unique_ptr<Journal> journal, Clock clock) : journal_(std::move(journal)), clock_(std::move(clock)) {
}

base::Result<std::unique_ptr<Boots>> Boots::open(std::unique_ptr<Journal> journal, Clock clock) {
    std::unique_ptr<Boots> boots(new Boots(std::move(journal), std::move(clock)));
    auto kept = boots->journal_->kept_roll();
    if (!kept) return kept.error();
    boots->roll_ = std::move(kept->roll);
    boots->last_id_ = kept->id;
    const auto read = boots->journal_->read(kept->id, {}, [&](const base::Event& event) {
        boots->take_in(event);
        return true;
    });
    if (!read) return read.error();
    const bool worth_keeping = kept->id == 0 || boots->last_id_ - kept->id > far_behind;
    if (worth_keeping) return keep_roll(std::move(boots));
    return boots;
}

/// So that the next start need not do it again.
base::Result<std::unique_ptr<Boots>> Boots::keep_roll(std::unique_ptr<Boots> boots) {
    const auto kept = boots->journal_->keep_roll({boots->roll_, boots->last_id_});
    if (!kept) spdlog::warn("{}; a start will take longer", kept.error().message());
    return boots;
}

Boots::~Boots() {
    flush();
    try_again();
}

base::Result<base::Event> Boots::record(base::Event event) {
    flush();
    event.time = clock_();
    const bool full = !trouble_.empty() && unwritten_.size() >= most_unwritten;
    if (full) return base::Error(trouble_);
    append({&event, 1});
    return event;
}

void Boots::note(base::Event event) {
    event.time = clock_();
    if (!trouble_.empty()) return hold({&event, 1});
    noted_.push_back(std::move(event));
    if (!put_off_.later || noted_.size() >= most_waiting) return flush();
    if (noted_.size() == most_told) return write_aside();
    if (noted_.size() == 1) put_off_.later([this] { write_aside(); });
}

/// While some are under way the others wait: the end of those starts them.
void Boots::write_aside() {
    if (under_way_ || noted_.empty()) return;
    auto batch = std::make_shared<UnderWay>();
    const auto end = noted_.begin() + static_cast<std::ptrdiff_t>(std::min(noted_.size(), most_together));
    batch->events.assign(std::make_move_iterator(noted_.begin()), std::make_move_iterator(end));
    noted_.erase(noted_.begin(), end);
    under_way_ = batch;
    put_off_.aside(
        [batch, journal = journal_.get()] {
            batch->kept = journal->append(batch->events);
            batch->written.count_down();
        },
        [this, batch] { tell_some(batch); });
}

/// A few in each turn of the control thread, so that answers come between.
void Boots::tell_some(const std::shared_ptr<UnderWay>& batch) {
    const bool more = batch->kept && batch->events.size() - batch->told > most_told;
    if (under_way_ != batch || !more) {
        if (under_way_ == batch) settle();
        return write_aside();
    }
    const auto first = std::exchange(batch->told, batch->told + most_told);
    announce(std::span(batch->events).subspan(first, most_told));
    put_off_.aside([] {}, [this, batch] { tell_some(batch); });
}

/// Waits for what is under way, if anything is, and tells of it.
void Boots::settle() {
    const auto batch = std::exchange(under_way_, nullptr);
    if (!batch) return;
    batch->written.wait();
    if (batch->kept) return announce(std::span(batch->events).subspan(batch->told));
    begin_trouble(batch->kept.error());
    hold(batch->events);
    const auto noted = std::exchange(noted_, {});  // after those: they must not be written before them
    std::vector<base::Event> events(noted.begin(), noted.end());
    hold(events);
}

base::Result<void> Boots::read(std::uint64_t after, const std::string& host,
                               const std::function<bool(base::Event)>& take) const {
    if (under_way_) under_way_->written.wait();
    bool more = true;
    const auto read = journal_->read(after, host, [&](base::Event event) {
        more = event.id <= last_id_ && take(std::move(event));
        return more;
    });
    if (!read) return read;
    for (const auto& event : unwritten_) {
        const bool wanted = event.id > after && (host.empty() || host == event.host);
        if (more && wanted) more = take(event);
    }
    return {};
}

void Boots::take_in(const base::Event& event) {
    reduce(roll_, event);
    last_id_ = event.id;
}

void Boots::flush() {
    settle();
    if (noted_.empty()) return;
    const auto noted = std::exchange(noted_, {});
    std::vector<base::Event> events(noted.begin(), noted.end());
    append(events);
}

void Boots::append(std::span<base::Event> events) {
    if (!trouble_.empty()) return hold(events);
    const auto kept = journal_->append(events);
    if (kept) return announce(events);
    begin_trouble(kept.error());
    hold(events);
}

/// The machines are served on, and the roll is told: only who wants a receipt has to wait (is_kept()).
void Boots::hold(std::span<base::Event> events) {
    for (auto& event : events) {
        if (unwritten_.size() >= most_unwritten) {
            ++forgotten_;
            continue;
        }
        event.id = last_id_ + 1;
        unwritten_.push_back(event);
        announce({&event, 1});
    }
}

void Boots::begin_trouble(const base::Error& error) {
    trouble_ = error.message();
    trouble_since_ = clock_();
    if (failed_) failed_(error);
    base::Event event;
    event.kind = base::EventKind::journal_failing;
    event.time = trouble_since_;
    event.reason = trouble_;
    hold({&event, 1});
}

void Boots::try_again() {
    if (trouble_.empty()) return;
    while (!unwritten_.empty()) {
        const auto end = unwritten_.begin() + static_cast<std::ptrdiff_t>(std::min(unwritten_.size(), most_together));
        std::vector<base::Event> events(unwritten_.begin(), end);
        if (!journal_->append(events)) return;
        waited_ += events.size();
        unwritten_.erase(unwritten_.begin(), end);
    }
    base::Event event;
    event.kind = base::EventKind::journal_recovered;
    event.reason = fmt::format("{} events waited {} in memory", std::exchange(waited_, 0),
                               base::humanize(std::max(clock_() - trouble_since_, std::chrono::milliseconds(0))));
    if (const auto forgotten = std::exchange(forgotten_, 0); forgotten > 0)
        event.reason += fmt::format(", {} more found no room there and are lost", forgotten);
    trouble_.clear();
    note(std::move(event));
}

void Boots::announce(std::span<const base::Event> events) {
    std::erase_if(listeners_, [](const auto& listener) { return listener.expired(); });
    const auto listeners = listeners_;  // a listener may subscribe or drop another one
    for (const auto& event : events) {
        take_in(event);
        for (const auto& weak : listeners) {
            if (const auto listener = weak.lock()) (*listener)(event);
        }
    }
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
