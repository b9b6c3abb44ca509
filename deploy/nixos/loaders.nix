# The loaders that firmware begins with, under the names that musterd serves. On x86 iPXE for BIOS and UEFI; the signed
# pairs of Secure Boot are Debian's: make them with deploy/loaders and set services.musterd.loaders to that folder.
{ stdenv, runCommand, ipxe }:

let
  built = ipxe.override {
    additionalTargets =
      if stdenv.hostPlatform.isx86 then {
        "bin/ipxe.pxe" = null;
        "bin-x86_64-efi/snponly.efi" = null;
      } else { };
  };
in
runCommand "musterd-loaders" { } ''
  mkdir "$out"
  for file in undionly.kpxe ipxe.pxe snponly.efi ipxe.efi; do
    if [ -e "${built}/$file" ]; then cp "${built}/$file" "$out/"; fi
  done
  [ -n "$(ls "$out")" ]
''
