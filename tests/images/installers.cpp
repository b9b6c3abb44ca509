#include "images/installers.hpp"

#include "scratch.hpp"
#include "tar_sketch.hpp"

#include <doctest/doctest.h>

using namespace musterd;
using namespace musterd::images;
using namespace musterd::images::test;

namespace {

constexpr auto* iso_url = "https://releases.ubuntu.com/24.04.1/ubuntu-24.04.1-live-server-amd64.iso";

const std::string grub = R"(set timeout=30
loadfont unicode
menuentry "Install Ubuntu Server" {
	set gfxpayload=keep
	linux	linux iso-url=)" +
                         std::string(iso_url) + R"( ip=dhcp ---
	initrd	initrd
}
)";
const std::string pxelinux =
    "DEFAULT install\nLABEL install\n  KERNEL linux\n  INITRD initrd\n  APPEND root=/dev/ram0 "
    "ramdisk_size=1500000 cloud-config-url=/dev/null ip=dhcp url=" +
    std::string(iso_url) + " ---\n";

}  // namespace

TEST_CASE("Ubuntu's netboot menu tells the arguments that its initrd needs") {
    const auto by_grub = find_installer({"amd64/linux", {}, grub});
    REQUIRE(by_grub);
    CHECK(by_grub->kind == "ubuntu-netboot");
    CHECK(by_grub->args == std::vector<std::string>{"iso-url=" + std::string(iso_url), "ip=dhcp"});
    CHECK(by_grub->note.find(iso_url) != std::string::npos);
    const auto by_pxelinux = find_installer({"amd64/linux", {}, pxelinux});
    REQUIRE(by_pxelinux);
    CHECK(by_pxelinux->args == std::vector<std::string>{"root=/dev/ram0", "ramdisk_size=1500000",
                                                        "cloud-config-url=/dev/null", "ip=dhcp",
                                                        "url=" + std::string(iso_url)});
    CHECK_FALSE(find_installer({"linux", {}, "menuentry x {\n linux /linux quiet\n}\n"}));
    CHECK_FALSE(find_installer({"linux", {}, "linux linux url=http://x/y.squashfs\n"}));
    CHECK_FALSE(find_installer({"linux", {}, "iso-url=http://x/y.iso"}));
}

TEST_CASE("Debian's netboot is known by its version, its folder or its menu") {
    CHECK(find_installer({"linux", "Debian version:  12 (bookworm)\nInstaller build: 20230607\n", {}})->kind ==
          "debian");
    CHECK(find_installer({"debian-installer/amd64/linux", {}, {}})->kind == "debian");
    CHECK(find_installer({"linux", {}, "linux /debian-installer/amd64/linux vga=788\n"})->kind == "debian");
    CHECK_FALSE(find_installer({"linux", "3.2.1\n", {}}));
}

TEST_CASE("Ubuntu's netboot tarball is imported with the arguments of its menu before those that were asked for") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const auto source = scratch.write("n.tar.gz", tar({{"./amd64/linux", bzimage(), AE_IFREG, ""},
                                                       {"./amd64/initrd", cpio(), AE_IFREG, ""},
                                                       {"./amd64/grub/grub.cfg", grub, AE_IFREG, ""},
                                                       {"./amd64/pxelinux.cfg/default", pxelinux, AE_IFREG, ""}},
                                                      ARCHIVE_FILTER_GZIP));
    const auto imported = import_source(store, {source, "noble", {"quiet"}, some_time(), {}});
    REQUIRE_MESSAGE(imported.has_value(), imported);
    CHECK(imported->image.kind == "ubuntu-netboot");
    CHECK(imported->image.kernel == "amd64/linux");
    CHECK(imported->image.args == std::vector<std::string>{"iso-url=" + std::string(iso_url), "ip=dhcp", "quiet"});
    CHECK(imported->notes.size() == 1);
}

TEST_CASE("Debian's own netboot folders and archives are known, and a folder without its initrd is refused") {
    const Scratch scratch;
    const auto store = open_store(scratch);
    const std::vector<TarMember> members = {
        {"./version.info", "Debian version: 12\nInstaller build: 1\n", AE_IFREG, ""},
        {"./debian-installer/arm64/linux", arm64_image(), AE_IFREG, ""},
        {"./debian-installer/arm64/initrd.gz", cpio(), AE_IFREG, ""},
    };
    const auto imported = import_from(store, scratch.write("netboot.tar.gz", tar(members, ARCHIVE_FILTER_GZIP)));
    REQUIRE_MESSAGE(imported.has_value(), imported);
    CHECK(imported->image.kind == "debian");
    CHECK(imported->image.arch == "arm64");
    scratch.write("folder/debian-installer/amd64/linux", bzimage());
    CHECK(error_of(import_from(store, scratch.at("folder"), "other"))
              .ends_with("it looks like Debian's netboot installer, but it has no initrd"));
}
