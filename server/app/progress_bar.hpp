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
    std::uint64_t total_ = 0;
    std::uint64_t began_at_ = 0;  ///< what was done already when the first of it was heard
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_;
};

/// `began_at` was done before the clock started, as of a download that is gone on with.
/// "[#####-----]  50 %  1.2 MB of 2.4 MB  3.1 MB/s  1.0 s left  initrd.gz", without colour or cursor movement.
std::string progress_text(std::uint64_t done, std::uint64_t total, std::chrono::milliseconds elapsed,
                          std::string_view what, std::uint64_t began_at = 0);

}  // namespace musterd::app
