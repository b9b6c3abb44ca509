#pragma once

#include "server/api/site.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace musterd::api {

/// What Prometheus scrapes at /metrics (its text format 0.0.4). Counters count since this process started; labels have
/// few values, all of them ours: no MAC, no host, no reason in words.
///
///   musterd_hosts{stage,condition}          hosts of the configuration, by where they are
///   musterd_unknown_machines                that wanted to boot
///   musterd_events_total{kind}              what was seen and done, by the journal's names
///   musterd_transfers_total{protocol,result}, musterd_transfer_bytes_total{protocol}   result: whole, broken
///   musterd_boot_seconds{stage}             histogram: from the script to the stage, of boots that came up
///   musterd_stage_seconds{stage}            histogram: to the stage from the one before it, of boots that came up
///   musterd_dhcp_packets_total{decision,reason}   decision: offer, ack, nak, ignore; reason: of an ignore
///   musterd_api_refusals_total{status}      requests to /api with a wrong token, a lesser role, or too many of them
///   musterd_journal_events                  number of the last event
///   musterd_journal_failing, musterd_journal_unwritten_events   the disk is full: to be alarmed about
///   musterd_journal_bytes                   the journal on the disk, with what is not yet in its place
///   musterd_build_info{version}; process_… as the client libraries have them
class Metrics {
public:
    Metrics(Site& site, std::string version);
    ~Metrics();

    /// A packet of DHCP was answered or not; both words are static.
    void count_dhcp(std::string_view decision, std::string_view reason);
    void count_refusal(unsigned status);
    /// Now, on the control thread.
    [[nodiscard]] std::string text();

private:
    struct Families;
    void count(const base::Event& event);
    void count_boot(const base::Event& event);
    void look();
    [[nodiscard]] double journal_bytes() const;

    Site& site_;
    std::unique_ptr<Families> families_;
    std::shared_ptr<void> subscription_;
};

}  // namespace musterd::api
