#include "server/app/chained_clients.hpp"

namespace musterd::app {

namespace {

// From being told to the next DISCOVER a machine needs seconds, on a bad day a minute.
constexpr auto remembered = std::chrono::minutes(3);
constexpr std::size_t most = 16384;
constexpr std::size_t tries = 2;

}  // namespace

void ChainedClients::told(base::Mac mac, std::uint32_t xid, base::Tick now) {
    if (chains_.size() >= most) forget_old(now);
    if (chains_.size() >= most && !chains_.contains(mac)) return;
    auto& chain = chains_[mac];
    if (now - chain.last > remembered) chain = {};
    chain.last = now;
    if (chain.exchanges.size() <= tries) chain.exchanges.insert(xid);
}

void ChainedClients::fetched(base::Mac mac, base::Tick now) {
    const auto chain = chains_.find(mac);
    if (chain == chains_.end() || now - chain->second.last > remembered) return;
    chain->second.fetched = true;
    chain->second.last = now;
}

bool ChainedClients::chained(base::Mac mac, bool lacks_http, base::Tick now) const {
    const auto found = chains_.find(mac);
    if (found == chains_.end() || now - found->second.last > remembered) return false;
    const auto& chain = found->second;
    return chain.exchanges.size() >= tries || (chain.fetched && !lacks_http);
}

void ChainedClients::forget_old(base::Tick now) {
    std::erase_if(chains_, [now](const auto& entry) { return now - entry.second.last > remembered; });
}

}  // namespace musterd::app
