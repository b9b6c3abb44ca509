#include "tftp/decide.hpp"

#include "tftp/path.hpp"

#include <cerrno>
#include <utility>

namespace musterd::tftp {

namespace {

Refuse refuse(ErrorCode code, std::string text) {
    return Refuse{{code, std::move(text)}};
}

bool asks_for_file(base::ByteView datagram) {
    base::ByteReader reader(datagram);
    const auto opcode = static_cast<Opcode>(reader.u16());
    return opcode == Opcode::RRQ || opcode == Opcode::WRQ;
}

}  // namespace

Decision decide(base::ByteView datagram) {
    if (!asks_for_file(datagram)) return Ignore{"neither RRQ nor WRQ"};
    auto packet = parse(datagram);
    if (!packet) return refuse(ErrorCode::illegal_operation, packet.error().message());
    auto& request = std::get<FileRequest>(*packet);
    if (request.opcode == Opcode::WRQ) return refuse(ErrorCode::access_violation, "This server is read-only");
    if (request.mode == Mode::other) return refuse(ErrorCode::illegal_operation, "Mode must be octet");
    auto path = clean_path(request.name);
    if (!path) return refusal(path.error());
    return Serve{std::move(request), std::move(*path)};
}

Refuse refusal(const base::Error& error) {
    switch (error.code().value()) {
        case ENOENT:
        case ENOTDIR:
        case EISDIR:
        case ENAMETOOLONG:
            return refuse(ErrorCode::file_not_found, "File not found");
        case EACCES:
        case EPERM:
        case EXDEV:  // openat2(2): the name leads out of the folder
        case ELOOP:
            return refuse(ErrorCode::access_violation, "Access violation");
        default:
            return refuse(ErrorCode::not_defined, printable(error.message()));
    }
}

}  // namespace musterd::tftp
