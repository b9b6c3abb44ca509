// Many machines boot at once: musterd_bench_storm DEVICE SERVER PORT MACHINES SECONDS. Each is switched on at some
// moment of the first SECONDS, and between its steps takes as long as a machine does: a DISCOVER of UEFI, one of iPXE,
// the script, kernel, initrd and overlay of its boot, and `up`. Firmware and iPXE ask again where no answer comes.
// Prints a line for each step: NAME COUNT p50 p99 WORST in milliseconds, from the request to the answer (its first
// line, of HTTP, without the time to connect); and last the number of machines that came up, and of requests that
// failed.
#include "firmware.hpp"
#include "storm_exchange.hpp"

#include <arpa/inet.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <queue>
#include <random>

namespace {

using namespace firmware;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

enum class Step : std::size_t { firmware, ipxe, script, kernel, initrd, overlay, up, done };
constexpr std::array names{"offer-to-uefi", "offer-to-ipxe", "script", "kernel", "initrd", "overlay", "up"};
constexpr std::chrono::seconds patience{4};

struct Machine {
    Step step = Step::firmware;
    Clock::time_point asked;
    bool told = false;  ///< the answer to this step has begun
    std::string boot;
    std::unique_ptr<storm::Exchange> exchange;
};

class Storm {
public:
    Storm(const char* device, const char* server, int port, std::uint32_t machines, double seconds)
        : dhcp_(client_socket(device)), poll_(::epoll_create1(EPOLL_CLOEXEC)), machines_(machines) {
        http_.sin_family = dhcp_server_.sin_family = AF_INET;
        http_.sin_port = htons(static_cast<std::uint16_t>(port));
        ::inet_pton(AF_INET, server, &http_.sin_addr);
        dhcp_server_.sin_port = htons(67);
        dhcp_server_.sin_addr.s_addr = INADDR_BROADCAST;
        watch(dhcp_, EPOLLIN, dhcp_mark, EPOLL_CTL_ADD);
        for (std::uint32_t i = 0; i < machines; ++i)
            begin_in(i, between(0, seconds));
    }

    void run(std::chrono::seconds limit) {
        const auto end = Clock::now() + limit;
        std::array<epoll_event, 256> ready{};
        while (up_ < machines_.size() && Clock::now() < end) {
            begin_due();
            const int count = ::epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), pause());
            for (int i = 0; i < count; ++i) {
                const auto mark = ready[static_cast<std::size_t>(i)].data.u32;
                if (mark == dhcp_mark)
                    receive_offers();
                else
                    advance(mark);
            }
        }
    }

    void print() {
        for (std::size_t i = 0; i < names.size(); ++i) {
            auto& took = took_[i];
            std::sort(took.begin(), took.end());
            const auto at = [&took](double part) {
                return took.empty() ? 0.0 : took[static_cast<std::size_t>(part * static_cast<double>(took.size() - 1))];
            };
            std::printf("%s %zu %.2f %.2f %.2f\n", names[i], took.size(), at(0.5), at(0.99), at(1));
        }
        std::printf("up %zu failed %zu again %zu\n", up_, failed_, again_);
    }

