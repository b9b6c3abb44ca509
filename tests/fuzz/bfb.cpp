// Bytes as a BFB file, as its info and as its boot-args: none may crash, no record lies outside the file, and what is
// chosen for booting is one of the records.
#include "images/bfb_info.hpp"
#include "images/crc32.hpp"

#include <cstdlib>

using namespace musterd;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check_file(base::ByteView bytes) {
    const images::MemorySource source(bytes);
    const auto bfb = images::read_bfb(source);
    if (!bfb) return;
    must(images::is_bfb(bytes) && !bfb->records.empty());
    std::uint64_t end = 0;
    for (const auto& record : bfb->records) {
        must(record.header_at == end && record.at >= end + 24 && record.padded() >= record.length);
        end = record.at + record.padded();
        must(end <= bytes.size() && *bfb->find(record.id, record.version) == record);
        must(!record.to_string().empty());
        images::Crc32 crc;
        crc.update(bytes.subspan(record.at, record.padded()));
        (void)images::check_crc(record, crc.value());
    }
    must(bfb->trailer_at == end && bfb->trailer_at + bfb->trailer_length == bytes.size());
    const auto firmware = images::read_bfb_info(source, *bfb);
    const auto parts = images::choose_boot_parts(*bfb, firmware ? *firmware : std::vector<images::Firmware>());
    if (!parts) return;
    must(*bfb->find(62, parts->kernel.version) == parts->kernel && parts->kernel.version <= 1);
    must(*bfb->find(63, parts->initramfs.version) == parts->initramfs && parts->initramfs.version <= 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView bytes(data, size);
    check_file(bytes);
    const auto text = base::as_text(bytes);
    (void)images::parse_bfb_info(text);
    const auto words = images::bfb_arguments(text);
    if (!words) return 0;
    for (const auto& word : *words)
        must(!word.empty() && !word.starts_with("initrd="));
    return 0;
}
