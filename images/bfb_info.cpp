#include "images/bfb_info.hpp"

#include "images/image.hpp"
#include "server/base/json.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace musterd::images {

namespace {

constexpr std::uint8_t bluefield_2 = 1;
constexpr std::uint8_t any_chip = 15;
constexpr std::size_t most_info_bytes = 1U << 20U;

/// Text images hold the bare text; a newline or NUL at the end is what a person's editor or script put there.
std::string_view trimmed(std::string_view text) {
    using namespace std::string_view_literals;
    const auto last = text.find_last_not_of("\0 \t\r\n"sv);
    return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

std::string shown(const boost::json::object& member, std::string_view key) {
    auto text = base::json_text(member, key);
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return text;
}

base::Error bluefield_3(std::string_view why) {
    return base::Error(fmt::format("a BFB for BlueField-3, which a BlueField-2 cannot take: {}", why));
}

/// What boots, if it is there, must be there in a version for this chip.
base::Result<void> check_versions(const Bfb& bfb) {
    for (const auto id : {BfbId::bl2, BfbId::bl31, BfbId::bl33, BfbId::image, BfbId::initramfs}) {
        if (!bfb.has(id) || bfb.find_for(id, bluefield_2) != nullptr) continue;
        return bluefield_3(
            fmt::format("it has {}, and no version 0 or 1 of that", bfb.find_for(id, any_chip)->to_string()));
    }
    return {};
}

base::Result<void> check_firmware(const std::vector<Firmware>& firmware) {
    std::vector<std::string> others;
    for (const auto& each : firmware) {
        if (each.name.starts_with("BF2_")) return {};
        if (each.name.starts_with("BF3_")) others.push_back(each.name);
    }
    if (others.empty()) return {};
    return bluefield_3(fmt::format("its info names {} and nothing that starts with BF2_", fmt::join(others, ", ")));
}

}  // namespace

base::Result<std::vector<Firmware>> parse_bfb_info(std::string_view json) {
    const auto object = base::parse_json_object(trimmed(json));
    if (!object) return base::Error(fmt::format("BFB info: {}", object.error().message()));
    const auto* members = object->if_contains("Members");
    if (members == nullptr || !members->is_array()) return base::Error("BFB info: no array \"Members\"");
    std::vector<Firmware> firmware;
    for (const auto& member : members->get_array()) {
        if (!member.is_object()) return base::Error("BFB info: a member that is not an object");
        const auto& fields = member.get_object();
        Firmware each{shown(fields, "Name"), shown(fields, "Version"), shown(fields, "SoftwareId")};
        if (!each.name.empty()) firmware.push_back(std::move(each));
    }
    return firmware;
}

base::Result<std::vector<Firmware>> read_bfb_info(const ByteSource& source, const Bfb& bfb) {
    const auto* record = bfb.find_for(BfbId::info, bluefield_2);
    if (record == nullptr) record = bfb.find_for(BfbId::info, any_chip);
    if (record == nullptr) return std::vector<Firmware>();
    if (record->length > most_info_bytes) {
        return base::Error(fmt::format("BFB image {}: {} bytes; at most {} are read", record->to_string(),
                                       record->length, most_info_bytes));
    }
    const auto text = read_bytes(source, record->at, record->length);
    if (!text) return text.error();
    return parse_bfb_info(base::as_text(*text));
}

base::Result<BfbBootParts> choose_boot_parts(const Bfb& bfb, const std::vector<Firmware>& firmware) {
    if (const auto checked = check_versions(bfb); !checked) return checked.error();
    if (const auto checked = check_firmware(firmware); !checked) return checked.error();
    const auto* initramfs = bfb.find_for(BfbId::initramfs, bluefield_2);
    const auto* kernel = bfb.find_for(BfbId::image, bluefield_2);
    if (initramfs == nullptr) {
        return base::Error(
            "a firmware-only BFB: it has no initramfs (id 63) that would run on the card, so it cannot be booted over "
            "the network; take the bf-bundle of the same release");
    }
    if (kernel == nullptr) {
        return base::Error("a BFB with an initramfs and no kernel (id 62): it cannot be booted over the network");
    }
    BfbBootParts parts{*kernel, *initramfs, {}};
    if (const auto* args = bfb.find_for(BfbId::boot_args, bluefield_2)) parts.boot_args = *args;
    return parts;
}

base::Result<std::vector<std::string>> bfb_arguments(std::string_view boot_args) {
    std::vector<std::string> words;
    std::string word;
    bool quoted = false;
    const auto finish = [&] {
        if (!word.empty() && !word.starts_with("initrd=")) words.push_back(word);
        word.clear();
    };
    for (const char c : trimmed(boot_args)) {
        const bool space = c == ' ' || c == '\t' || c == '\r' || c == '\n';
        if (c == '"') quoted = !quoted;
        if (space && !quoted) {
            finish();
        } else {
            word += c;
        }
    }
    finish();
    if (!std::all_of(words.begin(), words.end(), is_argument)) {
        return base::Error("its boot-args are not text on one line");
    }
    return words;
}

}  // namespace musterd::images
