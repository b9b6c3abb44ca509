# The image of three servers: a NixOS that runs in RAM.
{ modulesPath, pkgs, ... }:

{
  imports = [ "${modulesPath}/installer/netboot/netboot.nix" ];

  # xz takes minutes to build and seconds to boot.
  netboot.squashfsCompression = "zstd -Xcompression-level 6";
  musterd.host.k3s.enable = true;
  services.openssh.enable = true;
  users.users.root.openssh.authorizedKeys.keys = [ "ssh-ed25519 AAAA… you@laptop" ];
  boot.kernelParams = [ "console=ttyS0,115200" ];
  networking.firewall.enable = false; # K3s makes its own rules
  system.stateVersion = "26.05";
}
