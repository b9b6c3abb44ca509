#include "server/app/webhooks.hpp"

#include "server/api/event_filter.hpp"
#include "server/api/webhook_message.hpp"
#include "server/app/webhook_post.hpp"
#include "server/base/bytes.hpp"
#include "server/base/fd.hpp"

#include <openssl/sha.h>
#include <spdlog/spdlog.h>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <array>
#include <charconv>
#include <optional>

namespace musterd::app {

namespace asio = boost::asio;

namespace {

/// In one turn of the control thread, which answers machines too.
constexpr std::size_t most_looked_at = 500;

/// A name for a file, of a URL.
std::string name_of(const std::string& url) {
    std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
    const auto bytes = base::as_bytes(url);
    ::SHA256(bytes.data(), bytes.size(), digest.data());
    return base::to_hex(digest).substr(0, 16);
}

/// Nothing where there is none, or none that is a number.
std::optional<std::uint64_t> read_position(const std::filesystem::path& file) {
    const auto text = base::read_file(file, 64);
    std::uint64_t position = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), position).ec != std::errc{})
        return std::nullopt;
    return position;
}

}  // namespace

std::chrono::seconds pause_after(unsigned failures) {
    constexpr unsigned most_doublings = 8;
    constexpr std::chrono::seconds longest{300};
    const unsigned doublings = failures == 0 ? 0 : std::min(failures - 1, most_doublings);
    return std::min(std::chrono::seconds(1U << doublings), longest);
}

/// One webhook's way along the journal.
class Webhooks::Way : public std::enable_shared_from_this<Way> {
public:
    Way(asio::io_context& control, asio::thread_pool& threads, boots::Boots& boots, const std::atomic<bool>& stop,
        std::filesystem::path file, profiles::Webhook webhook)
        : control_(control),
          threads_(threads),
          boots_(boots),
          stop_(stop),
          file_(std::move(file)),
          webhook_(std::move(webhook)),
          timer_(control) {
        const auto position = read_position(file_);
        // A webhook that is new is not told of what was.
        position_ = position ? std::min(*position, boots_.last_id()) : boots_.last_id();
        if (!position) keep_position();
    }

    /// Events come in bursts; one look is enough for all of them.
    void soon() {
        if (busy_ || stop_) return;
        busy_ = true;
        asio::post(control_, [self = shared_from_this()] {
            self->busy_ = false;
            self->go_on();
        });
    }

    /// Looks for the next event that concerns it, if it is not under way.
    void go_on() {
        if (busy_ || stop_) return;
        std::optional<base::Event> next;
        std::string what;
        const auto scan = api::scan_events(boots_, position_, {}, most_looked_at, [&](const base::Event& event) {
            const auto concern = api::concern(event, webhook_.on);
            if (!concern) return true;
            next = event;
            what = *concern;
            return false;
        });
        if (!scan) return spdlog::error("webhook {}: {}", webhook_.url, scan.error().message());
        position_ = scan->last;
        if (next) return send(*next, what);
        if (!scan->all) soon();
    }

    void cancel() { timer_.cancel(); }

private:
    void send(const base::Event& event, const std::string& what) {
        busy_ = true;
        asio::post(threads_, [self = shared_from_this(), event, body = api::webhook_body(event, what)] {
            auto sent = post_webhook(self->webhook_, api::webhook_id(event), body, self->stop_);
            if (sent) {
                self->position_ = event.id;
                self->keep_position();
            }
            asio::post(self->control_, [self, sent = std::move(sent)] { self->ended(sent); });
        });
    }

    void ended(const base::Result<void>& sent) {
        if (stop_) return;
        if (sent) {
            if (failures_ > 0) spdlog::info("webhook {}: it is told again", webhook_.url);
            failures_ = 0;
            busy_ = false;
            return go_on();
        }
        const auto pause = pause_after(++failures_);
        if (failures_ == 1) spdlog::warn("webhook {}: {}; tried again", webhook_.url, sent.error().message());
        timer_.expires_after(pause);
        timer_.async_wait([self = shared_from_this()](const boost::system::error_code& code) {
            if (code) return;
            self->busy_ = false;
            self->go_on();
        });
    }

    /// On the control thread while nothing is under way, else on the thread that sends.
    void keep_position() const {
        const auto kept = base::write_file_durably(file_, std::to_string(position_) + "\n", 0600);
        if (!kept) spdlog::error("webhook {}: {}", webhook_.url, kept.error().message());
    }

    asio::io_context& control_;
    asio::thread_pool& threads_;
    boots::Boots& boots_;
    const std::atomic<bool>& stop_;
    std::filesystem::path file_;
    profiles::Webhook webhook_;
    asio::steady_timer timer_;
    std::uint64_t position_ = 0;  ///< the last event that it was told of, or that does not concern it
    unsigned failures_ = 0;       ///< in a row
    bool busy_ = false;           ///< a message, a pause or a turn is under way
};

Webhooks::Webhooks(asio::io_context& control, boots::Boots& boots, const std::filesystem::path& folder,
                   const std::vector<profiles::Webhook>& webhooks)
    : threads_(webhooks.size()) {
    std::error_code code;
    std::filesystem::create_directories(folder, code);
    for (const auto& webhook : webhooks)
        ways_.push_back(std::make_shared<Way>(control, threads_, boots, stop_, folder / name_of(webhook.url), webhook));
    subscription_ = boots.subscribe([this](const base::Event&) {
        for (const auto& way : ways_)
            way->soon();
    });
    for (const auto& way : ways_)
        way->soon();
}

Webhooks::~Webhooks() {
    stop();
    threads_.join();
}

void Webhooks::stop() {
    stop_ = true;
    subscription_.reset();
    for (const auto& way : ways_)
        way->cancel();
}

}  // namespace musterd::app
