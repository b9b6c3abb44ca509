#include "server/app/process.hpp"

#include "server/api/problem.hpp"
#include "server/api/secret_file.hpp"
#include "server/app/data_folder.hpp"
#include "server/app/event_log.hpp"
#include "server/base/background.hpp"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>

namespace musterd::app {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr unsigned fewest_threads = 2;
constexpr unsigned most_threads = 8;
// What no answer waits for is journalled this much later, all of it at once: under 20,000 DISCOVERs a second a commit
// for each would cost more than the answer.
constexpr auto journal_pause = 10ms;

std::vector<std::string> files_in(const std::filesystem::path& folder) {
    std::vector<std::string> names;
    std::error_code code;
    for (const auto& entry : std::filesystem::directory_iterator(folder, code))
        names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

dhcp::OwnAddress own_address_of(const profiles::Configuration& configuration) {
    if (configuration.config().dhcp.socket == profiles::DhcpSocket::dedicated) return dhcp::OwnAddress::required;
    return configuration.wants_unicast() ? dhcp::OwnAddress::if_free : dhcp::OwnAddress::closed;
}

void count_dhcp(api::Metrics& metrics, const dhcp::Report& report) {
    const auto* ignored = std::get_if<dhcp::Ignore>(&report.decision);
    if (ignored != nullptr) return metrics.count_dhcp("ignore", to_string(ignored->reason));
    const auto type = std::get<dhcp::Reply>(report.decision).type;
    metrics.count_dhcp(type == dhcp::MessageType::offer ? "offer" : type == dhcp::MessageType::nak ? "nak" : "ack", "");
}

/// Beside an old journal it is that of an upgrade, or the old one was lost.
void say_of_new_key(const std::filesystem::path& file, bool old_journal) {
    spdlog::info("{} is new: all hosts' identities come from it; keep a copy (musterd key backup FILE)", file.string());
    if (!old_journal) return;
    spdlog::warn(
        "the journal is older than {}: if there was another, hosts come up as others now, and K3s refuses them; "
        "put it back with musterd key restore FILE, and restart",
        file.string());
}

boots::Retention retention_of(const profiles::Configuration& configuration) {
    const auto& journal = configuration.config().journal;
    return {journal.keep, journal.max_size};
}

}  // namespace

Process::Process(std::shared_ptr<const profiles::Configuration> configuration, ConfigOption config)
    : config_(std::move(config)),
      configuration_(std::move(configuration)),

