#pragma once

#include "profiles/lookup.hpp"
#include "profiles/secret.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace musterd::api {

/// What was read of one source of a secret.
struct SecretReading {
    base::Result<std::string> text;
    std::string warning = {};  ///< for the log; quotes nothing of it
};

/// Reads a file or runs a command, and takes what it gives for a secret. Blocks, at most for the time that
/// base::run_command() gives a command. `stop`: ends a command early when it becomes true.
SecretReading read_secret(const profiles::SecretSource& source, const std::atomic<bool>* stop = nullptr);
/// What can be seen to be wrong without reading or running it, as the end of a sentence: a file that is not there or
/// that everybody may read, a program that is not there. Empty if nothing is.
std::string problem_of_source(const profiles::SecretSource& source);

/// What the secrets of hosts are, on the control thread. Files and commands are read aside, at the start and with each
/// reload: nobody waits for them but the hosts that need them. A source that cannot be read keeps the value that it had
/// last; without one, its hosts are not served, and told why.
class SecretBook {
public:
    using Read = std::function<SecretReading(const profiles::SecretSource& source)>;
    /// Runs `work` on another thread, then `then` on the control thread.
    using Aside = std::function<void(std::function<void()> work, std::function<void()> then)>;

    SecretBook() = default;
    /// How to read, and where. Without it, here and now.
    void read_by(Read read, Aside aside);

    /// Begins to read all sources that hosts use; forgets the others.
    void refresh(const profiles::Configuration& configuration);
    /// By name. Error EAGAIN: one of them cannot be had, or not yet.
    [[nodiscard]] base::Result<profiles::SecretTexts> texts(const profiles::SecretSources& sources) const;

private:
    struct Entry {
        std::optional<std::string> text;
        std::string problem;        ///< of the last reading, empty if it went well
        std::uint64_t reading = 0;  ///< number of the reading under way, 0 if there is none
        bool again = false;         ///< to be read once more when that has ended
        base::Position where = {};  ///< of one that names it
    };

    void start(const profiles::SecretSource& source, Entry& entry);
    void finish(const profiles::SecretSource& source, std::uint64_t number, const SecretReading& reading);

    Read read_ = [](const profiles::SecretSource& source) { return read_secret(source); };
    Aside aside_;
    std::map<profiles::SecretSource, Entry> entries_;
    std::uint64_t readings_ = 0;
};

}  // namespace musterd::api
