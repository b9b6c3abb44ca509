#include "server/api/metrics.hpp"

#include "server/api/process_usage.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <vector>

namespace musterd::api {

namespace {

template <class Metric>
using FamilyOf = prometheus::Family<Metric>;

FamilyOf<prometheus::Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
FamilyOf<prometheus::Gauge>& gauge(prometheus::Registry& registry, const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

const prometheus::Histogram::BucketBoundaries seconds_of_boot{1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800};

}  // namespace

struct Metrics::Families {
    prometheus::Registry registry;
    FamilyOf<prometheus::Gauge>& hosts =
        gauge(registry, "musterd_hosts", "Hosts of the configuration, by stage and condition");
    prometheus::Gauge& unknown =
        gauge(registry, "musterd_unknown_machines", "Machines that wanted to boot and that no host names").Add({});
    FamilyOf<prometheus::Counter>& events = counter(registry, "musterd_events_total", "What was seen and done");
    FamilyOf<prometheus::Counter>& transfers =
        counter(registry, "musterd_transfers_total", "Files that machines fetched, whole or broken off");
    FamilyOf<prometheus::Counter>& bytes =
        counter(registry, "musterd_transfer_bytes_total", "Bytes of files that machines have received");
    FamilyOf<prometheus::Histogram>& boots = prometheus::BuildHistogram()
                                                 .Name("musterd_boot_seconds")
                                                 .Help("From the boot script to a stage, of boots that came up")
                                                 .Register(registry);
    FamilyOf<prometheus::Histogram>& stages_took =
        prometheus::BuildHistogram()
            .Name("musterd_stage_seconds")
            .Help("To a stage from the one that was reached before it, of boots that came up")
            .Register(registry);
    FamilyOf<prometheus::Counter>& dhcp =
        counter(registry, "musterd_dhcp_packets_total", "DHCP packets of boot clients, by what was decided and why");
    FamilyOf<prometheus::Counter>& refusals =
        counter(registry, "musterd_api_refusals_total", "Requests to the API that were refused, by status");
    prometheus::Gauge& journal = gauge(registry, "musterd_journal_events", "Number of the last event").Add({});
    prometheus::Gauge& unwritten = gauge(registry, "musterd_journal_unwritten_events",
                                         "Events that wait in memory because the journal cannot be written")
                                       .Add({});
    prometheus::Gauge& failing =
        gauge(registry, "musterd_journal_failing", "1 while the journal cannot be written").Add({});
    prometheus::Gauge& journal_bytes =
        gauge(registry, "musterd_journal_bytes", "Bytes of the journal on the disk").Add({});
    prometheus::Gauge& memory =
        gauge(registry, "process_resident_memory_bytes", "Resident memory size in bytes").Add({});
    prometheus::Counter& cpu =
        counter(registry, "process_cpu_seconds_total", "Total user and system CPU time in seconds").Add({});
    prometheus::Gauge& descriptors = gauge(registry, "process_open_fds", "Number of open file descriptors").Add({});
    prometheus::Gauge& threads = gauge(registry, "process_threads", "Number of threads").Add({});
    prometheus::Gauge& started =
        gauge(registry, "process_start_time_seconds", "Start time of the process since 1970 in seconds").Add({});
    std::map<base::EventKind, prometheus::Counter*> by_kind;  ///< looking it up in `events` costs a lock
    std::map<std::pair<std::string_view, std::string_view>, prometheus::Counter*> by_decision;  ///< likewise, of `dhcp`
    /// Every pair that was ever shown: one that has no host any more is 0, not what it was.
    std::map<std::pair<std::string, std::string>, double> stages;
};

Metrics::Metrics(Site& site, std::string version) : site_(site), families_(std::make_unique<Families>()) {
    gauge(families_->registry, "musterd_build_info", "Always 1").Add({{"version", std::move(version)}}).Set(1);
    subscription_ = site_.boots().subscribe([this](const base::Event& event) { count(event); });
}

Metrics::~Metrics() = default;

void Metrics::count(const base::Event& event) {
    auto& of_kind = families_->by_kind[event.kind];
    if (of_kind == nullptr) of_kind = &families_->events.Add({{"kind", std::string(base::to_string(event.kind))}});
    of_kind->Increment();
    if (event.kind == base::EventKind::up) count_boot(event);
    if (event.kind != base::EventKind::file_sent) return;
    const auto found = event.details.find("protocol");
    const std::string protocol = found == event.details.end() ? "unknown" : found->second;
    families_->transfers.Add({{"protocol", protocol}, {"result", event.reason.empty() ? "whole" : "broken"}})
        .Increment();
    // Of a file in pieces `sent` is what the machine has of it, and details.bytes what was sent for that.
    const auto pieces = event.details.find("bytes");
    const auto bytes = pieces == event.details.end() ? static_cast<double>(event.sent.value_or(0))
                                                     : std::strtod(pieces->second.c_str(), nullptr);
    families_->bytes.Add({{"protocol", protocol}}).Increment(bytes);
}

void Metrics::count_dhcp(std::string_view decision, std::string_view reason) {
    auto& counter = families_->by_decision[{decision, reason}];
    if (counter == nullptr)
        counter = &families_->dhcp.Add({{"decision", std::string(decision)}, {"reason", std::string(reason)}});
    counter->Increment();
}

void Metrics::count_refusal(unsigned status) {
    families_->refusals.Add({{"status", std::to_string(status)}}).Increment();
}

void Metrics::count_boot(const base::Event& event) {
    const auto found = site_.boots().roll().find_boot(event.boot);
    if (found.boot == nullptr) return;
    std::vector<std::pair<base::Time, std::string>> order;
    for (const auto& [stage, time] : found.boot->stages) {
        order.emplace_back(time, boots::to_string(stage));
        const std::chrono::duration<double> took = time - found.boot->started;
        if (took.count() < 0) continue;  // what came before the script
        families_->boots.Add({{"stage", order.back().second}}, seconds_of_boot).Observe(took.count());
    }
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const std::chrono::duration<double> took = order[i].first - order[i - 1].first;
        families_->stages_took.Add({{"stage", order[i].second}}, seconds_of_boot).Observe(took.count());
    }
}

double Metrics::journal_bytes() const {
    double bytes = 0;
    for (const auto* name : {"state.db", "state.db-wal"}) {
        std::error_code code;
        const auto size = std::filesystem::file_size(site_.configuration().config().data_dir / name, code);
        if (!code) bytes += static_cast<double>(size);
    }
    return bytes;
}

/// What is not counted but is as it is.
void Metrics::look() {
    auto& stages = families_->stages;
    for (auto& [pair, hosts] : stages)
        hosts = 0;
    const auto& roll = site_.boots().roll();
    for (const auto& host : site_.configuration().hosts()) {
        const auto found = roll.hosts.find(host.name);
        const auto stage = found == roll.hosts.end() ? boots::Stage::none : found->second.stage;
        const auto condition = found == roll.hosts.end() ? boots::Condition::ok : found->second.condition;
        ++stages[{std::string(boots::to_string(stage)), std::string(boots::to_string(condition))}];
    }
    for (const auto& [pair, hosts] : stages)
        families_->hosts.Add({{"stage", pair.first}, {"condition", pair.second}}).Set(hosts);
    families_->unknown.Set(static_cast<double>(roll.unknown.size()));
    families_->journal.Set(static_cast<double>(site_.boots().last_id()));
    families_->unwritten.Set(static_cast<double>(site_.boots().unwritten()));
    families_->failing.Set(site_.boots().trouble().empty() ? 0 : 1);
    families_->journal_bytes.Set(journal_bytes());
    const auto usage = process_usage();
    families_->cpu.Increment(usage.cpu_seconds - families_->cpu.Value());
    families_->memory.Set(usage.resident_bytes);
    families_->descriptors.Set(usage.open_descriptors);
    families_->threads.Set(usage.threads);
    families_->started.Set(usage.start_time);
}

std::string Metrics::text() {
    look();
    return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace musterd::api
