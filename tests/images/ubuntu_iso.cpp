#include "images/ubuntu_iso.hpp"

#include "iso_sketch.hpp"
#include "scratch.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;

namespace {

using Files = std::map<std::string, std::string>;

/// An index of files by content, one after another.
struct Iso {
    IsoIndex index;
    Files contents;

    explicit Iso(Files files) : contents(std::move(files)) {
        index.volume_id = "VOLUME";
        std::uint64_t offset = 40960;
        for (const auto& [path, content] : contents) {
            index.files.push_back({path, content.size(), {{offset, content.size()}}, ""});
            offset += content.size();
        }
    }
    [[nodiscard]] base::Result<BootableIso> bootable() const {
        const auto& all = contents;
        return bootable_iso(index, [&all](const IsoFile& file, std::size_t count) -> base::Result<base::Bytes> {
            const auto head = base::as_bytes(all.at(file.path));
            return base::Bytes(head.begin(), head.begin() + static_cast<std::ptrdiff_t>(std::min(count, head.size())));
        });
    }
    [[nodiscard]] std::string refusal() const {
        const auto found = bootable();
        REQUIRE_FALSE(found.has_value());
        return found.error().message();
    }
};

BootableIso found(const Iso& iso) {
    const auto result = iso.bootable();
    REQUIRE_MESSAGE(result.has_value(), result);
    return *result;
}

}  // namespace

TEST_CASE("Ubuntu's live ISO boots from casper, with its layers") {
    const Iso iso({{"casper/vmlinuz", bzimage()},
                   {"casper/initrd", cpio()},
                   {"casper/ubuntu-server-minimal.squashfs", "hsqs"},
                   {"casper/ubuntu-server-minimal.ubuntu-server.squashfs", "hsqs"},
                   {"casper/other/x.squashfs", "hsqs"},
                   {"install.amd/vmlinuz", bzimage()},
                   {"install.amd/initrd.gz", cpio()}});
    CHECK(found(iso) ==
          BootableIso{"ubuntu",
                      "amd64",
                      "casper/vmlinuz",
                      {"casper/initrd"},
                      false,
                      {"casper/ubuntu-server-minimal.squashfs", "casper/ubuntu-server-minimal.ubuntu-server.squashfs"},
                      "VOLUME"});
}

TEST_CASE("Ubuntu's arm64 kernel is packed and still known") {
    const auto iso = found(Iso({{"casper/vmlinuz", packed_arm64()}, {"casper/initrd", cpio()}}));
    CHECK(iso.arch == "arm64");
    CHECK(iso.kernel_packed);
}

TEST_CASE("Debian's installer boots from install.amd or install.a64, whichever is there") {
    const auto amd = found(Iso({{"install.amd/vmlinuz", bzimage()}, {"install.amd/initrd.gz", cpio()}}));
    CHECK(amd == BootableIso{"debian", "amd64", "install.amd/vmlinuz", {"install.amd/initrd.gz"}, false, {}, "VOLUME"});
    const auto arm = found(Iso({{"install.a64/vmlinuz", arm64_image()}, {"install.a64/initrd.gz", cpio()}}));
    CHECK(arm.arch == "arm64");
    CHECK(arm.kind == "debian");
}

TEST_CASE("links lead to the files that boot") {
    Iso iso({{"boot/k-6.1", bzimage()}, {"boot/i-6.1", cpio()}});
    iso.index.links = {{"casper/initrd", "../boot/i-6.1"}, {"casper/vmlinuz", "/boot/k-6.1"}};
    CHECK(found(iso).kind == "ubuntu");
    CHECK(found(iso).kernel == "boot/k-6.1");
}

TEST_CASE(
    "the only kernel and initrd are taken wherever they are, and a second name of the same bytes does not count") {
    Iso iso({{"boot/kernel.bin", bzimage()}, {"boot/ram.img", cpio()}, {"readme", "words"}});
    iso.index.files.push_back(iso.index.files[0]);
    iso.index.files.back().path = "isolinux/kernel";
    CHECK(found(iso) == BootableIso{"linux", "amd64", "boot/kernel.bin", {"boot/ram.img"}, false, {}, "VOLUME"});
}

TEST_CASE("a refusal says what was looked for and why it was not found") {
    const auto nothing = Iso(Files{{"readme", "words"}}).refusal();
    CHECK(nothing.find("nothing to boot found in the ISO \"VOLUME\" (1 files): no kernel; looked for") == 0);
    CHECK(nothing.find("/casper/vmlinuz with /casper/initrd (ubuntu)") != std::string::npos);
    CHECK(nothing.find("/install.a64/vmlinuz with /install.a64/initrd.gz (debian)") != std::string::npos);
    CHECK(nothing.find("UDF") == std::string::npos);
    Iso hybrid(Files{{"readme.txt", "see UDF"}});
    hybrid.index.udf = true;
    CHECK(hybrid.refusal().find("its UDF part, which may hold more, is not read") != std::string::npos);

    CHECK(Iso(Files{{"a", bzimage()}}).refusal().find("0 initrds") != std::string::npos);
    CHECK(Iso({{"a", bzimage()}, {"b", cpio("1")}, {"c", cpio("2")}}).refusal().find("2 initrds") != std::string::npos);
    CHECK(Iso({{"a", bzimage("1")}, {"b", bzimage("2")}, {"c", cpio()}}).refusal().find("2 kernels") !=
          std::string::npos);
    CHECK(Iso({{"casper/vmlinuz", "words"}, {"casper/initrd", cpio()}})
              .refusal()
              .find("/casper/vmlinuz is no kernel: unknown") == 0);
    CHECK(Iso({{"casper/vmlinuz", bzimage()}, {"casper/initrd", "words"}})
              .refusal()
              .find("/casper/initrd is no initrd: unknown") == 0);
}

TEST_CASE("a kernel that cannot be served out of the image is refused with the reason") {
    Iso iso({{"casper/vmlinuz", bzimage()}, {"casper/initrd", cpio()}});
    iso.index.files[1].problem = "it goes past the end of the image";
    CHECK(iso.refusal() == "/casper/vmlinuz cannot be served: it goes past the end of the image");
}
