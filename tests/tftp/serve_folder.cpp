// serve_folder FOLDER [own-ports|single-port|plain]: a TFTP server of a folder on a free port of 127.0.0.1, for tests
// with real clients; plain is without segmentation. Prints "port N", then one line of JSON-like words per transfer that
// ended. Ends when its standard input does.
#include "server/base/fd.hpp"
#include "tftp/server.hpp"

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <cstdio>
#include <string_view>

using namespace musterd;

namespace {

void print_end(const tftp::TransferEnd& end) {
    if (end.refused) return;
    std::printf("end %s %s sent=%llu size=%llu blksize=%u windowsize=%u again=%llu reason=%s\n", end.path.c_str(),
                end.complete ? "complete"
                : end.probe  ? "probe"
                             : "broken",
                static_cast<unsigned long long>(end.sent), static_cast<unsigned long long>(end.size), end.blksize,
                end.windowsize, static_cast<unsigned long long>(end.retransmitted), end.reason.c_str());
    std::fflush(stdout);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2 && count != 3) return 2;
    const std::string_view mode = count == 3 ? arguments[2] : "own-ports";
    auto folder = base::open_folder(arguments[1]);
    if (!folder) return 1;
    boost::asio::io_context context(1);
    base::Tasks tasks(context.get_executor());
    const auto resolve = [&](const tftp::Request& request, const tftp::Reply& reply) {
        auto file = base::open_beneath(*folder, request.path);
        reply(file ? base::whole_file(std::move(*file)) : file.error());
    };
    tftp::Options options;
    options.address = base::Ipv4(0x7f000001);
    options.port = 0;
    options.single_port = mode == "single-port";
    options.segmentation = mode != "plain";
    tftp::Server server(context.get_executor(), options, resolve, print_end);
    if (const auto opened = server.open(); !opened) return 1;
    server.run(tasks);
    std::printf("port %u\n", static_cast<unsigned>(server.local_endpoint().port));
    std::fflush(stdout);

    boost::asio::posix::stream_descriptor input(context, ::dup(STDIN_FILENO));
    input.async_wait(boost::asio::posix::stream_descriptor::wait_read, [&](boost::system::error_code) { tasks.cut(); });
    context.run();
    return tasks.failed() == 0 ? 0 : 1;
}