private:
    static constexpr std::uint32_t dhcp_mark = UINT32_MAX;

    double between(double least, double most) { return std::uniform_real_distribution(least, most)(random_); }

    void watch(int descriptor, std::uint32_t events, std::uint32_t mark, int operation) const {
        epoll_event event{};
        event.events = events;
        event.data.u32 = mark;
        if (::epoll_ctl(poll_, operation, descriptor, &event) != 0) fail("epoll_ctl");
    }

    /// The machine's next step, or the same once more.
    void begin_in(std::uint32_t number, double seconds) {
        const auto when =
            Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
        due_.emplace(when, number, machines_[number].step);
    }
    void begin_due() {
        while (!due_.empty() && std::get<0>(due_.top()) <= Clock::now()) {
            const auto [when, number, step] = due_.top();
            due_.pop();
            auto& machine = machines_[number];
            if (machine.step != step || machine.told || machine.exchange) continue;
            if (step <= Step::ipxe)
                discover_once(number);
            else
                ask(number);
        }
    }
    [[nodiscard]] int pause() const {
        if (due_.empty()) return 100;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(std::get<0>(due_.top()) - Clock::now());
        return static_cast<int>(std::clamp<std::int64_t>(left.count() + 1, 0, 100));
    }

    void discover_once(std::uint32_t number) {
        auto& machine = machines_[number];
        auto& packet = machine.step == Step::firmware ? uefi_ : ipxe_;
        const auto xid = number * 2 + (machine.step == Step::ipxe ? 1U : 0U);
        put(packet, xid_at, xid);
        set_machine(packet, number);
        if (machine.asked == Clock::time_point{})
            machine.asked = Clock::now();
        else
            ++again_;
        const auto* to = reinterpret_cast<const sockaddr*>(&dhcp_server_);
        if (::sendto(dhcp_, packet.data(), packet.size(), 0, to, sizeof dhcp_server_) < 0) fail("send");
        begin_in(number, std::chrono::duration<double>(patience).count());
    }
    void receive_offers() {
        std::array<std::uint8_t, 1500> reply{};
        for (;;) {
            const auto size = ::recv(dhcp_, reply.data(), reply.size(), MSG_DONTWAIT);
            if (size < 0) return;
            if (size < 240 || reply[0] != 2) continue;
            std::uint32_t xid = 0;
            std::memcpy(&xid, reply.data() + xid_at, sizeof xid);
            xid = ntohl(xid);
            if (xid / 2 >= machines_.size()) continue;
            const auto step = xid % 2 == 0 ? Step::firmware : Step::ipxe;
            if (machines_[xid / 2].step != step) continue;
            told(machines_[xid / 2]);
            next(xid / 2);
        }
    }

    void told(Machine& machine) {
        if (machine.told) return;
        machine.told = true;
        took_[static_cast<std::size_t>(machine.step)].push_back(Milliseconds(Clock::now() - machine.asked).count());
    }
    void next(std::uint32_t number) {
        auto& machine = machines_[number];
        machine.step = static_cast<Step>(static_cast<std::size_t>(machine.step) + 1);
        machine.told = false;
        machine.asked = {};
        machine.exchange.reset();
        if (machine.step == Step::done)
            ++up_;
        else
            begin_in(number, between(0.2, 1.0));
    }

    [[nodiscard]] std::string request_of(std::uint32_t number) const {
        const auto& machine = machines_[number];
        std::array<char, 18> mac{};
        std::snprintf(mac.data(), mac.size(), "52:54:%02x:%02x:%02x:%02x", number >> 24, number >> 16 & 0xffU,
                      number >> 8 & 0xffU, number & 0xffU);
        const std::string head = " HTTP/1.1\r\nHost: s\r\nConnection: close\r\n";
        if (machine.step == Step::script)
            return "GET /boot/script?mac=" + std::string(mac.data()) + "&arch=amd64" + head + "\r\n";
        const auto path = "/boot/" + machine.boot + "/";
        if (machine.step == Step::up) {
            const std::string body = "{\"hostname\":\"n\",\"kernel_boot_id\":\"00000000-0000-4000-8000-000000000000\"}";
            return "POST " + path + "up" + head +
                   "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                   body;
        }
        return "GET " + path + names.at(static_cast<std::size_t>(machine.step)) + head + "\r\n";
    }
    void ask(std::uint32_t number) {
        auto& machine = machines_[number];
        machine.exchange = std::make_unique<storm::Exchange>(http_, request_of(number));
        if (machine.exchange->ended()) return again(number);
        watch(machine.exchange->descriptor(), EPOLLOUT, number, EPOLL_CTL_ADD);
    }
    void again(std::uint32_t number) {
        ++failed_;
        machines_[number].exchange.reset();
        machines_[number].told = false;
        begin_in(number, 1);
    }
    void advance(std::uint32_t number) {
        auto& machine = machines_[number];
        if (!machine.exchange) return;
        auto& exchange = *machine.exchange;
        const bool connecting = exchange.state() == storm::Exchange::State::connecting;
        if (connecting) machine.asked = Clock::now();
        exchange.advance();
        if (exchange.answered()) told(machine);
        if (exchange.ended()) return end(number);
        if (connecting && exchange.events() != EPOLLOUT) watch(exchange.descriptor(), EPOLLIN, number, EPOLL_CTL_MOD);
    }
    void end(std::uint32_t number) {
        auto& machine = machines_[number];
        const auto& exchange = *machine.exchange;
        if (exchange.state() == storm::Exchange::State::failed || exchange.status() != 200) return again(number);
        if (machine.step == Step::script) {
            constexpr std::size_t ulid = 26;
            const auto at = exchange.text().find("musterd.boot=");
            if (at == std::string::npos) return again(number);
            machine.boot = exchange.text().substr(at + 13, ulid);
        }
        next(number);
    }

    using Due = std::tuple<Clock::time_point, std::uint32_t, Step>;
    int dhcp_;
    int poll_;
    sockaddr_in http_{};
    sockaddr_in dhcp_server_{};
    std::vector<std::uint8_t> uefi_ = discover(Who::edk2);
    std::vector<std::uint8_t> ipxe_ = discover(Who::ipxe);
    std::vector<Machine> machines_;
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
    std::array<std::vector<double>, names.size()> took_;
    std::mt19937 random_{1};
    std::size_t up_ = 0;
    std::size_t failed_ = 0;
    std::size_t again_ = 0;
};

}  // namespace

int main(int count, char** arguments) {
    if (count != 6) {
        std::cerr << "usage: musterd_bench_storm DEVICE SERVER PORT MACHINES SECONDS\n";
        return 2;
    }
    const rlimit many{65536, 65536};
    ::setrlimit(RLIMIT_NOFILE, &many);
    Storm storm(arguments[1], arguments[2], std::atoi(arguments[3]),
                static_cast<std::uint32_t>(std::atol(arguments[4])), std::atof(arguments[5]));
    storm.run(std::chrono::seconds(120));
    storm.print();
}
