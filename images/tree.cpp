#include "images/tree.hpp"

#include "images/kind.hpp"
#include "images/publish.hpp"

#include <algorithm>

namespace musterd::images {

namespace {

/// A link to a file that is in the folder too is not a second kernel.
bool only_another_name(const SourceFolder& source, const SourceFile& file) {
    return source.links.contains(file.path) &&
           std::any_of(source.files.begin(), source.files.end(), [&](const SourceFile& other) {
               return other.stamp.identity == file.stamp.identity && !source.links.contains(other.path);
           });
}

base::Result<Roles> choose_roles_of(const SourceFolder& source) {
    std::vector<Candidate> candidates;
    for (const auto& file : source.files) {
        if (only_another_name(source, file)) continue;
        const auto fd = open_source(file);
        if (!fd) return fd.error();
        const auto head = read_source_head(*fd, file, recognize_bytes);
        if (!head) return head.error();
        candidates.push_back({file.path, recognize(*head)});
    }
    return choose_roles(candidates);
}

}  // namespace

base::Result<RecognizedTree> recognize_tree(const SourceFolder& source, const ImportRequest& request) {
    const auto roles = choose_roles_of(source);
    if (!roles) return roles.error();
    RecognizedTree tree{image_for(request), roles->kernel_packed, source.notes};
    tree.image.arch = roles->arch;
    tree.image.kernel = roles->kernel;
    tree.image.initrds = roles->initrds;
    tree.image.root = roles->root;
    if (const auto known = add_kind(source, tree.image, tree.notes); !known) return known.error();
    tree.notes.insert(tree.notes.end(), roles->notes.begin(), roles->notes.end());
    return tree;
}

}  // namespace musterd::images
