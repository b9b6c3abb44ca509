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
{{#if vars.mirror}}d-i mirror/http/hostname string {{vars.mirror | preseed}}{{/if}}
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
  if [ -s $own/k3s.yaml ]; then \
    mkdir -p /target/etc/rancher/k3s /target/etc/rancher/node; cp $own/k3s.yaml /target/etc/rancher/k3s/config.yaml; \
    cp $own/node-password /target/etc/rancher/node/password; \
  fi; \
  tries=0; \
  until wget -q -T 20 -t 1 -O /dev/null --post-data=stage=installed {{boot.url}}/installed || [ $tries -ge 60 ]; do \
    tries=$((tries + 1)); sleep 5; \
  done
d-i finish-install/reboot_in_progress note
)";

// Identity goes into the installed system by its own cloud-init (user-data within user-data), so that it is there at
// its first start. Whoever finds several disks writes none of them; what it says of that, error-commands report.
constexpr std::string_view autoinstall_text = R"(#cloud-config
# Answers for Ubuntu's installer on {{host.name}}, by musterd.
autoinstall:
  version: 1
  locale: {{#if vars.locale}}{{vars.locale | yaml}}{{else}}en_US.UTF-8{{/if}}
  keyboard: {layout: {{#if vars.keymap}}{{vars.keymap | yaml}}{{else}}us{{/if}}}
  timezone: {{#if vars.time_zone}}{{vars.time_zone | yaml}}{{else}}Etc/UTC{{/if}}
{{#if vars.http_proxy}}
  proxy: {{vars.http_proxy | yaml}}
{{/if}}
{{#if vars.mirror}}
  apt:
    primary:
      - arches: [default]
        uri: {{vars.mirror | yaml}}
{{/if}}
  ssh: {install-server: true, allow-pw: false}
  storage:
    layout:
      name: direct
{{#if vars.disk}}
      match: {path: {{vars.disk | yaml}}}
{{/if}}
{{#if vars.packages}}
  packages:
{{#each vars.packages}}
    - {{this | yaml}}
{{/each}}
{{/if}}
  reporting:
    musterd: {type: webhook, endpoint: "{{boot.url}}/event", level: INFO, retries: [1, 2, 5]}
  early-commands:
{{#if vars.disk}}
{{else}}
    - |
      set -- $(lsblk -dnpo NAME,TYPE,RO | awk '$2 == "disk" && $3 == 0 && $1 !~ /ram/ {print $1}')
      if [ $# != 1 ]; then
        echo "it has $# disks ($*), and vars.disk says of none that it is to be written" >/run/musterd-trouble
        exit 1
      fi
{{/if}}
    - curl -fsS -m 20 --retry 5 --retry-all-errors -d stage=installing {{boot.url}}/event || true
  late-commands:
    - echo {{host.machine_id}} >/target/etc/machine-id
    - |
      for try in $(seq 60); do
        curl -fsS -m 20 -d stage=installed {{boot.url}}/installed && break
        sleep 5
      done
  error-commands:
    - |
      echo "Ubuntu's installer failed; on the machine see /var/log/installer" >/run/musterd-failed
      for file in /run/musterd-trouble /run/musterd-failed; do [ ! -s $file ] || break; done
      curl -fsS -m 20 --retry 5 --retry-all-errors -H 'Content-Type: text/plain' --data-binary @$file {{boot.url}}/failed
  user-data:
    hostname: {{host.name | yaml}}
    disable_root: false
    users:
      - name: root
        lock_passwd: {{#if vars.root_password_hash}}false{{else}}true{{/if}}
{{#if vars.root_password_hash}}
        hashed_passwd: {{vars.root_password_hash | yaml}}
{{/if}}
{{#if vars.ssh_keys}}
        ssh_authorized_keys:
{{#each vars.ssh_keys}}
          - {{this | yaml}}
{{/each}}
{{/if}}
{{#if identity.ssh_key}}
    ssh_keys:
      ed25519_private: {{identity.ssh_key | yaml}}
      ed25519_public: {{identity.ssh_public_key | yaml}}
{{/if}}
{{#if k3s.config}}
    write_files:
      - path: /etc/rancher/k3s/config.yaml
        permissions: "0600"
        content: {{k3s.config | yaml}}
{{#if identity.node_password}}
      - path: /etc/rancher/node/password
        permissions: "0600"
        content: {{identity.node_password | yaml}}
{{/if}}
{{/if}}
  shutdown: reboot
)";

// device= and ERASE_SSD= stand before everything a person may add: without them the installer formats the last NVMe,
// which may be another card's or the host's (bfscripts, install.sh). The guard is at the top, because the wipe precedes
// every hook; it minds only the installer, which knows `fail`, for bfcfg reads this file again on the installed system;
// and only when the card's own port is there to be compared.
constexpr std::string_view bf_cfg_head_text = R"text(# bf.cfg of {{host.name}}, by musterd.
device=/dev/mmcblk0
ERASE_SSD=no
musterd_macs=' {{#each host.macs}}{{this}} {{/each}}'
musterd_card=other
for musterd_file in /sys/class/net/*/address; do
    [ -r "$musterd_file" ] || continue
    case "$musterd_macs" in *" $(tr A-F a-f <"$musterd_file") "*) musterd_card=this ;; esac
done
if [ "$(type -t fail)" = function ] && [ -e /sys/class/net/oob_net0/address ] && [ $musterd_card = other ]; then
    fail 'bf.cfg is for another card'
fi
)text";

// Never fails because we are away: what is said to us is tried, and the installation goes on. What is the host's own
// comes from our overlay: this file is copied into the log of the installation.
constexpr std::string_view bf_cfg_text = R"text({{#if vars.disk}}
device={{vars.disk | shell}}
{{/if}}
WITH_NIC_FW_UPDATE=no
UPDATE_ATF_UEFI=no
ubuntu_PASSWORD={{#if vars.root_password_hash}}{{vars.root_password_hash | shell}}{{else}}'*'{{/if}}

musterd_say() {
    curl -fsS -m 10 --retry 3 -d "$2" {{boot.url}}/"$1" || wget -q -T 10 -O /dev/null --post-data="$2" {{boot.url}}/"$1"
}
bfb_pre_install() {
    musterd_say event stage=installing || true
}
bfb_modify_os() {
    echo {{host.name | shell}} >/mnt/etc/hostname
{{#if vars.ssh_keys}}
    mkdir -p -m 700 /mnt/root/.ssh
{{#each vars.ssh_keys}}
    printf '%s\n' {{this | shell}} >>/mnt/root/.ssh/authorized_keys
{{/each}}
    chmod 600 /mnt/root/.ssh/authorized_keys
{{/if}}
    local own=/.initrd-secrets/run/musterd
    if [ -s $own/ssh_host_ed25519_key ]; then cp $own/ssh_host_ed25519_key* /mnt/etc/ssh/; fi
    if [ -s $own/machine-id ]; then install -m 444 $own/machine-id /mnt/etc/machine-id; fi
    if [ -s $own/k3s.yaml ]; then
        mkdir -p /mnt/etc/rancher/k3s /mnt/etc/rancher/node
        cp $own/k3s.yaml /mnt/etc/rancher/k3s/config.yaml
        cp $own/node-password /mnt/etc/rancher/node/password
    fi
}
bfb_post_install() {
    local try
    for try in $(seq 12); do
        if musterd_say installed stage=installed; then break; fi
        sleep 5
    done
}
)text";

std::string_view debian_preseed() {
    return preseed_text;
}

std::string_view ubuntu_autoinstall() {
    return autoinstall_text;
}

std::string_view bf_cfg_head() {
    return bf_cfg_head_text;
}

std::string_view bluefield_bf_cfg() {
    return bf_cfg_text;
}

}  // namespace musterd::profiles
