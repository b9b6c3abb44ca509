#include "images/import_iso.hpp"

#include "images/byte_source.hpp"
#include "images/digest.hpp"
#include "images/one_pass.hpp"
#include "images/publish.hpp"
#include "images/ubuntu_iso.hpp"
#include "images/unpack_kernel.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace musterd::images {

namespace {

/// What the import is going to do, found out before anything is copied.
struct Plan {
    std::string whole;  ///< what the ISO is called in the image
    BootableIso boot;
    std::vector<IsoFile> parts;  ///< what is served out of it
    IsoFile packed_kernel;       ///< if boot.kernel_packed
    std::vector<std::string> notes;
};

/// Casper's `url=` must end in ".iso". The kernel and the initrd have their names already.
std::string name_of_whole(const std::string& base_name, const BootableIso& boot) {
    for (const auto& name : {base_name, std::string("image.iso"), std::string("whole.iso")}) {
        const auto& initrds = boot.initrds;
        const bool taken = name == boot.kernel || std::find(initrds.begin(), initrds.end(), name) != initrds.end();
        if (!taken && is_path(name) && name.ends_with(".iso")) return name;
    }
    return "the.iso";
}

base::Result<Plan> make_plan(const SourceFile& file, const base::Fd& fd) {
    const FileSource source(fd, file.stamp.size);
    const auto index = read_iso_index(source);
    if (!index) return index.error();
    if (index->volume_size > file.stamp.size) {
        return base::Error(fmt::format("it is cut short: it should have {} bytes and has {}; fetch it again",
                                       index->volume_size, file.stamp.size));
    }
    auto boot = bootable_iso(*index, head_reader(source));
    if (!boot) return boot.error();
    Plan plan{name_of_whole(file.path, *boot), std::move(*boot), {}, {}, index->notes};
    if (plan.boot.kernel_packed) {
        plan.packed_kernel = *index->file(plan.boot.kernel);
    } else {
        plan.parts.push_back(*index->file(plan.boot.kernel));
    }
    for (const auto* paths : {&plan.boot.initrds, &plan.boot.layers}) {
        for (const auto& path : *paths) {
            const auto& part = *index->file(path);
            if (part.problem.empty()) plan.parts.push_back(part);
        }
    }
    return plan;
}

IsoExtent place_of(const IsoFile& file) {
    return file.extents.empty() ? IsoExtent{} : file.extents.front();
}

class Copying {
public:
    Copying(Spool& spool, const SourceFile& file, const base::Fd& fd, Meter& meter, Image& image)
        : spool_(spool), file_(file), fd_(fd), source_(fd, file.stamp.size), meter_(meter), image_(image) {}

    /// A part needs no copy, only its digest, and that is made in the one pass over the whole.
    base::Result<void> whole(const std::string& path, const std::vector<IsoFile>& parts) {
        if (::lseek(fd_.get(), 0, SEEK_SET) < 0) return base::Error::from_errno("seek");
        OnePass pass;
        std::vector<Sha256> digests(parts.size());
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto place = place_of(parts[i]);
            pass.add(place.offset, place.length, [&digest = digests[i]](auto bytes) { digest.update(bytes); });
        }
        meter_.begin(Progress::Step::reading, path);
        auto copied = spool_.copy(fd_, file_.stamp.size, [&](base::ByteView piece) {
            pass.pass(piece);
            meter_.add(piece.size());
        });
        if (copied && copied->size != file_.stamp.size) return changed(file_);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const auto& part = parts[i];
            image_.files.push_back({part.path, part.size, digests[i].finish(), path, place_of(part).offset});
        }
        return keep(path, std::move(copied));
    }

    base::Result<void> unpack(const IsoFile& kernel) {
        meter_.begin(Progress::Step::reading, kernel.path);
        const auto place = place_of(kernel);
        const auto head = read_bytes(source_, place.offset, std::min<std::uint64_t>(place.length, 64));
        if (!head) return head.error();
        auto unpacked = unpack_kernel(spool_, source_, place.offset, place.length, compression_of(*head));
        meter_.add(place.length);
        return keep(kernel.path, std::move(unpacked));
    }

    SpooledFiles finish() { return std::move(spooled_); }

private:
    base::Result<void> keep(const std::string& path, base::Result<Spool::File> file) {
        if (!file) return file.error();
        image_.files.push_back({path, file->size, file->sha256, {}, 0});
        spooled_.emplace(file->sha256, std::move(*file));
        return {};
    }

    Spool& spool_;
    const SourceFile& file_;
    const base::Fd& fd_;
    FileSource source_;
    Meter& meter_;
    Image& image_;
    SpooledFiles spooled_;
};

base::Result<void> copy_all(const Plan& plan, Copying& copying) {
    const auto whole = copying.whole(plan.whole, plan.parts);
    if (!whole || !plan.boot.kernel_packed) return whole;
    return copying.unpack(plan.packed_kernel);
}

Image image_of(const ImportRequest& request, const Plan& plan) {
    const auto& boot = plan.boot;
    auto image = image_for(request);
    image.kind = boot.kind;
    image.arch = boot.arch;
    image.kernel = boot.kernel;
    image.initrds = boot.initrds;
    if (!boot.layers.empty()) image.root = plan.whole;  // casper fetches the ISO, not a layer
    return image;
}

std::uint64_t total_of(const Plan& plan, const SourceFile& file) {
    return file.stamp.size + plan.packed_kernel.size;
}

}  // namespace

bool is_iso(base::ByteView head) {
    constexpr std::size_t standard_identifier = 16 * 2048 + 1;  // ECMA-119 8.1.2, ECMA-167 2/9.1.2
    const auto found = base::as_text(head).substr(std::min(head.size(), standard_identifier)).substr(0, 5);
    return found == "CD001" || found == "BEA01";
}

base::Result<Imported> import_iso(const Store& store, const ImportRequest& request, const SourceFile& file,
                                  const base::Fd& fd) {
    const auto in_file = [&](const base::Error& error) {
        return base::Error(fmt::format("{}: {}", request.source.string(), error.message()), error.code());
    };
    const auto plan = make_plan(file, fd);
    if (!plan) return in_file(plan.error());
    auto spool = Spool::open(store.folder() / "spool");
    if (!spool) return spool.error();
    Meter meter(request.progress, total_of(*plan, file));
    auto image = image_of(request, *plan);
    Copying copying(*spool, file, fd, meter, image);
    const auto copied = copy_all(*plan, copying);
    if (const auto same = check_unchanged(fd, file); !same) return same.error();
    if (!copied) return in_file(copied.error());
    auto imported = publish(store, *spool, copying.finish(), std::move(image), meter);
    if (imported) imported->notes = plan->notes;
    return imported;
}

}  // namespace musterd::images
