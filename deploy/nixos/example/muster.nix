# The box beside the router. Three servers boot one image; names, keys and passwords are each their own.
{ pkgs, lib, ... }:

let
  server = number: {
    mac = [ "b8:ce:f6:01:0${number}:01" "b8:ce:f6:01:0${number}:02" ];
    profile = "worker";
    vars.gpu = if number == "1" then "v100" else "none";
  };
in
{
  services.musterd = {
    enable = true;
    openFirewall = true;
    settings.network.interfaces = [ "lan" ];
    credentials.registry = "/run/secrets/registry"; # of sops-nix or agenix
    profiles.worker = {
      inherits = "nixos";
      image = "nixos-worker";
      args = [ "gpu={{vars.gpu}}" ];
      deadlines.up = "20m";
      secrets.registry.file = "/run/credentials/musterd.service/registry";
    };
    hosts = {
      r640-1 = server "1";
      r640-2 = server "2";
      r640-3 = server "3";
    };
  };

  networking.hostName = "muster";
  fileSystems."/" = { device = "/dev/disk/by-label/nixos"; fsType = "ext4"; };
  boot.loader.grub.device = lib.mkDefault "/dev/vda";
  system.stateVersion = "26.05";
}
