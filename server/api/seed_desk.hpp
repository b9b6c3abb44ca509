#pragma once

#include "server/api/seed.hpp"
#include "server/api/site.hpp"

#include <string>
#include <string_view>

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

/// Gives machines the documents of their seeds. What a person wrote, or is secret, goes only to whom may_read() allows.
class SeedDesk {
public:
    explicit SeedDesk(Site& site) : site_(site) {}

    /// Errors: ENOENT for a document or a boot that is none, EAGAIN while the host is on hold, EACCES for who may not
    /// read it, which is an event too.
    base::Result<Seed> open(const SeedRequest& request);

private:
    Site& site_;
};

/// Who the boot's machine is by this configuration: a host keeps its name, a machine without one its MAC.
profiles::Choice choice_of(Site& site, const profiles::Configuration& configuration, const boots::Roll::Found& found);

/// What the documents of this boot say. `name`: the host's, or what events call the machine.
SeedFacts seed_facts(const Site& site, std::string_view name, const profiles::Choice& choice, const boots::Boot& boot,
                     const std::string& server_url);

}  // namespace musterd::api
