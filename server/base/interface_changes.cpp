#include "server/base/interface_changes.hpp"

#include "server/base/fd.hpp"
#include "server/base/tasks.hpp"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>

namespace musterd::base {

Result<InterfaceChanges> InterfaceChanges::open(const boost::asio::any_io_executor& executor) {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    if (!socket) return Error::from_errno("open a netlink socket");
    sockaddr_nl groups{};
    groups.nl_family = AF_NETLINK;
    groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR;
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0) {
        return Error::from_errno("listen for changes of interfaces");
    }
    return InterfaceChanges(boost::asio::posix::stream_descriptor(executor, socket.release()));
}

boost::asio::awaitable<bool> InterfaceChanges::wait() {
    const auto readable = boost::asio::posix::descriptor_base::wait_read;
    const auto [code] = co_await socket_.async_wait(readable, as_result);
    if (code) co_return false;
    drain();
    co_return true;
}

void InterfaceChanges::drain() {
    std::array<char, 4096> message{};
    ssize_t count = 0;
    // ENOBUFS tells that messages were lost: more are waiting behind it.
    do {
        count = ::recv(socket_.native_handle(), message.data(), message.size(), MSG_DONTWAIT);
    } while (count > 0 || (count < 0 && (errno == EINTR || errno == ENOBUFS)));
}

void InterfaceChanges::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace musterd::base
