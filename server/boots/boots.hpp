#pragma once

#include "server/base/address.hpp"
#include "server/boots/journal.hpp"
#include "server/boots/roll.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace musterd::boots {

/// The journal and the roll it gives, on the control thread. What is recorded is in the journal before record()
/// returns, and so before anything that depends on it is said to the outside.
///
/// While the journal cannot be written (the disk is full), machines go on booting: events stay in memory in their
/// order, the roll and the listeners know them, and try_again() writes them when there is room. Nobody is given a
/// receipt for one meanwhile: is_kept().
class Boots {
public:
    using Clock = std::function<base::Time()>;
    using Listener = std::function<void(const base::Event&)>;

    using Failed = std::function<void(const base::Error&)>;
    using Work = std::function<void()>;
    /// How note() puts off.
    struct PutOff {
        /// Runs its argument on the control thread, soon.
        std::function<void(Work)> later;
        /// Runs `work` on another thread, then `then` on the control thread. One that never runs `work` would make
        /// record() wait for ever.
        std::function<void(Work work, Work then)> aside;
    };

    /// Takes up the roll that was kept with the journal, and the events after it.
    static base::Result<std::unique_ptr<Boots>> open(std::unique_ptr<Journal> journal, Clock clock);
    ~Boots();

    /// Journals, reduces, tells listeners. Sets time and id. The error leaves the roll as it was: the journal cannot be
    /// written, and too many events wait for it.
    base::Result<base::Event> record(base::Event event);
    /// The same for an event that no answer waits for, in its order among the others, but later and on another thread,
    /// many in one transaction: a storm of machines would else cost a commit each, and the control thread would answer
    /// nobody meanwhile.
    void note(base::Event event);
    /// What note() has put off, now.
    void flush();

    /// Why the journal cannot be written; empty when it can.
    [[nodiscard]] const std::string& trouble() const { return trouble_; }
    /// Events that wait for it in memory.
    [[nodiscard]] std::size_t unwritten() const { return unwritten_.size(); }
    /// Whether the event with this id is in the journal.
    [[nodiscard]] bool is_kept(std::uint64_t id) const { return unwritten_.empty() || id < unwritten_.front().id; }
    /// Writes what waits, if there is trouble and that is possible now. To be called every second.
    void try_again();
    /// Without it note() puts nothing off.
    void put_off(PutOff put_off) { put_off_ = std::move(put_off); }
    /// `failed` is told when trouble begins.
    void on_failure(Failed failed) { failed_ = std::move(failed); }
    /// Mints a boot id and records boot_started. Ids of one process never go back, even if the clock does.
    base::Result<base::Event> start_boot(base::Event event);

    [[nodiscard]] const Roll& roll() const { return roll_; }
    /// As Journal::read(), of what the roll knows: what is written and not yet told does not show, so that who reads an
    /// event finds the roll after it. Waits while another thread writes.
    base::Result<void> read(std::uint64_t after, const std::string& host,
                            const std::function<bool(base::Event)>& take) const;
    /// Of the last event that the roll knows; 0: of none.
    [[nodiscard]] std::uint64_t last_id() const { return last_id_; }

    /// `listener` is called after each event until the returned handle is dropped.
    [[nodiscard]] std::shared_ptr<void> subscribe(Listener listener);

private:
    Boots(std::unique_ptr<Journal> journal, Clock clock);
    static base::Result<std::unique_ptr<Boots>> keep_roll(std::unique_ptr<Boots> boots);
    /// Events that are being written on another thread.
    struct UnderWay;

    void append(std::span<base::Event> events);
    void hold(std::span<base::Event> events);
    void begin_trouble(const base::Error& error);
    void take_in(const base::Event& event);
    void announce(std::span<const base::Event> events);
    void write_aside();
    void tell_some(const std::shared_ptr<UnderWay>& batch);
    void settle();
    [[nodiscard]] std::string newest_boot(const std::string& host) const;

    std::unique_ptr<Journal> journal_;
    Clock clock_;
    Roll roll_;
    std::uint64_t last_id_ = 0;
    std::vector<std::weak_ptr<Listener>> listeners_;
    std::deque<base::Event> noted_;
    std::shared_ptr<UnderWay> under_way_;
    PutOff put_off_;
    Failed failed_;
    std::string trouble_;
    base::Time trouble_since_;
    std::deque<base::Event> unwritten_;
    std::size_t waited_ = 0;     ///< of this trouble, written meanwhile
    std::size_t forgotten_ = 0;  ///< of this trouble, for want of room
};

}  // namespace musterd::boots
