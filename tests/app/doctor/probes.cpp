// What musterd doctor asks, and how it reads what it finds on the host.
#include "dhcp/classify.hpp"
#include "dhcp/options.hpp"
#include "server/app/doctor/loaders.hpp"
#include "server/app/doctor/ports.hpp"
#include "server/app/doctor/questions.hpp"
#include "server/app/doctor/text.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tftp/packet.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>

using namespace musterd;
using namespace musterd::app::doctor;

TEST_CASE("doctor asks as the clients that it stands for, marked, by broadcast, for all that could matter") {
    struct Case {
        Question question;
        dhcp::ClientKind kind;
    };
    const Case cases[] = {{Question::plain, dhcp::ClientKind::plain},
                          {Question::bios_pxe, dhcp::ClientKind::pxe_rom},
                          {Question::uefi_pxe, dhcp::ClientKind::uefi_pxe},
                          {Question::http_boot, dhcp::ClientKind::http_boot}};
    for (const auto& test : cases) {
        CAPTURE(to_string(test.question));
        const auto mac = made_up_mac();
        CHECK((mac.octets()[0] & 0x03U) == 0x02U);  // local, and of one machine
        const auto packet = dhcp::parse(discover(test.question, mac, 7));
        REQUIRE(packet);
        const auto client = dhcp::classify(*packet);
        CHECK(client.kind == test.kind);
        CHECK(client.probe);
        CHECK(client.machine.mac == mac);
        CHECK(dhcp::message_type(*packet) == dhcp::MessageType::discover);
        CHECK(packet->flags == dhcp::Packet::broadcast_flag);
        const auto wanted = packet->options.get(dhcp::Option::parameter_request_list);
        REQUIRE(wanted);
        for (const auto code : std::to_array<std::uint8_t>({43, 60, 66, 67}))
            CHECK(std::find(wanted->begin(), wanted->end(), code) != wanted->end());
    }
}

TEST_CASE("the question to 4011 is EDK2's: a REQUEST from an address, without a server") {
    const auto own = *base::Ipv4::parse("10.0.0.9");
    const auto packet = dhcp::parse(boot_request(made_up_mac(), 7, own));
    REQUIRE(packet);
    CHECK(dhcp::message_type(*packet) == dhcp::MessageType::request);
    CHECK(packet->ciaddr == own);
    CHECK_FALSE(dhcp::server_identifier(*packet).has_value());
    CHECK(dhcp::classify(*packet).probe);
}

TEST_CASE("only offers to our own question count") {
    const auto mac = made_up_mac();
    auto packet = *dhcp::parse(discover(Question::plain, mac, 7));
    CHECK_FALSE(answers(packet, 7, mac));
    packet.op = dhcp::Packet::boot_reply;
    const std::array offer{static_cast<std::uint8_t>(dhcp::MessageType::offer)};
    packet.options.set(dhcp::Option::message_type, offer);
    CHECK(answers(packet, 7, mac));
    CHECK_FALSE(answers(packet, 8, mac));
    CHECK_FALSE(answers(packet, 7, base::Mac({2, 0, 0, 0, 0, 1})));
}

TEST_CASE("TFTP is asked for a size as EDK2 does") {
    const auto packet = tftp::parse(size_request("snponly.efi"));
    REQUIRE(packet);
    const auto* request = std::get_if<tftp::FileRequest>(&*packet);
    REQUIRE(request != nullptr);
    CHECK(request->name == "snponly.efi");
    CHECK(request->options.at(0) == tftp::Option{"tsize", "0"});
}

TEST_CASE("the head of an HTTP answer and a URL with a literal address are read") {
    const auto head = parse_http_head("HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 1234\r\n\r\n");
    CHECK(head.status == 200);
    CHECK(head.length == 1234);
    CHECK(parse_http_head("HTTP/1.0 404 Not Found\r\n\r\n").status == 404);
    CHECK(parse_http_head("SSH-2.0-x\r\n").status == 0);
    CHECK(parse_http_head("").status == 0);
    const auto url = parse_url("http://10.0.0.5:8080/boot/loader/x");
    REQUIRE(url);
    CHECK(url->server.to_string() == "10.0.0.5:8080");
    CHECK(url->path == "/boot/loader/x");
    CHECK(parse_url("http://10.0.0.5")->server.port == 80);
    CHECK(parse_url("http://10.0.0.5")->path == "/");
    for (const auto* bad : {"https://10.0.0.5/", "http://name/", "http://10.0.0.5:x/", "http://10.0.0.5:99999/", ""})
        CHECK_FALSE(parse_url(bad).has_value());
}

