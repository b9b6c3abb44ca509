#include "http/content_type.hpp"

#include <doctest/doctest.h>

using musterd::http::content_type_of;

TEST_CASE("media types are the ones that EDK2 compares with, by suffix in any case") {
    CHECK(content_type_of("/boot/loader/ipxe.efi") == "application/efi");
    CHECK(content_type_of("/boot/loader/BOOTX64.EFI") == "application/efi");
    CHECK(content_type_of("/images/x/live.iso") == "application/vnd.efi-iso");
    CHECK(content_type_of("/images/x/disk.Img") == "application/vnd.efi-img");
    CHECK(content_type_of("/boot/id/kernel") == "application/octet-stream");
    CHECK(content_type_of("/x.efi/") == "application/octet-stream");
    CHECK(content_type_of("/") == "application/octet-stream");
    CHECK(content_type_of("") == "application/octet-stream");
}
