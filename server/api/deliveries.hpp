#pragma once

#include "http/message.hpp"
#include "server/api/bounded_book.hpp"
#include "server/api/coverage.hpp"
#include "server/api/site.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace musterd::api {

/// Runs a function on the control thread, soon. From any thread.
using Post = std::function<void(std::function<void()>)>;

/// Makes events of what HTTP has sent of files, which clients fetch whole, resume, or read in pieces. The event's
/// `sent` is how much of the file the machine has by now, and the file is whole only when it has all of it: the last
/// byte alone is not enough. Pieces of a file that is read as a disk are told together, at most twenty times or so a
/// file.
class Deliveries : public std::enable_shared_from_this<Deliveries> {
public:
    Deliveries(Site& site, Post to_control) : site_(site), to_control_(std::move(to_control)) {}

    /// `response` with an on_end that completes `event` (file, boot and address are there) and notes it.
    http::Response noted_at_end(base::Event event, http::Response response);

private:
    struct Progress {
        Coverage coverage;
        std::uint64_t told = 0;    ///< bytes that the last event told of
        std::uint64_t unsaid = 0;  ///< bytes sent since, which the next event's details.bytes count
    };
    using Key = std::pair<std::string, std::string>;  ///< boot, or without one the address; file

    void ended(base::Event event, const http::Delivery& delivery);

    Site& site_;
    Post to_control_;
    BoundedBook<Key, Progress> progress_{1024};
};

}  // namespace musterd::api
