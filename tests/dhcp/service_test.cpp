#include "dhcp/service.hpp"

#include "tests/dhcp/requests.hpp"

#include <doctest/doctest.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include <chrono>

using namespace musterd;
using namespace musterd::dhcp;
using namespace musterd::dhcp::test;

namespace {

base::Interface loopback() {
    const auto all = base::list_interfaces();
    REQUIRE(all);
    for (const auto& interface : *all) {
        if (interface.loopback) return interface;
    }
    FAIL("no loopback interface");
    return {};
}

/// Ports of this process's own, below the range that the kernel hands out.
ServiceOptions on_loopback() {
    const auto base = static_cast<std::uint16_t>(10000 + 3 * (::getpid() % 7000));
    ServiceOptions options;
    options.interfaces = {loopback()};
    options.http_port = 8080;
    options.server_port = base;
    options.boot_port = static_cast<std::uint16_t>(base + 1);
    options.client_port = static_cast<std::uint16_t>(base + 2);
    return options;
}

struct Fixture {
    explicit Fixture(ServiceOptions chosen = on_loopback()) : options(std::move(chosen)) {}

    boost::asio::io_context context{1};
    base::Tasks tasks{context.get_executor()};
    std::vector<Report> reports;
    ServiceOptions options;
    Service service{
        context.get_executor(), options, {[](const Client&) { return welcome(); }}, [this](const Report& report) {
            reports.push_back(report);
        }};

    base::DatagramSocket client() { return client_at({options.interfaces.front().address, 0}); }

    base::DatagramSocket client_at(const base::Endpoint& local) {
        base::DatagramOptions at_loopback;
        at_loopback.local = local;
        at_loopback.device = options.interfaces.front().name;
        at_loopback.broadcast = true;
        auto socket = base::DatagramSocket::open(context.get_executor(), at_loopback);
        REQUIRE(socket);
        return std::move(*socket);
    }

    void run_until_reports(std::size_t count) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (reports.size() < count && context.run_one_until(end) > 0) {
        }
        REQUIRE(reports.size() == count);
    }
};

}  // namespace

TEST_CASE("the second question is answered from the port that it came to") {
    Fixture fixture;
    REQUIRE(fixture.service.open());
    fixture.service.run(fixture.tasks);
    auto client = fixture.client();
    const base::Endpoint server{fixture.options.interfaces.front().address, fixture.options.boot_port};
    REQUIRE(client.send(edk2_boot_request().bytes(), server));
    fixture.run_until_reports(1);

    const auto& report = fixture.reports.front();
    CHECK(report.sent);
    CHECK(report.send_error.empty());
    CHECK(report.client.machine.interface == fixture.options.interfaces.front().name);
    CHECK(report.port == fixture.options.boot_port);
    CHECK(report.file == "snponly.efi");
    CHECK(report.message_type == MessageType::request);
    const auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->from == server);
    CHECK(see(answer->payload).option(53) == base::Bytes{5});

    fixture.service.close();
    fixture.context.run();
    CHECK(fixture.tasks.running() == 0);
    CHECK(fixture.tasks.failed() == 0);
}

TEST_CASE("a broadcast DISCOVER is answered by broadcast to the clients' port") {
    Fixture fixture;
    REQUIRE(fixture.service.open());
    fixture.service.run(fixture.tasks);
    auto client = fixture.client_at({base::Ipv4{}, fixture.options.client_port});
    const base::Endpoint everyone{base::Ipv4(0xffffffff), fixture.options.server_port};
    REQUIRE(client.send(edk2_discover().bytes(), everyone));
    fixture.run_until_reports(1);
    CHECK(fixture.reports.front().sent);
    CHECK(fixture.reports.front().port == fixture.options.server_port);
    const auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->from == base::Endpoint{fixture.options.interfaces.front().address, fixture.options.server_port});
    CHECK(answer->to == base::Ipv4(0xffffffff));
    CHECK(see(answer->payload).option(53) == base::Bytes{2});
}

