#include "server/app/serve.hpp"

#include "server/app/log.hpp"
#include "server/app/process.hpp"

#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <csignal>
#include <exception>
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

void set_up_process() {
    set_up_log();
    std::signal(SIGPIPE, SIG_IGN);  // a client that left is an error of one write, not the end of the process
    raise_descriptor_limit();
    ::mallopt(M_ARENA_MAX, 2);  // an arena a thread would be most of the memory of an idle server
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
