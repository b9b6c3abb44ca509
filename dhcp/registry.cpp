#include "dhcp/registry.hpp"

namespace musterd::dhcp {

std::string_view to_string(MessageType type) {
    switch (type) {
        case MessageType::discover:
            return "DISCOVER";
        case MessageType::offer:
            return "OFFER";
        case MessageType::request:
            return "REQUEST";
        case MessageType::decline:
            return "DECLINE";
        case MessageType::ack:
            return "ACK";
        case MessageType::nak:
            return "NAK";
        case MessageType::release:
            return "RELEASE";
        case MessageType::inform:
            return "INFORM";
    }
    return "unknown";
}

}  // namespace musterd::dhcp
