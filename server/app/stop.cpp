#include "server/app/stop.hpp"

#include <spdlog/spdlog.h>

#include <csignal>

namespace musterd::app {

StopSignals::StopSignals(boost::asio::io_context& context, Actions actions)
    : signals_(context, SIGTERM, SIGINT, SIGHUP), timer_(context), actions_(std::move(actions)) {
    wait();
}

void StopSignals::wait() {
    signals_.async_wait([this](const boost::system::error_code& code, int number) {
        if (code) return;
        on_signal(number);
        if (!ended_) wait();
    });
}

void StopSignals::on_signal(int number) {
    if (number == SIGHUP) return actions_.reload();
    if (stopping_) return end();
    stopping_ = true;
    spdlog::info("stopping: what is under way has {} seconds to end", grace.count());
    actions_.finish();
    poll(std::chrono::steady_clock::now() + grace);
}

void StopSignals::poll(std::chrono::steady_clock::time_point deadline) {
    using namespace std::chrono_literals;
    if (actions_.finished() || std::chrono::steady_clock::now() >= deadline) return end();
    timer_.expires_after(50ms);
    timer_.async_wait([this, deadline](const boost::system::error_code& code) {
        if (!code) poll(deadline);
    });
}

void StopSignals::end() {
    if (ended_) return;
    ended_ = true;
    timer_.cancel();
    signals_.cancel();
    actions_.cut();
}

}  // namespace musterd::app
