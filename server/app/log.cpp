#include "server/app/log.hpp"

#include "server/base/background.hpp"
#include "server/base/fd.hpp"
#include "server/base/utf8.hpp"

#include <spdlog/async.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

namespace musterd::app {

namespace {

/// Writes when nothing more waits, or when there is much. Used by the log's thread alone.
class TogetherSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
        formatter_->format(message, lines_);
        if (lines_.size() >= most || spdlog::thread_pool()->queue_size() == 0) flush_();
    }

    /// What cannot be written is lost: there is nobody to tell.
    void flush_() override {
        const char* rest = lines_.data();
        for (auto left = lines_.size(); left > 0;) {
            const auto written = ::write(STDERR_FILENO, rest, left);
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) break;
            rest += written;
            left -= static_cast<std::size_t>(written);
        }
        lines_.clear();
    }

private:
    static constexpr std::size_t most = 64U << 10U;  // bytes

    spdlog::memory_buf_t lines_;
};

/// %v, in one line: what machines send is in it.
class OneLine final : public spdlog::custom_flag_formatter {
public:
    void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
        const auto text = base::one_line({message.payload.data(), message.payload.size()});
        line.append(text.data(), text.data() + text.size());
    }
    [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<OneLine>(); }
};

std::unique_ptr<spdlog::formatter> make_format() {
    auto format = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
    format->add_flag<OneLine>('v').set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v");
    return format;
}

}  // namespace

void set_up_log() {
    constexpr std::size_t lines = 2048;
    spdlog::init_thread_pool(lines, 1, base::stand_back);
    std::shared_ptr<spdlog::logger> logger;
    if (::isatty(STDERR_FILENO) != 0) {
        logger = spdlog::create_async_nb<spdlog::sinks::stderr_color_sink_mt>("musterd");
    } else {
        logger = spdlog::create_async_nb<TogetherSink>("musterd");
    }
    logger->set_formatter(make_format());
    spdlog::set_default_logger(std::move(logger));
}

void leave_stuck_log(int code) {
    constexpr auto patience = std::chrono::seconds(1);
    const auto end = std::chrono::steady_clock::now() + patience;
    spdlog::default_logger()->flush();
    while (spdlog::thread_pool()->queue_size() > 0) {
        if (std::chrono::steady_clock::now() > end) std::_Exit(code);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

}  // namespace musterd::app
