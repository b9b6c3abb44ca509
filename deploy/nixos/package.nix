{ lib, stdenv, cmake, ninja, pkg-config, boost, openssl, libarchive, zlib, curl, tomlplusplus, spdlog, fmt, sqlitecpp, sqlite
, cli11, prometheus-cpp }:

stdenv.mkDerivation {
  pname = "musterd";
  version = "0.1.0";
  src = lib.cleanSource ../..;

  nativeBuildInputs = [ cmake ninja pkg-config ];
  buildInputs = [ boost openssl libarchive zlib curl tomlplusplus spdlog fmt sqlitecpp sqlite cli11 prometheus-cpp ];
  cmakeFlags = [ "-DMUSTERD_TESTS=OFF" ];

  # It is one program.
  installPhase = ''
    runHook preInstall
    install -D -m 755 musterd "$out/bin/musterd"
    runHook postInstall
  '';

  meta = {
    description = "Boots machines over the network and hands them to K3s";
    mainProgram = "musterd";
    platforms = lib.platforms.linux;
  };
}
