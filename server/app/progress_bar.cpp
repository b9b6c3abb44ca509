#include "server/app/progress_bar.hpp"

#include "server/app/event_log.hpp"
#include "server/base/clock.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace musterd::app {

using namespace std::chrono_literals;

std::string progress_text(std::uint64_t done, std::uint64_t total, std::chrono::milliseconds elapsed,
                          std::string_view what, std::uint64_t began_at) {
    constexpr std::uint64_t width = 24;
    const auto share = total == 0 ? 1.0 : static_cast<double>(std::min(done, total)) / static_cast<double>(total);
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
    const auto seconds = static_cast<double>(elapsed.count()) / 1000.0;
    std::string speed;
    if (seconds > 0.2 && done > began_at) {
        const auto rate = static_cast<double>(done - began_at) / seconds;
        const auto left = std::chrono::milliseconds(
            static_cast<std::int64_t>(static_cast<double>(total - std::min(done, total)) / rate * 1000.0));
        speed = fmt::format("  {}/s  {} left", megabytes(static_cast<std::uint64_t>(rate)), base::humanize(left));
    }
    return fmt::format("[{}{}] {:3.0f} %  {} of {}{}  {}", std::string(filled, '#'), std::string(width - filled, '-'),
                       share * 100.0, megabytes(done), megabytes(total), speed, what);
}

ProgressBar::ProgressBar() : terminal_(::isatty(STDERR_FILENO) == 1), last_(start_) {
}

ProgressBar::~ProgressBar() {
    if (drawn_) fmt::print(stderr, "\r\033[K");
}

void ProgressBar::update(std::uint64_t done, std::uint64_t total, std::string_view what) {
    const auto now = Clock::now();
    if (total != total_) {  // another part of the work: fetching, then importing
        total_ = total;
        began_at_ = done;
        start_ = now;
    }
    if (now - last_ < (terminal_ ? Clock::duration(100ms) : Clock::duration(10s))) return;
    last_ = now;
    const auto text = progress_text(done, total, std::chrono::duration_cast<std::chrono::milliseconds>(now - start_),
                                    what, began_at_);
    if (terminal_) {
        fmt::print(stderr, "\r\033[K{}", text);
        drawn_ = true;
    } else {
        fmt::print(stderr, "{}\n", text);
    }
    std::fflush(stderr);
}

}  // namespace musterd::app
