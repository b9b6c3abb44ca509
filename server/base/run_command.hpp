#pragma once

#include "server/base/result.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace musterd::base {

struct CommandLimits {
    std::chrono::milliseconds time{20'000};
    std::size_t output = 64U << 10U;  ///< bytes
};

/// Runs a program (found in PATH, no shell) in a folder and gives what it printed, when it ended with status 0. Blocks:
/// never on the control thread. Its standard input and error are /dev/null, it gets no descriptor of ours, and it and
/// what it started in its process group are killed when the time is up, it prints too much, or `stop` becomes true.
/// Errors are the end of a sentence, and quote nothing of what it printed: "ended with status 1".
Result<std::string> run_command(const std::vector<std::string>& command, const std::filesystem::path& folder,
                                const CommandLimits& limits = {}, const std::atomic<bool>* stop = nullptr);

}  // namespace musterd::base
