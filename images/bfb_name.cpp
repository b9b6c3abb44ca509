// What mlx-mkbfb calls the images of a BFB: bfb_name().
#include "images/bfb.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace musterd::images {

namespace {

struct Known {
    std::uint8_t id;
    std::string_view name;
};

constexpr std::array known_ids = {
    Known{1, "bl2"},
    Known{2, "bl30"},
    Known{3, "bl31"},
    Known{4, "bl32"},
    Known{5, "bl33"},
    Known{6, "bl2-cert"},
    Known{7, "trusted-key-cert"},
    Known{8, "bl30-key-cert"},
    Known{9, "bl31-key-cert"},
    Known{10, "bl32-key-cert"},
    Known{11, "bl33-key-cert"},
    Known{12, "bl30-cert"},
    Known{13, "bl31-cert"},
    Known{14, "bl32-cert"},
    Known{15, "bl33-cert"},
    Known{29, "sys"},
    Known{30, "bl2r"},
    Known{31, "bl2r-cert"},
    Known{32, "ddr_ini"},
    Known{33, "snps_images"},
    Known{34, "ddr_ate_imem"},
    Known{35, "ddr_ate_dmem"},
    Known{36, "psc-bl"},
    Known{37, "psc-fw"},
    Known{38, "ddr-cert"},
    Known{39, "psc-app"},
    Known{40, "ddr5_snps_images"},
    Known{41, "nicfw"},
    Known{42, "bl2r-auth-cert"},
    Known{43, "bl2-auth-cert"},
    Known{48, "cfg-gi"},
    Known{49, "dpu-gi"},
    Known{50, "info"},
    Known{51, "upgrade-image"},
    Known{52, "capsule"},
    Known{53, "psc-certs"},
    Known{54, "ramdisk"},
    Known{55, "boot-acpi"},
    Known{56, "boot-dtb"},
    Known{57, "boot-desc"},
    Known{58, "boot-path"},
    Known{59, "boot-args"},
    Known{60, "boot-timeout"},
    Known{61, "uefi-tests"},
    Known{62, "image"},
    Known{63, "initramfs"},
};

}  // namespace

std::string bfb_name(std::uint8_t id) {
    for (const auto& known : known_ids) {
        if (known.id == id) return std::string(known.name);
    }
    return fmt::format("image_id_{}", id);
}

}  // namespace musterd::images
