#pragma once

#include "server/base/address.hpp"
#include "server/boots/journal.hpp"
#include "server/boots/roll.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace musterd::boots {

/// The journal and the roll it gives, on the control thread. What is recorded is in the journal before record()
/// returns, and so before anything that depends on it is said to the outside.
class Boots {
public:
    using Clock = std::function<base::Time()>;
    using Listener = std::function<void(const base::Event&)>;

    using Failed = std::function<void(const base::Error&)>;
    using Later = std::function<void(std::function<void()>)>;

    /// Rebuilds the roll from the journal.
    static base::Result<std::unique_ptr<Boots>> open(std::unique_ptr<Journal> journal, Clock clock);
    ~Boots();

    /// Journals, reduces, tells listeners. Sets time and id; the error leaves the roll as it was.
    base::Result<base::Event> record(base::Event event);
    /// The same for an event that no answer waits for, in its order among the others, but later: with all that comes until
    /// then, in one transaction. A storm of machines would else cost a commit each.
    void note(base::Event event);
    /// What note() has put off. What cannot be journalled is told to `failed` and did not happen.
    void flush();
    /// `later` runs its argument on the control thread, soon; without it note() puts nothing off.
    void put_off(Later later) { later_ = std::move(later); }
    void on_failure(Failed failed) { failed_ = std::move(failed); }
    /// Mints a boot id and records boot_started. Ids of one process never go back, even if the clock does.
    base::Result<base::Event> start_boot(base::Event event);

    [[nodiscard]] const Roll& roll() const { return roll_; }
    [[nodiscard]] Journal& journal() { return *journal_; }

    /// `listener` is called after each event until the returned handle is dropped.
    [[nodiscard]] std::shared_ptr<void> subscribe(Listener listener);

private:
    Boots(std::unique_ptr<Journal> journal, Clock clock) : journal_(std::move(journal)), clock_(std::move(clock)) {}
    base::Result<void> append(std::span<base::Event> events);
    [[nodiscard]] std::string newest_boot(const std::string& host) const;

    std::unique_ptr<Journal> journal_;
    Clock clock_;
    Roll roll_;
    std::vector<std::weak_ptr<Listener>> listeners_;
    std::vector<base::Event> noted_;
    Later later_;
    Failed failed_;
};

}  // namespace musterd::boots