      pool_work_(asio::make_work_guard(pool_)),
      tftp_strand_(asio::make_strand(pool_)),
      journal_timer_(control_),
      tasks_(control_.get_executor()),
      tftp_tasks_(tftp_strand_) {
}

Process::~Process() {
    stop_commands_ = true;
    secret_threads_.stop();
    secret_threads_.join();
    pool_.stop();
    for (auto& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

api::Post Process::to_control() {
    return [this](std::function<void()> work) { asio::post(control_, std::move(work)); };
}

base::Result<void> Process::start() {
    if (const auto opened = open_data(); !opened) return opened;
    if (const auto opened = open_ports(); !opened) return opened;
    open_dhcp();
    consoles_ = std::make_unique<ConsolePorts>(*site_);
    consoles_->open(tasks_, api::ConsoleKind::syslog, configuration_->config().consoles.syslog_port);
    consoles_->open(tasks_, api::ConsoleKind::netconsole, configuration_->config().consoles.netconsole_port);
    say_what_is_served();
    base::Event event;
    event.kind = base::EventKind::server_started;
    if (const auto recorded = boots_->record(event); !recorded) return recorded.error();
    const auto webhooks = profiles::load_webhooks(config_.file);
    if (!webhooks.empty()) {
        webhooks_ =
            std::make_unique<Webhooks>(control_, *boots_, configuration_->config().data_dir / "webhooks", webhooks);
    }
    event_log_ = boots_->subscribe([](const base::Event& happened) { spdlog::info("{}", describe(happened)); });
    return {};
}

base::Result<void> Process::open_data() {
    const auto& folder = configuration_->config().data_dir;
    auto lock = lock_data_folder(folder);
    if (!lock) return lock.error();
    lock_ = std::move(*lock);
    auto journal = boots::open_sqlite_journal(folder / "state.db", retention_of(*configuration_));
    if (!journal) return journal.error();
    auto boots = boots::Boots::open(std::move(*journal), base::now);
    if (!boots) return boots.error();
    boots_ = std::move(*boots);
    write_journal_aside();
    auto store = images::Store::open(folder);
    if (!store) return store.error();
    auto token = api::load_token(folder / "token");
    if (!token) return token.error();
    auto key = api::load_site_key(folder / "site.key", &site_key_is_new_);
    if (!key) return key.error();
    auto tokens = api::Tokens::open(folder / "tokens.d", *token);
    if (!tokens) return tokens.error();
    guard_ = std::make_unique<api::Guard>(std::move(*tokens), ::geteuid());
    site_ = std::make_unique<api::Site>(configuration_, std::move(*store), *boots_, api::Secrets{*key});
    read_secrets_aside();
    streams_ = std::make_unique<api::EventStreams>(*boots_, to_control());
    metrics_ = std::make_unique<api::Metrics>(*site_, MUSTERD_VERSION);
    return {};
}

void Process::write_journal_aside() {
    asio::post(journal_thread_, base::stand_back);
    const auto later = [this](const boots::Boots::Work& work) {
        journal_timer_.expires_after(journal_pause);
        journal_timer_.async_wait([work](const boost::system::error_code& code) {
            if (!code) work();
        });
    };
    const auto aside = [this](boots::Boots::Work work, boots::Boots::Work then) {
        asio::post(journal_thread_, [this, work = std::move(work), then = std::move(then)]() mutable {
            work();
            asio::post(control_, std::move(then));
        });
    };
    boots_->put_off({later, aside});
}

void Process::read_secrets_aside() {
    site_->secret_book().read_by(
        [this](const profiles::SecretSource& source) { return api::read_secret(source, &stop_commands_); },
        [this](std::function<void()> work, std::function<void()> then) {
            asio::post(secret_threads_, [this, work = std::move(work), then = std::move(then)]() mutable {
                work();
                asio::post(control_, std::move(then));
            });
        });
    site_->secret_book().refresh(*configuration_);
}

base::Result<void> Process::open_ports() {
    const auto& config = configuration_->config();
    auto router = std::make_shared<http::Router>();
    api::add_boot_routes(*router, *site_, to_control());
    const auto adopt = [this](const profiles::Adoption& adoption) {
        return profiles::adopt(config_.file, if_missing(config_), adoption);
    };
    api::add_admin_routes(*router, *site_, *streams_, *metrics_, *guard_, adopt);
    auto handler = [this, router](http::Request request, http::Respond respond) {
        asio::post(control_, [router, request = std::move(request), respond = std::move(respond)]() mutable {
            api::in_problem_details (*router)(std::move(request), std::move(respond));
        });
    };
    http::Limits limits;
    limits.downloads = config.network.max_downloads;
    http_ = std::make_unique<http::Server>(pool_.get_executor(), std::move(handler), limits, api::as_problem_details);
    if (const auto bound = http_->listen_tcp("", config.network.http_port); !bound) return bound;
    if (const auto bound = open_https(); !bound) return bound;
    socket_path_ = std::make_unique<SocketPath>(config);
    if (const auto bound = http_->listen_unix(socket_path_->address(), 0660); !bound) return bound;

    tftp_desk_ = std::make_unique<TftpDesk>(*site_, to_control(), config.network.http_port);
    tftp::Options options;
    options.single_port = config.tftp.single_port;
    options.max_blksize = config.tftp.max_blksize;
    options.max_windowsize = config.tftp.max_windowsize;
    tftp_ = std::make_unique<tftp::Server>(
        tftp_strand_, options,
        [this](const tftp::Request& request, const tftp::Reply& reply) { tftp_desk_->resolve(request, reply); },
        [this](const tftp::TransferEnd& end) { tftp_desk_->ended(end); });
    return tftp_->open();
}

base::Result<void> Process::open_https() {
    const auto& config = configuration_->config();
    if (!config.tls()) return {};
    auto identity = http::TlsIdentity::load(config.api.tls_cert, config.api.tls_key);
    if (!identity) return identity.error();
    return http_->listen_tls("", config.network.https_port, std::move(*identity));
}

void Process::open_dhcp() {
    const auto& config = configuration_->config();
    if (config.dhcp.mode == profiles::DhcpMode::off) return;
    dhcp_desk_ = std::make_unique<DhcpDesk>(*site_);
    ServedInterfaces::Settings settings;
    settings.wanted = config.network.interfaces;
    settings.http_port = config.network.http_port;
    settings.policy = {[this](const dhcp::Client& client) { return dhcp_desk_->plan(client); },
                       [this](std::string_view option60) { return dhcp_desk_->vendor_class(option60); },
                       [this](base::Ipv4 address) { return dhcp_desk_->serves(address); }};
    settings.own_address = [this] { return own_address_of(site_->configuration()); };
    settings.observe = [this](const dhcp::Report& report) {
        count_dhcp(*metrics_, report);
        dhcp_desk_->observe(report);
    };
    interfaces_ = std::make_unique<ServedInterfaces>(tasks_, std::move(settings));
    interfaces_->look();
    tasks_.spawn("interfaces", look_at_interfaces());
    if (auto changes = base::InterfaceChanges::open(control_.get_executor())) {
        tasks_.spawn("changes of interfaces", follow_interfaces(std::move(*changes)));
    } else {
        spdlog::warn("{}; looking at the interfaces every few seconds instead", changes.error().message());
    }
}

void Process::say_what_is_served() const {
    const auto& config = configuration_->config();
    if (config.dhcp.mode == profiles::DhcpMode::off) spdlog::info("no DHCP: dhcp.mode is \"off\"");
    const auto loaders = files_in(config.loaders);
    if (loaders.empty()) {
        spdlog::warn(
            "TFTP on port 69, but no loaders in {}: firmware has nothing to start with; make them with deploy/loaders "
            "{}",
            config.loaders.string(), config.loaders.string());
    } else {
        spdlog::info("TFTP on port 69: {} from {}", fmt::join(loaders, " "), config.loaders.string());
    }
    spdlog::info("HTTP on port {}: boot files, page and API (token in {})", config.network.http_port,
                 (config.data_dir / "token").string());
    if (config.tls())
        spdlog::info("HTTPS on port {}: the same, with {}", http_->tls_port(), config.api.tls_cert.string());
    if (site_key_is_new_) say_of_new_key(config.data_dir / "site.key", boots_->last_id() > 0);
    const auto images = site_->store().list();
    if (!images) spdlog::error("{}", images.error().message());
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_);
    spdlog::info("ready in {}: {} hosts, {} images, data in {}", base::humanize(took), configuration_->hosts().size(),
                 images ? images->size() : 0, config.data_dir.string());
}

void Process::run_pool() {
    const auto count = std::clamp(std::thread::hardware_concurrency(), fewest_threads, most_threads);
    for (unsigned i = 0; i < count; ++i)
        threads_.emplace_back([this] { pool_.run(); });
}

void Process::run() {
    signals_ = std::make_unique<StopSignals>(
        control_, StopSignals::Actions{[this] { finish(); }, [this] { return finished(); }, [this] { cut(); },
                                       [this] { reload(); }});
    tasks_.spawn("event streams", keep_streams_alive());
    tasks_.spawn("deadlines", follow_deadlines());
    if (auto changes = base::FileChanges::open(control_.get_executor())) {
        tasks_.spawn("configuration", follow_configuration(std::move(*changes)));
    } else {
        spdlog::warn("{}; send SIGHUP after a change of the configuration", changes.error().message());
    }
    asio::post(tftp_strand_, [this] { tftp_->run(tftp_tasks_); });
    http_->start();
    run_pool();
    control_.run();
    for (auto& thread : threads_)
        thread.join();
    // Transfers that ended while we stopped have posted their events.
    control_.restart();
    control_.poll();
    spdlog::info("stopped");
}

void Process::finish() {
    stop_commands_ = true;
    if (webhooks_) webhooks_->stop();
    http_->finish();
    streams_->end();
    if (interfaces_) interfaces_->close();
    consoles_->close();
    tasks_.finish();
    asio::post(tftp_strand_, [this] { tftp_tasks_.finish(); });
}

bool Process::finished() {
    asio::post(tftp_strand_, [this] { tftp_idle_ = tftp_->transfers() == 0; });
    return http_->connections() == 0 && tftp_idle_;
}

void Process::cut() {
    http_->cut();
    tasks_.cut();
    asio::post(tftp_strand_, [this] { tftp_tasks_.cut(); });
    pool_work_.reset();
}

}  // namespace musterd::app
