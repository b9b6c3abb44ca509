// Any sequence of acknowledgements, repeated requests, errors and waits: the transfer stays inside the file, answers
// with no more than its window, and ends.
#include "tftp/transfer.hpp"

#include <algorithm>
#include <cstdlib>

using namespace musterd;
using namespace musterd::tftp;

namespace {

void require(bool promise) {
    if (!promise) std::abort();
}

class Driver {
public:
    explicit Driver(base::ByteView input) : input_(input) {}

    void run() {
        Agreement agreement;
        agreement.blksize = static_cast<std::uint16_t>(8 + input_.u16() % 65457);
        agreement.windowsize = static_cast<std::uint16_t>(1 + input_.u8() % 64);
        const auto flags = input_.u8();
        if ((flags & 1U) != 0) agreement.oack = {{"tsize", "0"}};
        if ((flags & 2U) != 0) agreement.timeout = std::chrono::seconds(1 + input_.u8() % 255);
        windowsize_ = agreement.windowsize;
        const std::uint64_t size = input_.u32() >> (flags >> 3U);
        Transfer transfer(agreement, size, (flags & 4U) != 0 ? Rollover::to_one : Rollover::to_zero);
        take(transfer, transfer.start(now_));
        while (input_.remaining() > 0 && !transfer.over())
            step(transfer);
        drain(transfer);
    }

private:
    void step(Transfer& transfer) {
        const auto choice = input_.u8();
        switch (choice % 8) {
            case 0:
                return take(transfer, transfer.ack(input_.u16(), now_));
            case 1:
                return take(transfer, transfer.request_again(now_));
            case 2:
                now_ += std::chrono::microseconds(input_.u16());
                return take(transfer, transfer.tick(now_));
            case 3:
                now_ = std::max(now_, transfer.deadline());
                return take(transfer, transfer.tick(now_));
            case 4:
                if (choice > 250) transfer.error({ErrorCode::not_defined, ""});
                return;
            default:  // a client that gets on: the block last sent, or one shortly before it
                const auto back = std::min<std::uint64_t>(choice / 8U % 4U, highest_);
                return take(transfer, transfer.ack(transfer.wire_number(highest_ - back), now_));
        }
    }

    void take(const Transfer& transfer, const Send& send) {
        require(transfer.acknowledged_bytes() >= acknowledged_);
        acknowledged_ = transfer.acknowledged_bytes();
        require(!transfer.over() || send.nothing());
        if (send.data.empty()) return;
        const auto last = send.data.first + send.data.count - 1;
        require(send.data.first >= 1 && last <= transfer.last_block() && send.data.count <= windowsize_);
        highest_ = std::max(highest_, last);
    }

    /// With nobody there any more it ends by itself, in bounded time and tries.
    void drain(Transfer& transfer) {
        const auto silent_since = now_;
        for (int tries = 0; !transfer.over(); ++tries) {
            require(tries < 1200);  // a window of 64 in bursts of two, each second
            now_ = std::max(now_, transfer.deadline());
            take(transfer, transfer.tick(now_));
        }
        require(now_ - silent_since <= std::chrono::seconds(3 * 255));
        require(transfer.complete() || !transfer.reason().empty());
    }

    base::ByteReader input_;
    base::Tick now_{};
    std::uint64_t highest_ = 0;
    std::uint64_t acknowledged_ = 0;
    std::uint32_t windowsize_ = 1;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Driver(base::ByteView(data, size)).run();
    return 0;
}
