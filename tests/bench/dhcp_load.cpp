// Sends DISCOVERs at a fixed rate and times the OFFERs: musterd_bench_dhcp DEVICE RATE SECONDS MACHINES. An open loop:
// the rate does not sink when answers are late. Each DISCOVER is UEFI x64's of another machine, in turn. Prints: sent
// answered p50 p99 worst (microseconds).
#include "firmware.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using namespace firmware;

class Load {
public:
    Load(int socket, std::uint32_t machines, std::size_t count)
        : socket_(socket), machines_(machines), packet_(discover(Who::edk2)), sent_at_(count), took_(count, -1) {
        server_.sin_family = AF_INET;
        server_.sin_port = htons(67);
        server_.sin_addr.s_addr = INADDR_BROADCAST;
    }

    void send(std::uint32_t number) {
        put(packet_, xid_at, number);
        set_machine(packet_, number % machines_);
        sent_at_[number] = Clock::now();
        const auto* to = reinterpret_cast<const sockaddr*>(&server_);
        if (::sendto(socket_, packet_.data(), packet_.size(), 0, to, sizeof server_) < 0) fail("send");
    }

    /// Until an answer is there, at most so long.
    void wait(std::chrono::duration<double> most) const {
        const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(most).count();
        const timespec limit{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000 + 1};
        pollfd ready{socket_, POLLIN, 0};
        ::ppoll(&ready, 1, &limit, nullptr);
    }

    /// Everything that has come.
    void receive() {
        std::array<std::uint8_t, 1500> reply{};
        for (;;) {
            const auto size = ::recv(socket_, reply.data(), reply.size(), MSG_DONTWAIT);
            if (size < 0) return;
            std::uint32_t number = 0;
            std::memcpy(&number, reply.data() + xid_at, sizeof number);
            number = ntohl(number);
            if (size < 240 || reply[0] != 2 || number >= took_.size() || took_[number] >= 0) continue;
            took_[number] = std::chrono::duration<double, std::micro>(Clock::now() - sent_at_[number]).count();
        }
    }

    [[nodiscard]] std::vector<double> answered() const {
        std::vector<double> all;
        std::copy_if(took_.begin(), took_.end(), std::back_inserter(all), [](double took) { return took >= 0; });
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    int socket_;
    std::uint32_t machines_;
    std::vector<std::uint8_t> packet_;
    sockaddr_in server_{};
    std::vector<Clock::time_point> sent_at_;
    std::vector<double> took_;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 5) {
        std::cerr << "usage: musterd_bench_dhcp DEVICE RATE SECONDS MACHINES\n";
        return 2;
    }
    const double rate = std::atof(arguments[2]);
    const auto total = static_cast<std::uint32_t>(rate * std::atof(arguments[3]));
    Load load(client_socket(arguments[1]), static_cast<std::uint32_t>(std::atol(arguments[4])), total);
    // On one thread, and asleep when nothing is due: a client that spins would take one of a small machine's two
    // processors from the server and its journal, and measure the scheduler.
    ::prctl(PR_SET_TIMERSLACK, 1);
    const auto start = Clock::now();
    for (std::uint32_t sent = 0; sent < total;) {
        const std::chrono::duration<double> elapsed = Clock::now() - start;
        if (elapsed.count() * rate > sent) {
            load.send(sent++);
        } else {
            load.wait(std::chrono::duration<double>(sent / rate) - elapsed);
        }
        load.receive();
    }
    const auto end = Clock::now() + std::chrono::seconds(1);
    while (Clock::now() < end) {
        load.receive();
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    const auto took = load.answered();
    const auto at = [&took](double part) {
        return took.empty() ? 0.0 : took[static_cast<std::size_t>(part * static_cast<double>(took.size() - 1))];
    };
    std::cout << total << " " << took.size() << " " << at(0.5) << " " << at(0.99) << " " << at(1) << "\n";
}
