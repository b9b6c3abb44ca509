// Bytes as a manifest, as the history of a name, as a reference and as the start of a file to recognise: none may
// crash, and what is accepted is written back as a text that gives the same value.
#include "images/image.hpp"
#include "images/name_history.hpp"
#include "images/recognize.hpp"
#include "images/reference.hpp"

#include <cstdlib>

using namespace musterd;

namespace {

void must(bool holds) {
    if (!holds) std::abort();
}

void check_manifest(std::string_view text) {
    const auto image = images::image_from_manifest(text);
    if (!image) return;
    const auto again = images::image_from_manifest(images::manifest(*image));
    must(again && *again == *image);
    must(image->file(image->kernel) != nullptr || image->file(image->loader) != nullptr ||
         image->file(image->disk) != nullptr);
    must(!images::to_json(*image).empty());
}

void check_history(std::string_view text) {
    const auto history = images::parse_name_history(text);
    if (history) must(*images::parse_name_history(images::to_text(*history)) == *history);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const base::ByteView bytes(data, size);
    const auto text = base::as_text(bytes);
    check_manifest(text);
    check_history(text);
    const auto reference = images::parse_reference(text);
    if (reference) must(reference->to_string() == text);
    must(!images::recognize(bytes).format.empty());
    return 0;
}
