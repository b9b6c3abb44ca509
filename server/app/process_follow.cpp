// What a Process does beside its requests: it follows interfaces, configuration and deadlines, and keeps event
// streams alive.
#include "server/app/late_hosts.hpp"
#include "server/app/process.hpp"

#include "profiles/documents.hpp"

#include <spdlog/spdlog.h>
#include <boost/asio/steady_timer.hpp>

#include <filesystem>

namespace musterd::app {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// The folders of the configuration as it is now; a folder that is not there yet, by the one it would be in. And the
/// documents that it names.
void watch_all(base::FileChanges& changes, const profiles::Configuration& configuration,
               const std::filesystem::path& file) {
    const auto& config = configuration.config();
    std::error_code code;
    for (const auto& folder : {std::filesystem::absolute(file).parent_path(), config.hosts, config.profiles}) {
        const auto& present = std::filesystem::is_directory(folder, code) ? folder : folder.parent_path();
        if (const auto watched = changes.watch(present); !watched) spdlog::debug("{}", watched.error().message());
    }
    for (const auto& document : profiles::documents(configuration)) {
        if (const auto watched = changes.watch_file(document); !watched) spdlog::debug("{}", watched.error().message());
    }
}

}  // namespace

asio::awaitable<void> Process::look_at_interfaces() {
    co_await base::accept_cancellation();
    asio::steady_timer timer(control_);
    for (;;) {
        timer.expires_after(2s);
        const auto [code] = co_await timer.async_wait(base::as_result);
        if (code) co_return;
        interfaces_->look();
    }
}

asio::awaitable<void> Process::follow_interfaces(base::InterfaceChanges changes) {
    co_await base::accept_cancellation();
    for (;;) {
        const bool changed = co_await changes.wait();
        if (!changed) co_return;
        interfaces_->look();
    }
}

/// A save is several changes, and a git checkout many: what comes within a moment is one reload.
asio::awaitable<void> Process::follow_configuration(base::FileChanges changes) {
    co_await base::accept_cancellation();
    asio::steady_timer timer(control_);
    for (;;) {
        watch_all(changes, site_->configuration(), config_.file);
        const bool changed = co_await changes.wait();
        if (!changed) co_return;
        timer.expires_after(300ms);
        const auto [code] = co_await timer.async_wait(base::as_result);
        if (code) co_return;
        // Before the files are read: of a folder that came, what is written after the reading is seen.
        watch_all(changes, site_->configuration(), config_.file);
        reload();
    }
}

asio::awaitable<void> Process::keep_streams_alive() {
    co_await base::accept_cancellation();
    asio::steady_timer timer(control_);
    for (;;) {
        timer.expires_after(15s);
        const auto [code] = co_await timer.async_wait(base::as_result);
        if (code) co_return;
        streams_->keep_alive();
    }
}

asio::awaitable<void> Process::follow_deadlines() {
    co_await base::accept_cancellation();
    asio::steady_timer timer(control_);
    auto listening_since = base::now();
    EvenClock clock(listening_since, std::chrono::steady_clock::now());
    for (;;) {
        timer.expires_after(1s);
        const auto [code] = co_await timer.async_wait(base::as_result);
        if (code) co_return;
        boots_->try_again();
        const auto now = base::now();
        if (clock.was_set(now, std::chrono::steady_clock::now())) listening_since = now;
        note_late_hosts(*site_, now, listening_since);
    }
}

void Process::reload() {
    auto fresh = load_or_complain(config_);
    if (!fresh) return spdlog::error("reload: the configuration has errors, all stays as it was");
    site_->reload(std::move(fresh));
    if (interfaces_) interfaces_->look();
    spdlog::info("reload: {} hosts; ports, folders and interfaces change with a restart",
                 site_->configuration().hosts().size());
}

}  // namespace musterd::app
