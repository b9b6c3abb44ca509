# Enough of nixpkgs' module system to evaluate one module by itself, with Debian's nix and without nixpkgs: what a
# module says, as one set that can be written as JSON. Types are not checked, and a module sees its own options and what
# `given` says, not what other modules would.
#
#   nix-instantiate --store dummy:// --eval --strict --json -E 'import ./nix_modules.nix { module = …; given = …; }'
{ module, given ? { } }:

let
  inherit (builtins) attrNames concatLists elem filter foldl' head isAttrs isFunction isList listToAttrs map stringLength
    substring;

  lib = rec {
    mkOption = option: option // { _type = "option"; };
    mkEnableOption = name: mkOption { default = false; };
    mkIf = condition: content: { _type = "if"; inherit condition content; };
    mkMerge = contents: { _type = "merge"; inherit contents; };
    mkDefault = content: { _type = "default"; inherit content; };
    mkBefore = content: content;
    literalExpression = text: text;
    types = let any = { }; in {
      package = any; path = any; str = any; bool = any; attrsOf = type: any; listOf = type: any;
    };
    filterAttrs = keep: set: listToAttrs (map (name: nameValuePair name set.${name})
      (filter (name: keep name set.${name}) (attrNames set)));
    nameValuePair = name: value: { inherit name value; };
    mapAttrs' = make: set: listToAttrs (mapAttrsToList make set);
    mapAttrsToList = make: set: map (name: make name set.${name}) (attrNames set);
    attrByPath = path: fallback: set:
      if path == [ ] then set
      else if isAttrs set && set ? ${head path} then attrByPath (builtins.tail path) fallback set.${head path}
      else fallback;
    hasPrefix = prefix: text: substring 0 (stringLength prefix) text == prefix;
    recursiveUpdate = under: over:
      if isAttrs under && isAttrs over
      then under // over // listToAttrs (map (name: nameValuePair name (recursiveUpdate under.${name} over.${name}))
        (filter (name: under ? ${name}) (attrNames over)))
      else over;
  };

  pkgs = {
    curl = "/pkgs/curl";
    jq = "/pkgs/jq";
    coreutils = "/pkgs/coreutils";
    writeText = name: text: "/nix/store/${name}";
    formats.toml = options: { type = { }; generate = name: value: { inherit name value; }; };
  };

  kind = value: if isAttrs value then value._type or "set" else "leaf";

  # Definitions of one value, strongest last, to the value.
  merge = definitions:
    let
      plain = concatLists (map discharge definitions);
      strong = filter (each: kind each != "default") plain;
      chosen = map (each: if kind each == "default" then each.content else each) (if strong == [ ] then plain else strong);
      names = attrNames (foldl' (all: each: all // each) { } chosen);
    in
    if chosen == [ ] then { }
    else if kind (head chosen) == "set" then listToAttrs (map
      (name: lib.nameValuePair name (merge (map (each: each.${name}) (filter (each: each ? ${name}) chosen))))
      (filter (name: concatLists (map discharge (map (each: each.${name}) (filter (each: each ? ${name}) chosen))) != [ ])
        names))
    else if isList (head chosen) then concatLists chosen
    else builtins.elemAt chosen (builtins.length chosen - 1);

  discharge = value:
    if kind value == "if" then (if value.condition then discharge value.content else [ ])
    else if kind value == "merge" then concatLists (map discharge value.contents)
    else [ value ];

  defaults = options:
    if kind options == "option" then options.default or null
    else builtins.mapAttrs (name: defaults) options;

  evaluated = module { inherit lib pkgs; config = base // { environment = (base.environment or { }) // { inherit (result.environment) etc; }; }; };
  others = if isFunction given then given { inherit lib pkgs; modulesPath = "/modules"; } else given;
  base = lib.recursiveUpdate (defaults evaluated.options) (removeAttrs (merge [ others ]) [ "imports" ]);
  result = merge [ { environment.etc = { }; } evaluated.config (removeAttrs others [ "imports" ]) ];
in
result
