#pragma once

#include "profiles/webhook.hpp"
#include "server/base/tasks.hpp"
#include "server/boots/boots.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <filesystem>
#include <memory>
#include <vector>

namespace musterd::app {

/// Tells others what becomes of hosts. Each webhook goes along the journal by itself, one message after the other, from
/// where it has come: what was taken is in a file of data_dir/webhooks before the next is sent. So nothing is lost over
/// a restart, one message may be sent twice (its id tells), and a receiver that is away or slow holds nobody up.
/// On the control thread; it reads there, and sends on threads of its own.
class Webhooks {
public:
    Webhooks(boost::asio::io_context& control, boots::Boots& boots, const std::filesystem::path& folder,
             const std::vector<profiles::Webhook>& webhooks);
    ~Webhooks();
    Webhooks(const Webhooks&) = delete;
    Webhooks& operator=(const Webhooks&) = delete;

    /// Ends what is being sent; nothing follows.
    void stop();

private:
    class Way;
    std::atomic<bool> stop_ = false;
    boost::asio::thread_pool threads_;
    std::vector<std::shared_ptr<Way>> ways_;
    std::shared_ptr<void> subscription_;
};

/// How long to wait after so many failures in a row: 1 s, 2 s, 4 s … 5 min.
std::chrono::seconds pause_after(unsigned failures);

}  // namespace musterd::app
