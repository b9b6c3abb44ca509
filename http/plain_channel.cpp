#include "http/channel.hpp"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace musterd::http {

Channel::~Channel() = default;

Moved moved_nothing(int number, Moved::Kind wait) {
    if (number == EAGAIN || number == EWOULDBLOCK) return {wait, 0, {}};
    if (number == EINTR) return {};
    if (number == EPIPE || number == ECONNRESET) return {Moved::Kind::failed, 0, "the client left"};
    return {Moved::Kind::failed, 0, base::Error::from_errno("connection", number).message()};
}

namespace {

Moved moved(ssize_t count) {
    return {Moved::Kind::bytes, static_cast<std::size_t>(count), {}};
}

class PlainChannel : public Channel {
public:
    explicit PlainChannel(int socket) : socket_(socket) {}

    Moved greet() override { return {}; }

    Moved receive(std::string& buffer) override {
        std::array<char, 16 * 1024> bytes;
        const auto count = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (count < 0) return moved_nothing(errno, Moved::Kind::wait_read);
        if (count == 0) return {Moved::Kind::end, 0, {}};
        buffer.append(bytes.data(), static_cast<std::size_t>(count));
        return moved(count);
    }

    Moved send(std::string_view first, std::string_view second, bool more) override {
        std::array<iovec, 2> pieces{};
        std::size_t count = 0;
        for (const auto& text : {first, second}) {
            // sendmsg(2) only reads, but its iovec is the one that readv(2) writes to.
            if (!text.empty()) pieces[count++] = {const_cast<char*>(text.data()), text.size()};
        }
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = count;
        // MSG_MORE is TCP_CORK for one call: the head leaves in one packet with the start of the body, without the two
        // further system calls. TCP_NODELAY sends whatever is left at the end at once.
        const int flags = MSG_NOSIGNAL | MSG_DONTWAIT | (more ? MSG_MORE : 0);
        const auto taken = ::sendmsg(socket_, &message, flags);
        return taken < 0 ? moved_nothing(errno, Moved::Kind::wait_write) : moved(taken);
    }

    Moved send_file(const base::FileSlice& slice, std::size_t most) override {
        auto offset = static_cast<off_t>(slice.offset);
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(slice.length, most));
        const auto count = ::sendfile(socket_, slice.fd->get(), &offset, wanted);
        if (count == 0) return {Moved::Kind::failed, 0, "the file is shorter than it was"};
        return count < 0 ? moved_nothing(errno, Moved::Kind::wait_write) : moved(count);
    }

    Moved look() override {
        char byte = 0;
        const auto count = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {};
        return count <= 0 ? Moved{Moved::Kind::end, 0, {}} : moved(count);
    }

    void end() override { ::shutdown(socket_, SHUT_WR); }

private:
    int socket_;
};

}  // namespace

std::unique_ptr<Channel> plain_channel(int socket) {
    return std::make_unique<PlainChannel>(socket);
}

}  // namespace musterd::http
