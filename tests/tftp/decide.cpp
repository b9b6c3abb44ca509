#include "tftp/decide.hpp"

#include <doctest/doctest.h>

#include <cerrno>

using namespace musterd;
using namespace musterd::tftp;

namespace {

Decision on(const Packet& packet) {
    return decide(serialize(packet));
}

ErrorCode refused_with(const Decision& decision) {
    REQUIRE(std::holds_alternative<Refuse>(decision));
    return std::get<Refuse>(decision).error.code;
}

}  // namespace

TEST_CASE("a read request is served under its cleaned name") {
    const auto decision = on(FileRequest{Opcode::RRQ, "\\boot\\x.efi\xff", Mode::octet, {{"tsize", "0"}}});
    REQUIRE(std::holds_alternative<Serve>(decision));
    CHECK(std::get<Serve>(decision).path == "boot/x.efi");
    CHECK(std::get<Serve>(decision).request.options.size() == 1);
    CHECK(std::holds_alternative<Serve>(on(FileRequest{Opcode::RRQ, "x", Mode::netascii, {}})));
}

TEST_CASE("what cannot be served is refused, never met with silence") {
    CHECK(refused_with(on(FileRequest{Opcode::WRQ, "x", Mode::octet, {}})) == ErrorCode::access_violation);
    CHECK(refused_with(on(FileRequest{Opcode::RRQ, "x", Mode::other, {}})) == ErrorCode::illegal_operation);
    CHECK(refused_with(on(FileRequest{Opcode::RRQ, "/../../etc/passwd", Mode::octet, {}})) ==
          ErrorCode::access_violation);
    CHECK(refused_with(on(FileRequest{Opcode::RRQ, "", Mode::octet, {}})) == ErrorCode::file_not_found);
    CHECK(refused_with(decide(base::Bytes{0, 1, 'x'})) == ErrorCode::illegal_operation);
}

TEST_CASE("what is not a request is not answered") {
    for (const Packet& packet :
         {Packet(Ack{1}), Packet(Data{1, {}}), Packet(OptionAck{}), Packet(ErrorPacket{ErrorCode::not_defined, ""})}) {
        CHECK(std::holds_alternative<Ignore>(on(packet)));
    }
    CHECK(std::holds_alternative<Ignore>(decide({})));
    CHECK(std::holds_alternative<Ignore>(decide(base::Bytes{9, 9, 9, 9})));
}

TEST_CASE("the kernel's reason chooses what the client is told") {
    struct Case {
        int number;
        ErrorCode code;
    };
    const Case cases[]{{ENOENT, ErrorCode::file_not_found},  {ENOTDIR, ErrorCode::file_not_found},
                       {EISDIR, ErrorCode::file_not_found},  {EACCES, ErrorCode::access_violation},
                       {EXDEV, ErrorCode::access_violation}, {ELOOP, ErrorCode::access_violation},
                       {EMFILE, ErrorCode::not_defined}};
    for (const auto& one : cases) {
        CAPTURE(one.number);
        CHECK(refusal(base::Error::from_errno("open x", one.number)).error.code == one.code);
    }
    CHECK(refusal(base::Error("boot id is over")).error == ErrorPacket{ErrorCode::not_defined, "boot id is over"});
}
