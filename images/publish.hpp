#pragma once

#include "images/import.hpp"
#include "images/spool.hpp"

#include <map>

namespace musterd::images {

/// Calls back with how far an import is: all bytes that it is going to read, added up.
class Meter {
public:
    Meter(const ProgressCallback& callback, std::uint64_t total) : callback_(callback) { now_.total = total; }
    /// `file` must live until the next call.
    void begin(Progress::Step step, std::string_view file);
    void add(std::uint64_t bytes);

private:
    const ProgressCallback& callback_;
    Progress now_;
};

/// Files that are complete and on disk, by digest: what is in the source twice is stored once.
using SpooledFiles = std::map<std::string, Spool::File>;

/// The name and the arguments are what they may be.
base::Result<void> check_request(const ImportRequest& request);

/// An image with what the request says of it: name, time, source, arguments.
Image image_for(const ImportRequest& request);

/// Moves spooled files into the store, writes the manifest and lets the image's name lead to it: the end of every
/// import, whatever it was made from. `image` has all but its digest; its files are sorted here.
base::Result<Imported> publish(const Store& store, Spool& spool, const SpooledFiles& spooled, Image image,
                               Meter& meter);

}  // namespace musterd::images
