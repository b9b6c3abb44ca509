#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>

namespace musterd::app {

/// SIGTERM and SIGINT in two stages: the first asks everyone to finish, and after a grace period, or at the second
/// signal, everyone is cut. SIGHUP reloads. On the executor's thread.
class StopSignals {
public:
    struct Actions {
        std::function<void()> finish;
        std::function<bool()> finished;  ///< nothing is under way any more
        std::function<void()> cut;
        std::function<void()> reload;
    };
    static constexpr std::chrono::seconds grace{10};

    StopSignals(boost::asio::io_context& context, Actions actions);

private:
    void wait();
    void on_signal(int number);
    void poll(std::chrono::steady_clock::time_point deadline);
    void end();

    boost::asio::signal_set signals_;
    boost::asio::steady_timer timer_;
    Actions actions_;
    bool stopping_ = false;
    bool ended_ = false;
};

}  // namespace musterd::app
