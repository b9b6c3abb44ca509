#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace musterd::app {

/// A line that is drawn over and over on a terminal: bar, share, rate and time left. Where stderr is no terminal it
/// says a plain line every ten seconds instead.
class ProgressBar {
public:
    ProgressBar();
    ~ProgressBar();
    ProgressBar(const ProgressBar&) = delete;
    ProgressBar& operator=(const ProgressBar&) = delete;

    void update(std::uint64_t done, std::uint64_t total, std::string_view what);

private:
    using Clock = std::chrono::steady_clock;
    bool terminal_;
    bool drawn_ = false;
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_;
};

/// "[#####-----]  50 %  1.2 MB of 2.4 MB  3.1 MB/s  1.0 s left  initrd.gz", without colour or cursor movement.
std::string progress_text(std::uint64_t done, std::uint64_t total, std::chrono::milliseconds elapsed,
                          std::string_view what);

}  // namespace musterd::app
