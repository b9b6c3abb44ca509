// Bytes as an ISO 9660 image: no index of them may hold a path that an image cannot hold or bytes that the file does
// not have, nor may looking for what boots leave the image.
#include "images/iso9660.hpp"
#include "images/image.hpp"
#include "images/ubuntu_iso.hpp"

#include <cstdlib>

using namespace musterd;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check_files(const images::IsoIndex& index, std::size_t size) {
    for (const auto& file : index.files) {
        must(images::is_path(file.path));
        must(index.file(file.path) != nullptr);
        if (!file.problem.empty()) continue;
        const auto slice = images::iso_slice(nullptr, file);
        must(slice && slice->length == file.size && slice->offset <= size && slice->length <= size - slice->offset);
    }
    for (const auto& link : index.links) {
        must(images::is_path(link.path));
        const auto* file = index.file(link.path);
        must(file == nullptr || images::is_path(file->path));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const images::MemorySource source(base::ByteView(data, size));
    const auto index = images::read_iso_index(source);
    if (!index) {
        must(!index.error().message().empty());
        return 0;
    }
    check_files(*index, size);
    const auto bootable = images::bootable_iso(*index, images::head_reader(source));
    if (bootable) must(!bootable->arch.empty() && !bootable->initrds.empty());
    return 0;
}
