#include "server/app/serve.hpp"

#include "server/app/process.hpp"

#include <malloc.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <thread>
#include <utility>

namespace musterd::app {

namespace {

/// As many descriptors as we may have: each connection and each transfer takes one or two, and a rack boots at once.
void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    const auto before = std::exchange(limit.rlim_cur, limit.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        spdlog::warn("only {} files at once: the limit cannot be raised", before);
}

/// Lines are written by a thread of their own: a log that nobody reads (a stopped pager, a full pipe of a container's
/// log driver) must not stop the machines. When it is stuck, the oldest lines give way; the journal has what happened.
void set_up_log() {
    constexpr std::size_t lines = 2048;
    spdlog::init_thread_pool(lines, 1);
    auto logger = spdlog::create_async_nb<spdlog::sinks::stderr_color_sink_mt>("musterd");
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
    spdlog::set_default_logger(std::move(logger));
}

void set_up_process() {
    set_up_log();
    std::signal(SIGPIPE, SIG_IGN);  // a client that left is an error of one write, not the end of the process
    raise_descriptor_limit();
    ::mallopt(M_ARENA_MAX, 2);  // an arena a thread would be most of the memory of an idle server
}

/// The log's thread ends with the process, once it has written what it was given. One that is stuck never would.
void leave_stuck_log(int code) {
    constexpr auto patience = std::chrono::seconds(1);
    const auto end = std::chrono::steady_clock::now() + patience;
    spdlog::default_logger()->flush();
    while (spdlog::thread_pool()->queue_size() > 0) {
        if (std::chrono::steady_clock::now() > end) std::_Exit(code);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

int run(const ConfigOption& config) try {
    auto configuration = load_or_complain(config);
    if (!configuration) return failed;
    Process process(std::move(configuration), config);
    if (const auto started = process.start(); !started) {
        spdlog::error("{}", started.error().message());
        return failed;
    }
    process.run();
    return done;
} catch (const std::exception& error) {
    spdlog::critical("musterd cannot go on: {}", error.what());
    return failed;
}

}  // namespace

int serve(const ConfigOption& config) {
    set_up_process();
    const int code = run(config);
    leave_stuck_log(code);
    return code;
}

}  // namespace musterd::app
