#pragma once

#include "images/fetch.hpp"
#include "images/image.hpp"
#include "images/store.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace musterd::images {

struct ImportRequest {
    std::filesystem::path source;   ///< a folder or a file (or a link to one), or an http(s) URL
    std::string name;               ///< what the image is to be called
    std::vector<std::string> args;  ///< kernel arguments that belong to the image, as NixOS's init=
    base::Time time;                ///< written down as the time of import
    ProgressCallback progress;      ///< may be empty
    std::string sha256;             ///< what the file must have, 64 hex digits; empty: anything
    FetchPatience patience;         ///< with the server of a URL
    bool as_disk = false;           ///< an ISO is to be a RAM disk as a whole, whatever it could boot out of it
};

struct Imported {
    Image image;
    bool unchanged = false;          ///< the name led to the same content already; nothing was written
    std::vector<std::string> notes;  ///< what was left out or looks odd, a line each
};

/// Imports what `source` is found to be: a folder, or a file that is recognised by its content (a tar archive, an ISO,
/// a BFB, a disk image, a kernel, an EFI program), here or at a URL. What is fetched from one stays in the store's
/// folder until it is imported, or refused for what is in it. Blocks and errors as import_folder(); a file that is not
/// recognised is refused with what was looked for.
base::Result<Imported> import_source(const Store& store, const ImportRequest& request);

/// Copies a folder's files into the store and points `name` at them. Blocks for as long as the copying takes: call it
/// from a thread that may. Either the name leads to the whole new image afterwards, or everything is as before.
/// Errors: no kernel or several, a source that changes while it is read, no space, names and paths that are not valid.
base::Result<Imported> import_folder(const Store& store, const ImportRequest& request);

}  // namespace musterd::images
