// Serves the files of one folder over tftp::Server: musterd_bench_tftp FOLDER [single-port] [plain]. Listens on port 69
// of every address, prints its port, serves until it is killed. plain: without UDP_SEGMENT.
#include "tftp/server.hpp"

#include <sys/resource.h>

#include <boost/asio/io_context.hpp>

#include <iostream>
#include <string_view>

using namespace musterd;

namespace {

/// Two descriptors for each transfer.
void raise_descriptor_limit() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

tftp::Options options_of(int count, char** arguments) {
    tftp::Options options;
    for (int i = 2; i < count; ++i) {
        const std::string_view word = arguments[i];
        if (word == "single-port") options.single_port = true;
        if (word == "plain") options.segmentation = false;
    }
    return options;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        std::cerr << "usage: musterd_bench_tftp FOLDER [single-port] [plain]\n";
        return 2;
    }
    const auto folder = base::open_folder(arguments[1]);
    if (!folder) {
        std::cerr << folder.error().message() << "\n";
        return 1;
    }
    raise_descriptor_limit();
    boost::asio::io_context context(1);
    base::Tasks tasks(context.get_executor());
    const auto resolve = [&](const tftp::Request& request, const tftp::Reply& reply) {
        auto file = base::open_beneath(*folder, request.path);
        reply(file ? base::whole_file(std::move(*file)) : file.error());
    };
    tftp::Server server(context.get_executor(), options_of(count, arguments), resolve, {});
    if (const auto opened = server.open(); !opened) {
        std::cerr << opened.error().message() << "\n";
        return 1;
    }
    server.run(tasks);
    std::cout << server.local_endpoint().port << std::endl;
    context.run();
}
