#pragma once

#include "server/api/seed.hpp"
#include "server/api/site.hpp"

#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace musterd::api {

/// A request for a document of a boot's seed.
struct SeedRequest {
    std::string boot;
    std::string document;    ///< as it stands in the URL
    std::string peer;        ///< address as text
    std::string server_url;  ///< http://S:PORT as the client reached us
};

/// A document, and the event that its fetching is when it has ended.
struct Seed {
    std::string text;
    base::Event event;
};

/// Gives machines the documents of their seeds. What a person wrote goes only to the boot's own machine: to the address
/// that fetched its script or that DHCP gave to one of the host's cards, and no longer once the boot is up.
class SeedDesk {
public:
    explicit SeedDesk(Site& site) : site_(site) {}

    /// Errors: ENOENT for a document or a boot that is none, EAGAIN while the host is on hold, EACCES for who may not
    /// read it, which is an event too.
    base::Result<Seed> open(const SeedRequest& request);

private:
    void alarm(const base::Event& fetch, const std::string& why);

    Site& site_;
    std::set<std::pair<std::string, std::string>> refused_;  ///< boot and address, so that one reader is one event
};

/// The document as it would be served to a host now, with a boot id of zeros.
base::Result<std::string> preview_seed(Site& site, const profiles::Host& host, SeedDocument document,
                                       const std::string& server_url);

}  // namespace musterd::api
