#pragma once

#include "server/app/doctor/cures.hpp"
#include "server/app/doctor/observations.hpp"

#include <functional>
#include <string>
#include <vector>

namespace musterd::app::doctor {

/// Readers of what an offer says about booting; empty when it says nothing.
std::string file_of(const dhcp::Packet& packet);              ///< the header's, else option 67
std::string boot_class_of(const dhcp::Packet& packet);        ///< option 60, of a boot server only
std::string vendor_bytes_of(const dhcp::Packet& packet);      ///< option 43 in hex
std::string tftp_server_name_of(const dhcp::Packet& packet);  ///< option 66

/// One server's offers, never none.
class OffersOfOne {
public:
    explicit OffersOfOne(std::vector<const Offer*> offers) : offers_(std::move(offers)) {}

    [[nodiscard]] const Offer& first() const { return *offers_.front(); }
    [[nodiscard]] std::string name() const { return server_of(first()).to_string(); }
    /// With the network of the address that it leased.
    [[nodiscard]] OtherServer server() const;

    using Read = std::function<std::string(const dhcp::Packet&)>;
    /// The first value that is not empty.
    [[nodiscard]] std::string value(const Read& read) const;
    /// "snponly.efi" when all got it, else "snponly.efi to UEFI PXE, undionly.kpxe to BIOS PXE".
    [[nodiscard]] std::string told(const Read& read) const;
    /// siaddr, when it is neither zero nor the server itself.
    [[nodiscard]] base::Ipv4 next_server() const;
    [[nodiscard]] bool names_as_next(const std::function<bool(base::Ipv4)>& wanted) const;

private:
    std::vector<const Offer*> offers_;
};

/// Those offers that `keep` says, by server.
std::vector<OffersOfOne> by_server(const Observations& seen, const std::function<bool(const Offer&)>& keep);

}  // namespace musterd::app::doctor
