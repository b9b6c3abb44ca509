#include "profiles/built_in_documents.hpp"

namespace musterd::profiles {

// The disk is chosen last, when partman is about to ask for it, and never guessed among several. late_command takes
// the host's identity from our overlay, which is the installer's own root too: no secret is in this document.
// Its last word is repeated for five minutes: were it lost, the machine would be held at its next boot.
constexpr std::string_view preseed_text = R"(# Answers for Debian's installer on {{host.name}}, by musterd.
d-i debian-installer/locale string {{#if vars.locale}}{{vars.locale | preseed}}{{else}}en_US.UTF-8{{/if}}
d-i keyboard-configuration/xkb-keymap select {{#if vars.keymap}}{{vars.keymap | preseed}}{{else}}us{{/if}}
d-i preseed/early_command string \
  wget -q -T 20 -t 5 --retry-connrefused -O /dev/null --post-data=stage=installing {{boot.url}}/event || true

d-i hw-detect/load_firmware boolean true
d-i mirror/country string manual
d-i mirror/protocol string http
d-i mirror/http/hostname string {{#if vars.mirror}}{{vars.mirror | preseed}}{{else}}deb.debian.org{{/if}}
d-i mirror/http/directory string {{#if vars.mirror_directory}}{{vars.mirror_directory | preseed}}{{else}}/debian{{/if}}
d-i mirror/http/proxy string {{#if vars.http_proxy}}{{vars.http_proxy | preseed}}{{/if}}

d-i clock-setup/utc boolean true
d-i clock-setup/ntp boolean true
d-i time/zone string {{#if vars.time_zone}}{{vars.time_zone | preseed}}{{else}}UTC{{/if}}

d-i passwd/make-user boolean false
d-i passwd/root-login boolean true
d-i passwd/root-password-crypted password {{#if vars.root_password_hash}}{{vars.root_password_hash | preseed}}{{else}}!{{/if}}

d-i partman/early_command string \
{{#if vars.disk}}
  disk={{vars.disk | shell | preseed}}; \
{{else}}
  set -- $(list-devices disk); disk=$1; \
  if [ $# != 1 ]; then \
    wget -q -T 20 -t 5 -O /dev/null --post-data="it has $# disks ($*), and vars.disk says of none that it is to be written" {{boot.url}}/failed; \
    sleep 60; reboot; sleep 600; \
  fi; \
{{/if}}
  debconf-set partman-auto/disk "$disk"; debconf-set grub-installer/bootdev "$disk"
d-i partman-auto/method string regular
d-i partman-auto/choose_recipe select atomic
d-i partman-lvm/device_remove_lvm boolean true
d-i partman-md/device_remove_md boolean true
d-i partman-efi/non_efi_system boolean true
d-i partman-partitioning/confirm_write_new_label boolean true
d-i partman/choose_partition select finish
d-i partman/confirm boolean true
d-i partman/confirm_nooverwrite boolean true

d-i apt-setup/cdrom/set-first boolean false
popularity-contest popularity-contest/participate boolean false
tasksel tasksel/first multiselect standard
d-i pkgsel/include string openssh-server{{#if vars.packages}}{{#each vars.packages}} {{this | preseed}}{{/each}}{{/if}}

d-i pkgsel/upgrade select full-upgrade
d-i grub-installer/only_debian boolean true
d-i grub-installer/with_other_os boolean true
d-i grub-installer/force-efi-extra-removable boolean true
d-i debian-installer/add-kernel-opts string {{#if vars.kernel_args}}{{vars.kernel_args | preseed}}{{/if}}

d-i preseed/late_command string \
  own=/.initrd-secrets/run/musterd; \
  if [ -s $own/ssh_host_ed25519_key ]; then cp $own/ssh_host_ed25519_key* /target/etc/ssh/; fi; \
  if [ -s $own/machine-id ]; then cp $own/machine-id /target/etc/; chmod 444 /target/etc/machine-id; fi; \
{{#if vars.ssh_keys}}
  mkdir -p -m 700 /target/root/.ssh; \
{{#each vars.ssh_keys}}
  echo {{this | shell | preseed}} >>/target/root/.ssh/authorized_keys; \
{{/each}}
{{/if}}
  tries=0; \
  until wget -q -T 20 -t 1 -O /dev/null --post-data=stage=installed {{boot.url}}/installed || [ $tries -ge 60 ]; do \
    tries=$((tries + 1)); sleep 5; \
  done
d-i finish-install/reboot_in_progress note
)";

std::string_view debian_preseed() {
    return preseed_text;
}

}  // namespace musterd::profiles
