#include "profiles/check.hpp"
#include "profiles/lookup.hpp"

#include <fmt/format.h>

namespace musterd::profiles {

namespace {

struct Claim {
    const WrittenHost* host = nullptr;
    base::Position where;
};

/// Who has what: the first to claim a thing has it, whoever comes after is told where the first stands.
template <class Key>
class Claims {
public:
    explicit Claims(base::Diagnostics& problems) : problems_(problems) {}

    void claim(const Key& key, std::string_view text, const Claim& claim) {
        const auto [first, free] = claims_.emplace(key, claim);
        if (!free) report(text, claim, first->second);
    }

private:
    void report(std::string_view text, const Claim& late, const Claim& first) {
        problems_.error(late.where,
                        fmt::format("{}: {} is taken by host \"{}\" at {}:{}:{}", late.host->path, text,
                                    first.host->host.name, first.where.file, first.where.line, first.where.column));
    }

    base::Diagnostics& problems_;
    std::map<Key, Claim> claims_;
};

/// Firmware may send a UUID in either byte order, so both are one host's. The lesser of the two stands for both.
base::Uuid either_order(const base::Uuid& uuid) {
    return std::min(uuid, uuid.swapped());
}

}  // namespace

void check_identities(const std::vector<WrittenHost>& hosts, base::Diagnostics& problems) {
    Claims<std::string> names(problems);
    Claims<base::Mac> macs(problems);
    Claims<base::Uuid> uuids(problems);
    Claims<std::string> serials(problems);
    Claims<base::Ipv4> addresses(problems);
    for (const auto& written : hosts) {
        const auto& host = written.host;
        if (!host.name.empty()) {
            names.claim(host.name, fmt::format("the name \"{}\"", host.name), {&written, written.name_at});
        }
        for (std::size_t i = 0; i < host.macs.size(); ++i) {
            macs.claim(host.macs[i], fmt::format("MAC {}", host.macs[i].to_string()), {&written, written.macs_at[i]});
        }
        if (host.uuid) {
            uuids.claim(either_order(*host.uuid), fmt::format("UUID {}", host.uuid->to_string()),
                        {&written, written.uuid_at});
        }
        if (!host.serial.empty()) {
            serials.claim(serial_key(host.serial), fmt::format("serial \"{}\"", host.serial),
                          {&written, written.serial_at});
        }
        if (host.lease) {
            const auto address = host.lease->address.address;
            addresses.claim(address, fmt::format("address {}", address.to_string()), {&written, written.address_at});
        }
    }
}

}  // namespace musterd::profiles
