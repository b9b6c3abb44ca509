#pragma once

#include "server/base/address.hpp"
#include "server/base/clock.hpp"

#include <cstdint>
#include <map>
#include <set>

namespace musterd::app {

/// Which iPXE was given another iPXE to start, so that the one that comes after it gets its script: nothing in what the
/// two say need differ. The later one is known by evidence, that its file was fetched whole; without any, the third
/// exchange of a machine ends the chain, for a loop is worse than an iPXE that can do little.
class ChainedClients {
public:
    /// The machine was told to start a loader. `xid` is the exchange's: repeats of one count once.
    void told(base::Mac mac, std::uint32_t xid, base::Tick now);
    /// The machine has fetched a loader whole.
    void fetched(base::Mac mac, base::Tick now);
    /// Whether its next exchange is to end the chain. `lacks_http`: the client is itself the iPXE that needs replacing,
    /// so what it fetched before did not help.
    [[nodiscard]] bool chained(base::Mac mac, bool lacks_http, base::Tick now) const;

private:
    struct Chain {
        base::Tick last;
        std::set<std::uint32_t> exchanges;
        bool fetched = false;
    };
    void forget_old(base::Tick now);
    std::map<base::Mac, Chain> chains_;
};

}  // namespace musterd::app
