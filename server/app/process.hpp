#pragma once

#include "http/server.hpp"
#include "server/api/admin_routes.hpp"
#include "server/api/api_router.hpp"
#include "server/api/boot_routes.hpp"
#include "server/app/console_ports.hpp"
#include "server/app/dhcp_desk.hpp"
#include "server/app/options.hpp"
#include "server/app/served_interfaces.hpp"
#include "server/app/socket_path.hpp"
#include "server/app/stop.hpp"
#include "server/app/tftp_desk.hpp"
#include "server/app/webhooks.hpp"
#include "server/base/file_changes.hpp"
#include "server/base/interface_changes.hpp"
#include "server/base/tasks.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace musterd::app {

/// The whole server. One control thread (the caller of run()) owns configuration, roll, journal and DHCP; a pool sends
/// HTTP bodies and runs TFTP, on a strand of its own. They speak by posting to each other.
class Process {
public:
    Process(std::shared_ptr<const profiles::Configuration> configuration, ConfigOption config);
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// Opens data_dir, journal, ports. The error is one line that names the thing and the cure.
    base::Result<void> start();
    /// Until a signal stops it.
    void run();

private:
    using Pool = boost::asio::io_context;

    base::Result<void> open_data();
    void write_journal_aside();
    void read_secrets_aside();
    base::Result<void> open_ports();
    base::Result<void> open_https();
    void open_dhcp();
    void say_what_is_served() const;
    void run_pool();
    /// Every few seconds: a port that was taken may be free. Changes themselves are told by the kernel.
    boost::asio::awaitable<void> look_at_interfaces();
    boost::asio::awaitable<void> follow_interfaces(base::InterfaceChanges changes);
    boost::asio::awaitable<void> follow_configuration(base::FileChanges changes);
    boost::asio::awaitable<void> keep_streams_alive();
    boost::asio::awaitable<void> follow_deadlines();
    void reload();
    void finish();
    bool finished();
    void cut();
    [[nodiscard]] api::Post to_control();

    base::Tick started_ = std::chrono::steady_clock::now();
    ConfigOption config_;
    std::shared_ptr<const profiles::Configuration> configuration_;  ///< as it was at the start: ports and folders
    boost::asio::io_context control_{1};
    Pool pool_;
    boost::asio::executor_work_guard<Pool::executor_type> pool_work_;
    boost::asio::strand<Pool::executor_type> tftp_strand_;
    boost::asio::steady_timer journal_timer_;
    boost::asio::thread_pool journal_thread_{1};
    /// Several, so that a command that hangs holds up no other.
    boost::asio::thread_pool secret_threads_{4};
    std::atomic<bool> stop_commands_ = false;
    base::Tasks tasks_;
    base::Tasks tftp_tasks_;
    base::Fd lock_;
    std::unique_ptr<SocketPath> socket_path_;
    std::unique_ptr<boots::Boots> boots_;
    std::unique_ptr<api::Guard> guard_;
    std::unique_ptr<api::Site> site_;
    std::unique_ptr<api::EventStreams> streams_;
    std::unique_ptr<api::Metrics> metrics_;
    std::unique_ptr<ConsolePorts> consoles_;
    std::unique_ptr<Webhooks> webhooks_;  ///< null: there are none
    std::unique_ptr<DhcpDesk> dhcp_desk_;
    std::unique_ptr<TftpDesk> tftp_desk_;
    std::unique_ptr<ServedInterfaces> interfaces_;
    std::shared_ptr<void> event_log_;
    std::unique_ptr<tftp::Server> tftp_;
    std::unique_ptr<http::Server> http_;
    std::unique_ptr<StopSignals> signals_;
    std::atomic<bool> tftp_idle_ = false;
    bool site_key_is_new_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace musterd::app
