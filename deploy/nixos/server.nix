# The computer that musterd runs on: a box or virtual machine beside the router, in the LAN of the machines.
{ config, lib, pkgs, ... }:

let
  cfg = config.services.musterd;
  toml = pkgs.formats.toml { };
  withoutNull = lib.filterAttrs (name: value: value != null);
  host = name: value: withoutNull value // { inherit name; };
  dataDir = "/var/lib/musterd";
  settings = lib.recursiveUpdate
    {
      data_dir = dataDir;
      hosts = "hosts.d";
      profiles = "profiles.d";
      loaders = "${cfg.loaders}";
    }
    cfg.settings;
  httpPort = lib.attrByPath [ "network" "http_port" ] 8080 cfg.settings;
in
{
  options.services.musterd = {
    enable = lib.mkEnableOption "musterd, which boots machines over the network";

    package = lib.mkOption {
      type = lib.types.package;
      description = "The package with bin/musterd.";
    };

    loaders = lib.mkOption {
      type = lib.types.path;
      description = "A folder with the loaders that firmware begins with.";
    };

    settings = lib.mkOption {
      inherit (toml) type;
      default = { };
      example = { network.interfaces = [ "lan" ]; };
      description = "What musterd.toml says beside its folders.";
    };

    hosts = lib.mkOption {
      type = lib.types.attrsOf toml.type;
      default = { };
      example = { r640-1 = { mac = [ "b8:ce:f6:01:01:01" ]; profile = "worker"; }; };
      description = "Hosts by name, each with the keys of a [[host]].";
    };

    profiles = lib.mkOption {
      type = lib.types.attrsOf toml.type;
      default = { };
      example = { worker = { inherits = "nixos"; image = "nixos-worker"; }; };
      description = "Profiles by name, each with the keys of a [profile.NAME].";
    };

    hostFiles = lib.mkOption {
      type = lib.types.attrsOf lib.types.path;
      default = { };
      description = "More files of the folder of hosts, by name.";
    };

    profileFiles = lib.mkOption {
      type = lib.types.attrsOf lib.types.path;
      default = { };
      description = "More files of the folder of profiles, by name: documents that profiles name, and TOML.";
    };

    credentials = lib.mkOption {
      type = lib.types.attrsOf lib.types.str;
      default = { };
      example = { join = "/run/secrets/k3s-token"; };
      description = ''
        Files that musterd may read as secrets, whoever owns them (systemd's LoadCredential): profiles name them as
        secrets.NAME.file = "/run/credentials/musterd.service/NAME". None of them comes into the store.
      '';
    };

    path = lib.mkOption {
      type = lib.types.listOf lib.types.package;
      default = [ ];
      example = lib.literalExpression "[ pkgs.sops ]";
      description = "Packages whose programs secrets may come from.";
    };

    openFirewall = lib.mkOption {
      type = lib.types.bool;
      default = false;
      description = "Whether to open UDP 67, 69 and 4011 and the HTTP port.";
    };
  };

  config = lib.mkIf cfg.enable {
    environment.systemPackages = [ cfg.package ];

    environment.etc = {
      "musterd/musterd.toml".source = toml.generate "musterd.toml" settings;
      "musterd/hosts.d/nixos.toml".source =
        toml.generate "hosts.toml" { host = lib.mapAttrsToList host cfg.hosts; };
      "musterd/profiles.d/nixos.toml".source = toml.generate "profiles.toml" { profile = cfg.profiles; };
    }
    // lib.mapAttrs' (name: source: lib.nameValuePair "musterd/hosts.d/${name}" { inherit source; }) cfg.hostFiles
    // lib.mapAttrs' (name: source: lib.nameValuePair "musterd/profiles.d/${name}" { inherit source; }) cfg.profileFiles;

    systemd.services.musterd = {
      description = "Boots machines over the network and hands them to K3s";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      path = cfg.path;
      # A switch to a new configuration replaces links under /etc, which the kernel does not tell; so it is told.
      reloadTriggers = lib.mapAttrsToList (name: file: file.source)
        (lib.filterAttrs (name: file: lib.hasPrefix "musterd/" name) config.environment.etc);
      serviceConfig = {
        ExecStart = "${cfg.package}/bin/musterd serve --config /etc/musterd/musterd.toml";
        ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
        Restart = "always";
        RestartSec = 1;
        DynamicUser = true;
        StateDirectory = "musterd";
        StateDirectoryMode = "0750";
        LimitNOFILE = 65536;
        LoadCredential = lib.mapAttrsToList (name: file: "${name}:${file}") cfg.credentials;
        AmbientCapabilities = [ "CAP_NET_BIND_SERVICE" ];
        CapabilityBoundingSet = [ "CAP_NET_BIND_SERVICE" ];
        NoNewPrivileges = true;
        ProtectSystem = "strict";
        ProtectHome = true;
        PrivateTmp = true;
        PrivateDevices = true;
        ProtectKernelTunables = true;
        ProtectKernelModules = true;
        ProtectKernelLogs = true;
        ProtectControlGroups = true;
        ProtectClock = true;
        ProtectHostname = true;
        RestrictAddressFamilies = [ "AF_INET" "AF_INET6" "AF_UNIX" "AF_NETLINK" ];
        RestrictNamespaces = true;
        RestrictRealtime = true;
        RestrictSUIDSGID = true;
        LockPersonality = true;
        SystemCallArchitectures = "native";
        SystemCallFilter = [ "@system-service" ];
        UMask = "0027";
      };
    };

    networking.firewall = lib.mkIf cfg.openFirewall {
      allowedUDPPorts = [ 67 69 4011 ];
      allowedTCPPorts = [ httpPort ];
    };
  };
}
