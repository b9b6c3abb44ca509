// Reads one file over TFTP, COUNT times at once, and throws it away: musterd_bench_tftp_sink ADDRESS FILE LENGTH
// BLKSIZE WINDOWSIZE COUNT SECONDS. Of each datagram only the header is copied (recv with MSG_TRUNC, udp(7)), so that
// the server is what is measured. Options are asked for where they differ from RFC 1350's; what the server gives
// counts. Prints bytes, seconds to the first and to the last transfer's end, transfers that failed, datagrams that were
// out of order or came again, and blksize and windowsize as given. A transfer fails by an ERROR, a wrong length or by
// time.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint16_t data_opcode = 3, ack_opcode = 4, error_opcode = 5, oack_opcode = 6;
constexpr auto patience = std::chrono::milliseconds(500);

struct Wanted {
    sockaddr_in server{};
    std::string file;
    std::uint64_t length = 0;
    std::size_t blksize = 512;
    std::size_t windowsize = 1;
    std::size_t count = 1;
    double seconds = 10;
};

/// What came: the first bytes of up to a window of datagrams.
struct Batch {
    static constexpr std::size_t most = 64;
    std::array<std::array<std::uint8_t, 96>, most> heads;
    std::array<iovec, most> pieces;
    std::array<mmsghdr, most> messages;
    sockaddr_in from{};

    Batch() {
        for (std::size_t i = 0; i < most; ++i) {
            pieces[i] = {heads[i].data(), heads[i].size()};
            messages[i] = {};
            messages[i].msg_hdr.msg_iov = &pieces[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_name = &from;
        }
    }
    /// Payload would be copied too if there were room for it; of an OACK and an ERROR all is wanted.
    int receive(int socket, bool header_only, int flags) {
        for (auto& piece : pieces)
            piece.iov_len = header_only ? 4 : heads[0].size();
        for (auto& message : messages)
            message.msg_hdr.msg_namelen = sizeof from;
        return ::recvmmsg(socket, messages.data(), most, flags | MSG_TRUNC, nullptr);
    }
};

std::uint16_t field(const std::uint8_t* bytes) {
    return static_cast<std::uint16_t>(bytes[0] << 8U | bytes[1]);
}

class Transfer {
public:
    enum class State : std::uint8_t { asked, running, done, failed };

    Transfer(const Wanted& wanted, int socket) : wanted_(wanted), socket_(socket) { ask(); }

    [[nodiscard]] int socket() const { return socket_; }
    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] bool over() const { return state_ == State::done || state_ == State::failed; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] std::uint64_t strays() const { return strays_; }
    [[nodiscard]] std::size_t blksize() const { return blksize_; }
    [[nodiscard]] std::size_t windowsize() const { return windowsize_; }
    [[nodiscard]] Clock::time_point ended() const { return ended_; }

    void read(Batch& batch, int flags) {
        const int count = batch.receive(socket_, state_ == State::running, flags);
        for (int i = 0; i < count && !over(); ++i) {
            const auto index = static_cast<std::size_t>(i);
            take(batch.heads[index].data(), batch.messages[index].msg_len, batch.from);
        }
        if (count > 0) heard_ = Clock::now();
    }
    void look_at_time(Clock::time_point now) {
        if (over() || now - heard_ < patience) return;
        heard_ = now;
        if (state_ == State::asked) return ask();
        acknowledge();
    }

private:
    void ask() {
        std::string request("\0\1", 2);
        const auto word = [&](const std::string& text) { request.append(text.c_str(), text.size() + 1); };
        word(wanted_.file);
        word("octet");
        if (wanted_.blksize != 512) word("blksize"), word(std::to_string(wanted_.blksize));
        if (wanted_.windowsize != 1) word("windowsize"), word(std::to_string(wanted_.windowsize));
        const auto* const to = reinterpret_cast<const sockaddr*>(&wanted_.server);
        ::sendto(socket_, request.data(), request.size(), 0, to, sizeof wanted_.server);
        heard_ = Clock::now();
    }
    void take(const std::uint8_t* head, std::size_t length, const sockaddr_in& from) {
        const auto opcode = field(head);
        if (state_ == State::asked) {  // the port that answers first is the transfer's
            ::connect(socket_, reinterpret_cast<const sockaddr*>(&from), sizeof from);
            state_ = State::running;
            if (opcode == oack_opcode) agree(reinterpret_cast<const char*>(head), std::min<std::size_t>(length, 96));
        }
        if (opcode == error_opcode) return end(State::failed);
        if (opcode == oack_opcode) return acknowledge();
        if (opcode != data_opcode) return;
        if (field(head + 2) != static_cast<std::uint16_t>(last_ + 1)) return stray();
        ++last_;
        gap_told_ = false;
        bytes_ += length - 4;
        const bool final = length - 4 < blksize_;
        if (final || ++in_window_ >= windowsize_) acknowledge();
        if (final) end(bytes_ == wanted_.length ? State::done : State::failed);
    }
    void agree(const char* bytes, std::size_t length) {
        std::vector<std::string> words;
        for (std::size_t at = 2; at < length; at += words.back().size() + 1)
            words.emplace_back(bytes + at, ::strnlen(bytes + at, length - at));
        for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
            const auto value = std::strtoul(words[i + 1].c_str(), nullptr, 10);
            if (::strcasecmp(words[i].c_str(), "blksize") == 0) blksize_ = value;
            if (::strcasecmp(words[i].c_str(), "windowsize") == 0) windowsize_ = value;
        }
    }
    /// RFC 7440 4: the last block in order, once for each gap.
    void stray() {
        ++strays_;
        if (windowsize_ > 1 && !gap_told_) acknowledge();
        gap_told_ = true;
    }
    void acknowledge() {
        in_window_ = 0;
        const std::array<std::uint8_t, 4> ack{0, ack_opcode, static_cast<std::uint8_t>(last_ >> 8U),
                                              static_cast<std::uint8_t>(last_)};
        ::send(socket_, ack.data(), ack.size(), 0);
    }
    void end(State state) {
        state_ = state;
        ended_ = Clock::now();
    }

    const Wanted& wanted_;
    int socket_;
    State state_ = State::asked;
    std::size_t blksize_ = 512;
    std::size_t windowsize_ = 1;
    std::uint16_t last_ = 0;
    std::size_t in_window_ = 0;
    bool gap_told_ = false;
    std::uint64_t bytes_ = 0;
    std::uint64_t strays_ = 0;
    Clock::time_point heard_;
    Clock::time_point ended_;
};