TEST_CASE("the kernel's tables of sockets are read: addresses, any, and who listens") {
    const auto* udp =
        "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref\n"
        "  351: 0100007F:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 11 2 0 0\n"
        "  352: 00000000:0FAB 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 12 2 0 0\n"
        "nonsense\n";
    const auto sockets = parse_socket_table(udp, Protocol::udp);
    REQUIRE(sockets.size() == 2);
    CHECK(sockets[0].address.to_string() == "127.0.0.1");
    CHECK(sockets[0].port == 67);
    CHECK(sockets[0].inode == 11);
    CHECK(sockets[1].address.none());
    CHECK(sockets[1].port == 4011);
    const auto* tcp6 =
        "  0: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 13 1\n"
        "  1: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 14 1\n"
        "  2: 00000000000000000000000000000000:1F90 00000000000000000000000000000000:0000 01 0:0 00:0 0 0 0 15 1\n";
    const auto listeners = parse_socket_table(tcp6, Protocol::tcp);
    REQUIRE(listeners.size() == 1);  // not [::1], which is no address of ours, and not a connection
    CHECK(listeners[0].inode == 13);
    CHECK(listeners[0].port == 8080);
}

TEST_CASE("loaders are compared with their manifest, byte by byte") {
    support::TemporaryFolder folder;
    std::ofstream(folder.path() / "snponly.efi") << "abc";
    std::ofstream(folder.path() / "undionly.kpxe") << "abd";
    const std::string abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";  // FIPS 180-4's example
    std::ofstream(folder.path() / "manifest") << abc << "  snponly.efi\n"
                                              << abc << " *undionly.kpxe\n"
                                              << abc << "  gone.efi\n# no entry\n";
    const auto seen = look_at_loaders(folder.path(), {{"own.efi", "host r640 (x64)"}});
    CHECK(seen.exists);
    CHECK(seen.manifest);
    const auto of = [&](const char* name) {
        const auto found =
            std::find_if(seen.files.begin(), seen.files.end(), [&](const auto& file) { return file.name == name; });
        REQUIRE(found != seen.files.end());
        return *found;
    };
    CHECK(of("snponly.efi").digest == Digest::right);
    CHECK(of("snponly.efi").needed_by.find("x64 UEFI") != std::string::npos);
    CHECK(of("undionly.kpxe").digest == Digest::wrong);
    CHECK_FALSE(of("gone.efi").present);
    CHECK(of("gone.efi").digest != Digest::not_listed);
    CHECK(of("own.efi").needed_by == "host r640 (x64)");
    CHECK_FALSE(of("own.efi").present);
    CHECK_FALSE(look_at_loaders(folder.path() / "absent", {}).exists);
}

TEST_CASE("the report fits its width, but lines to be typed stay whole") {
    const Findings findings{
        {"server", Severity::ok, "musterd runs", {}, {}},
        {"lan-boot-file",
         Severity::problem,
         "DHCP server 10.0.0.1 names a boot file that is none of ours at all",
         "Machines boot from there.",
         {"RouterOS:", "  /ip dhcp-server network set [find address=10.0.0.0/24] !next-server boot-file-name=\"\""}}};
    CHECK(render(findings, {60, false}) ==
          "ok       server         musterd runs\n"
          "problem  lan-boot-file  DHCP server 10.0.0.1 names a boot\n"
          "                        file that is none of ours at all\n"
          "         Machines boot from there.\n"
          "         - RouterOS:\n"
          "           /ip dhcp-server network set [find address=10.0.0.0/24] !next-server boot-file-name=\"\"\n"
          "1 problem, 0 warnings\n");
    CHECK(render(findings, {60, true}).find("\x1b[1;31mproblem") != std::string::npos);
    CHECK(render(findings, {0, false}).find("names a boot file that is none of ours at all\n") != std::string::npos);
    CHECK(render({findings.front()}, {}) == "ok       server  musterd runs\n0 problems, 0 warnings\n");
}

TEST_CASE("the report as JSON has the fields that programs rely on") {
    CHECK(
        render_json({{"x", Severity::warning, "seen", "why", {"do", "  this"}}}) ==
        R"({"ok":true,"findings":[{"id":"x","severity":"warning","seen":"seen","why":"why","cure":["do","  this"]}]})");
    CHECK(render_json({{"x", Severity::problem, "", "", {}}}).starts_with(R"({"ok":false,)"));
}
