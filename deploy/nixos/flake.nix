# musterd on NixOS: its package, a module for the computer that it runs on, a module for the machines that it boots, and
# an example of both. `nix flake show path:deploy/nixos`
{
  description = "Boots machines over the network and hands them to K3s";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" ];
      forSystems = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      server = { pkgs, lib, ... }: {
        imports = [ ./server.nix ];
        services.musterd.package = lib.mkDefault self.packages.${pkgs.stdenv.hostPlatform.system}.musterd;
        services.musterd.loaders = lib.mkDefault self.packages.${pkgs.stdenv.hostPlatform.system}.loaders;
      };
      system = modules: nixpkgs.lib.nixosSystem { inherit modules; };
      worker = system [ ./host.nix ./example/worker.nix { nixpkgs.hostPlatform = "x86_64-linux"; } ];
    in
    {
      nixosModules = { inherit server; host = ./host.nix; };

      packages = forSystems (pkgs: {
        musterd = pkgs.callPackage ./package.nix { };
        loaders = pkgs.callPackage ./loaders.nix { };
        # `nix build path:deploy/nixos#worker && musterd image import ./result --name nixos-worker`
        worker = pkgs.symlinkJoin {
          name = "nixos-worker";
          paths = with worker.config.system.build; [ netbootRamdisk kernel netbootIpxeScript ];
        };
      });

      nixosConfigurations = {
        inherit worker;
        muster = system [ server ./example/muster.nix { nixpkgs.hostPlatform = "x86_64-linux"; } ];
      };
    };
}
