# A machine that musterd boots: part of its image, the same for all machines. What is a machine's own comes in the
# overlay, under /run/musterd: boot.json, machine-id, node-password, ssh_host_ed25519_key, k3s.yaml, secrets/NAME.
{ config, lib, pkgs, ... }:

let
  cfg = config.musterd.host;
  overlay = "/run/musterd";
  k3s = cfg.k3s.enable;
in
{
  options.musterd.host = {
    enable = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = "Whether the machine is who musterd's overlay says that it is.";
    };

    phoneHome = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = "Whether it tells musterd when it is up.";
    };

    k3s.enable = lib.mkEnableOption "K3s as an agent, with the settings and the node password of the overlay";

    k3s.gate = lib.mkOption {
      type = lib.types.bool;
      default = true;
      description = ''
        Whether K3s waits until musterd has the machine's call. Then the cluster never sees a node of a boot that musterd
        does not know.
      '';
    };
  };

  config = lib.mkIf cfg.enable (lib.mkMerge [
    {
      # A stage 1 of systemd copies the overlay's files into /run only in an image that has a secret of its own; the
      # scripted one always does (nixpkgs, nixos/modules/system/boot).
      boot.initrd.secrets."${overlay}/.keep" = "${pkgs.writeText "keep" ""}";

      # The name is on the kernel line (systemd.hostname=), and so is the machine id. With its own hardware address
      # as DHCP's client id, the machine keeps its address.
      networking.hostName = lib.mkDefault "";
      networking.useNetworkd = lib.mkDefault true;
      networking.useDHCP = lib.mkDefault false;
      systemd.network.networks."10-musterd" = {
        matchConfig.Type = "ether";
        networkConfig.DHCP = "yes";
        dhcpV4Config.ClientIdentifier = "mac";
        dhcpV4Config.UseHostname = false;
      };

      # sshd makes a key only where none is.
      services.openssh.hostKeys = lib.mkDefault [
        { type = "ed25519"; path = "${overlay}/ssh_host_ed25519_key"; }
      ];
    }

    (lib.mkIf cfg.phoneHome {
      systemd.services.musterd-up = {
        description = "Tells musterd that this machine is up";
        wantedBy = [ "multi-user.target" ];
        wants = [ "network-online.target" ];
        after = [ "network-online.target" ];
        unitConfig.ConditionPathExists = "${overlay}/boot.json";
        path = [ pkgs.curl pkgs.jq ];
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          Restart = "on-failure";
          RestartSec = 5;
        };
        script = ''
          jq -n --arg hostname "$(cat /proc/sys/kernel/hostname)" \
            --arg machine_id "$(cat /etc/machine-id)" \
            --arg kernel_boot_id "$(cat /proc/sys/kernel/random/boot_id)" \
            '{hostname: $hostname, machine_id: $machine_id, kernel_boot_id: $kernel_boot_id}' |
            curl -fsS --retry 20 --retry-delay 3 --retry-all-errors --max-time 120 \
              -H 'Content-Type: application/json' --data-binary @- \
              "$(jq -r .url ${overlay}/boot.json)/up"
        '';
      };
    })

    (lib.mkIf k3s {
      services.k3s = {
        enable = true;
        role = "agent";
        configPath = "${overlay}/k3s.yaml";
      };
      systemd.services.k3s = {
        unitConfig.ConditionPathExists = "${overlay}/k3s.yaml";
        # K3s takes a password that is there, and makes one up where none is, which the cluster then refuses.
        preStart = lib.mkBefore ''
          install -D -m 600 ${overlay}/node-password /etc/rancher/node/password
        '';
      };
    })

    (lib.mkIf (k3s && cfg.phoneHome && cfg.k3s.gate) {
      systemd.services.k3s = {
        requires = [ "musterd-up.service" ];
        after = [ "musterd-up.service" ];
      };
    })
  ]);
}