TEST_CASE("an answer that cannot be sent is reported with the reason, and the next one is answered") {
    auto options = on_loopback();
    options.client_port = 0;  // what the kernel refuses to send to
    Fixture fixture(options);
    REQUIRE(fixture.service.open());
    fixture.service.run(fixture.tasks);
    auto client = fixture.client();
    const base::Endpoint everyone{base::Ipv4(0xffffffff), options.server_port};
    auto by_relay = relayed(edk2_discover(), {1, 1, 1});
    by_relay.giaddr = options.interfaces.front().address.value();
    REQUIRE(client.send(edk2_discover().bytes(), everyone));
    REQUIRE(client.send(by_relay.bytes(), everyone));
    fixture.run_until_reports(2);
    CHECK_FALSE(fixture.reports[0].sent);
    CHECK(fixture.reports[0].send_error.find("255.255.255.255:0") != std::string::npos);
    CHECK(fixture.reports[0].file == "snponly.efi");
    CHECK(fixture.reports[1].sent);
}

TEST_CASE("every datagram is reported, also those that get no answer") {
    Fixture fixture;
    REQUIRE(fixture.service.open());
    fixture.service.run(fixture.tasks);
    auto client = fixture.client();
    const base::Endpoint server{fixture.options.interfaces.front().address, fixture.options.boot_port};
    REQUIRE(client.send(base::Bytes{1, 2, 3}, server));
    REQUIRE(client.send(plain_discover().bytes(), server));
    fixture.run_until_reports(2);
    CHECK(std::get<Ignore>(fixture.reports[0].decision).reason == IgnoreReason::malformed);
    CHECK(std::get<Ignore>(fixture.reports[1].decision).reason == IgnoreReason::plain_client);
    CHECK_FALSE(fixture.reports[1].sent);
    CHECK_FALSE(client.receive());

    fixture.tasks.finish();
    fixture.context.run();
    CHECK(fixture.tasks.running() == 0);
    CHECK(fixture.tasks.failed() == 0);
}

TEST_CASE("an interface that cannot be opened is named, and the others are open") {
    auto options = on_loopback();
    base::Interface missing = options.interfaces.front();
    missing.name = "no-such-0";
    options.interfaces.insert(options.interfaces.begin(), missing);
    boost::asio::io_context context{1};
    base::Tasks tasks{context.get_executor()};
    Service service{context.get_executor(), options, {[](const Client&) { return welcome(); }}, [](const Report&) {}};
    const auto opened = service.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message().starts_with("dhcp on no-such-0: "));
    CHECK(opened.error().message().find(options.interfaces[1].name + ":") == std::string::npos);
    service.run(tasks);
    CHECK(tasks.running() == 2);
    service.close();
    context.run();
    CHECK(tasks.running() == 0);
}

TEST_CASE("a port that another program holds is named") {
    Fixture fixture;
    auto holder = fixture.client();
    fixture.options.boot_port = holder.local_endpoint().port;
    Service service{
        fixture.context.get_executor(), fixture.options, {[](const Client&) { return welcome(); }}, [](const Report&) {
        }};
    const auto opened = service.open();
    REQUIRE_FALSE(opened);
    CHECK(opened.error().message().find(std::to_string(fixture.options.boot_port)) != std::string::npos);
}

TEST_CASE("a relay is heard at our own address, when that door is to be open") {
    auto options = on_loopback();
    options.own_address = OwnAddress::required;
    Fixture fixture(options);
    REQUIRE(fixture.service.open());
    fixture.service.run(fixture.tasks);
    auto client = fixture.client();
    const auto address = options.interfaces.front().address;
    auto request = relayed(edk2_discover(), {1, 1, 1});
    request.giaddr = address.value() + 1;  // not us, where the answer would come to the same door
    REQUIRE(client.send(request.bytes(), {address, options.server_port}));
    fixture.run_until_reports(1);
    CHECK(fixture.reports.front().sent);
    CHECK(fixture.reports.front().local == address);
}

TEST_CASE("our own address in another server's hands is an error only where it is required") {
    struct {
        OwnAddress own_address;
        bool opens;
        std::size_t tasks;
    } const rows[] = {{OwnAddress::closed, true, 2}, {OwnAddress::if_free, true, 2}, {OwnAddress::required, false, 0}};
    for (const auto& row : rows) {
        Fixture fixture;
        const auto address = fixture.options.interfaces.front().address;
        auto holder = fixture.client_at({address, fixture.options.server_port});
        fixture.options.own_address = row.own_address;
        Service service{fixture.context.get_executor(),
                        fixture.options,
                        {[](const Client&) { return welcome(); }},
                        [](const Report&) {}};
        CHECK(service.open().has_value() == row.opens);
        if (!row.opens) continue;
        service.run(fixture.tasks);
        CHECK(fixture.tasks.running() == row.tasks);
        service.close();
        fixture.context.run();
    }
}