/// One transfer waits in recvmmsg itself; many wait in epoll.
class Run {
public:
    explicit Run(const Wanted& wanted) : wanted_(wanted), poll_(::epoll_create1(0)), start_(Clock::now()) {
        transfers_.reserve(wanted.count);
        for (std::size_t i = 0; i < wanted.count; ++i) {
            transfers_.emplace_back(wanted_, open());
            epoll_event event{};
            event.events = EPOLLIN;
            event.data.u64 = i;
            ::epoll_ctl(poll_, EPOLL_CTL_ADD, transfers_.back().socket(), &event);
        }
    }
    void run() {
        auto looked = start_;
        while (running_ > 0 && elapsed(Clock::now()) < wanted_.seconds) {
            if (wanted_.count == 1) {
                transfers_.front().read(batch_, MSG_WAITFORONE);
                running_ = transfers_.front().over() ? 0 : 1;
            } else {
                wait();
            }
            const auto now = Clock::now();
            if (now - looked < std::chrono::milliseconds(50)) continue;
            looked = now;
            for (auto& transfer : transfers_)
                transfer.look_at_time(now);
        }
    }
    void print() const {
        std::uint64_t bytes = 0, strays = 0;
        double first = 1e9, last = 0;
        std::size_t failed = 0;
        for (const auto& transfer : transfers_) {
            bytes += transfer.bytes();
            strays += transfer.strays();
            if (transfer.state() != Transfer::State::done) ++failed;
            const auto took = transfer.over() ? elapsed(transfer.ended()) : wanted_.seconds;
            first = std::min(first, took);
            last = std::max(last, took);
        }
        std::printf("%llu %.6f %.6f %zu %llu %zu %zu\n", static_cast<unsigned long long>(bytes), first, last, failed,
                    static_cast<unsigned long long>(strays), transfers_.front().blksize(),
                    transfers_.front().windowsize());
    }

private:
    [[nodiscard]] int open() const {
        const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (socket < 0) throw std::runtime_error("socket");
        const timeval tick{0, 100'000};
        ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
        sockaddr_in any{};
        any.sin_family = AF_INET;
        if (::bind(socket, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0) throw std::runtime_error("bind");
        return socket;
    }
    [[nodiscard]] double elapsed(Clock::time_point now) const {
        return std::chrono::duration<double>(now - start_).count();
    }
    void wait() {
        std::array<epoll_event, 64> events{};
        const int count = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 50);
        for (int i = 0; i < count; ++i) {
            auto& transfer = transfers_[events[static_cast<std::size_t>(i)].data.u64];
            const bool was_over = transfer.over();
            transfer.read(batch_, MSG_DONTWAIT);
            if (!was_over && transfer.over()) --running_;
        }
    }

    const Wanted& wanted_;
    int poll_;
    Clock::time_point start_;
    std::vector<Transfer> transfers_;
    Batch batch_;
    std::size_t running_ = wanted_.count;
};

void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int count, char** arguments) {
    Wanted wanted;
    wanted.server.sin_family = AF_INET;
    wanted.server.sin_port = htons(69);
    if (count != 8 || ::inet_pton(AF_INET, arguments[1], &wanted.server.sin_addr) != 1) {
        std::fprintf(stderr, "usage: musterd_bench_tftp_sink ADDRESS FILE LENGTH BLKSIZE WINDOWSIZE COUNT SECONDS\n");
        return 2;
    }
    wanted.file = arguments[2];
    wanted.length = std::strtoull(arguments[3], nullptr, 10);
    wanted.blksize = std::strtoul(arguments[4], nullptr, 10);
    wanted.windowsize = std::strtoul(arguments[5], nullptr, 10);
    wanted.count = std::strtoul(arguments[6], nullptr, 10);
    wanted.seconds = std::atof(arguments[7]);
    if (wanted.count == 0) return 2;
    raise_descriptor_limit();
    try {
        Run run(wanted);
        run.run();
        run.print();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
