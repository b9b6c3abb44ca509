#include "images/rock_ridge.hpp"

#include "images/iso_record.hpp"

#include <string_view>

namespace musterd::images {

namespace {

using namespace std::string_view_literals;

constexpr int most_continuations = 32;  // as fs/isofs/rock.c (RR_MAX_CE_ENTRIES)
constexpr std::size_t entry_header = 4;
constexpr std::size_t longest_name = 1024;
constexpr std::size_t longest_link = 4096;

struct Continuation {
    std::uint64_t block;
    std::uint64_t offset;
    std::uint64_t length;
};

class Entries {
public:
    /// The entries of one area; gives where it goes on.
    std::optional<Continuation> area(base::ByteView rest) {
        std::optional<Continuation> next;
        while (rest.size() >= entry_header && rest[0] != 0) {  // SUSP 4: fewer than four bytes are padding
            const std::size_t length = rest[2];
            if (length < entry_header || length > rest.size()) {
                found.damaged = true;
                break;
            }
            const auto signature = base::as_text(rest.first(2));
            if (signature == "ST"sv) break;  // SUSP 5.4
            if (signature == "CE"sv && length >= 28) {
                next = {iso_number(rest, 4, 4), iso_number(rest, 12, 4), iso_number(rest, 20, 4)};
            } else {
                entry(signature, rest.first(length));
            }
            rest = rest.subspan(length);
        }
        return next;
    }

    RockRidge found;

private:
    void entry(std::string_view signature, base::ByteView bytes) {
        const auto data = bytes.subspan(entry_header);
        if (signature == "SP"sv && base::as_text(data).starts_with("\xbe\xef"sv) && data.size() >= 3) {
            found.skip = data[2];
        }
        if (signature == "ER"sv && data.size() >= 4) extension(data);
        if (signature == "NM"sv && !data.empty()) name(data);
        if (signature == "SL"sv && !data.empty()) link(data.subspan(1));
        if (signature == "PX"sv && data.size() >= 8) {
            found.mode = static_cast<std::uint32_t>(iso_number(data, 0, 4));
            found.rock_ridge = true;
        }
        if (signature == "CL"sv && data.size() >= 8) found.child = iso_number(data, 0, 4);
        if (signature == "RE"sv) found.relocated = true;
        if (signature == "ZF"sv || signature == "Z2"sv) found.encoding = "zisofs";
        if (signature == "SF"sv) found.encoding = "sparse";
    }

    /// SUSP 5.5: length of the identifier at BP 5, the identifier at BP 9; RRIP 4.3 says what RRIP's are.
    void extension(base::ByteView data) {
        const auto id = base::as_text(data.subspan(4)).substr(0, data[0]);
        if (id == "RRIP_1991A"sv || id == "IEEE_P1282"sv || id == "IEEE_1282"sv) found.rock_ridge = true;
    }

    /// A name may be spread over several NM. Flags: 2 and 4 say that it is "." or "..", which need no name here.
    void name(base::ByteView data) {
        found.rock_ridge = true;
        if ((data[0] & 0x06U) != 0) return;
        auto& name = found.name ? *found.name : found.name.emplace();
        name.append(base::as_text(data.subspan(1)));
        if (name.size() <= longest_name) return;
        name.resize(longest_name);
        found.damaged = true;
    }

    /// Component records: flags, length, content. Flags: 1 goes on in the next one, 2 ".", 4 "..", 8 "/".
    void link(base::ByteView components) {
        auto& link = found.link ? *found.link : found.link.emplace();
        while (components.size() >= 2) {
            const std::size_t length = components[1];
            if (length > components.size() - 2) {
                found.damaged = true;
                return;
            }
            component(link, components[0], base::as_text(components.subspan(2, length)));
            components = components.subspan(2 + length);
        }
    }

    void component(std::string& link, unsigned flags, std::string_view content) {
        if (!link.empty() && !link.ends_with('/') && !component_goes_on_) link.push_back('/');
        if ((flags & 0x08U) != 0) {
            link = "/";
        } else if ((flags & 0x04U) != 0) {
            link += "..";
        } else {
            link += (flags & 0x02U) != 0 ? "."sv : content;
        }
        component_goes_on_ = (flags & 0x01U) != 0;
        if (link.size() <= longest_link) return;
        link.resize(longest_link);
        found.damaged = true;
    }

    bool component_goes_on_ = false;
};

}  // namespace

RockRidge read_rock_ridge(base::ByteView system_use, const ReadContinuation& more) {
    Entries entries;
    auto next = entries.area(system_use);
    for (int count = 0; next; ++count) {
        auto bytes = count < most_continuations ? more(next->block, next->offset, next->length) : std::nullopt;
        if (!bytes) {
            entries.found.damaged = true;
            break;
        }
        next = entries.area(*bytes);
    }
    return std::move(entries.found);
}

}  // namespace musterd::images
