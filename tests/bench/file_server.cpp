// Serves the files of one folder over http::Server: musterd_bench_http FOLDER [THREADS]. Prints its port, serves until
// it is killed.
#include "http/router.hpp"
#include "http/server.hpp"

#include <boost/asio/io_context.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

using namespace musterd;

int main(int count, char** arguments) {
    if (count < 2) {
        std::cerr << "usage: musterd_bench_http FOLDER [THREADS]\n";
        return 2;
    }
    ::signal(SIGPIPE, SIG_IGN);
    const auto folder = base::open_folder(arguments[1]);
    if (!folder) {
        std::cerr << folder.error().message() << "\n";
        return 1;
    }
    const int threads = count > 2 ? std::atoi(arguments[2]) : 1;

    http::Router router;
    router.add("GET", "/{path...}", [&](const auto&, const http::Captures& captures, const http::Respond& respond) {
        auto fd = base::open_beneath(*folder, captures.at("path"));
        auto slice = fd ? base::whole_file(std::move(*fd)) : fd.error();
        if (!slice) return respond(http::problem(404, slice.error().message()));
        http::Response response;
        response.body = std::move(*slice);
        respond(std::move(response));
    });
    boost::asio::io_context pool(threads);
    http::Server server(pool.get_executor(), router);
    const auto listening = server.listen_tcp("127.0.0.1", 0);
    if (!listening) {
        std::cerr << listening.error().message() << "\n";
        return 1;
    }
    server.start();
    std::cout << server.tcp_port() << std::endl;
    std::vector<std::thread> others;
    for (int i = 1; i < threads; ++i)
        others.emplace_back([&] { pool.run(); });
    pool.run();
    for (auto& thread : others)
        thread.join();
}
