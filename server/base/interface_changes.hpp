#pragma once

#include "server/base/result.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace musterd::base {

/// Wakes up when an interface or an IPv4 address of this network namespace comes, goes or changes (rtnetlink(7), groups
/// RTMGRP_LINK and RTMGRP_IPV4_IFADDR). What changed is not told: look again with list_interfaces(), which is never
/// wrong, where a lost message (ENOBUFS) would be.
class InterfaceChanges {
public:
    static Result<InterfaceChanges> open(const boost::asio::any_io_executor& executor);

    /// Until something changed; several changes at once are one. False when closed or cancelled.
    boost::asio::awaitable<bool> wait();
    void close();

private:
    explicit InterfaceChanges(boost::asio::posix::stream_descriptor socket) : socket_(std::move(socket)) {}
    void drain();
    boost::asio::posix::stream_descriptor socket_;
};

}  // namespace musterd::base
