#pragma once

#include "server/api/render.hpp"
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

/// The document as it would be served to a host now, with a boot id of zeros, and without secrets unless they are asked
/// for.
base::Result<std::string> preview_seed(Site& site, const profiles::Host& host, SeedDocument document,
                                       const RenderQuestion& question);

}  // namespace musterd::api
