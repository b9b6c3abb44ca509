#include "images/import_bfb.hpp"

#include "images/bfb_info.hpp"
#include "images/crc32.hpp"
#include "images/digest.hpp"
#include "images/one_pass.hpp"
#include "images/publish.hpp"
#include "images/recognize.hpp"
#include "images/unpack_kernel.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

namespace musterd::images {

namespace {

constexpr std::string_view kernel_path = "Image";
constexpr std::string_view initramfs_path = "initramfs";
constexpr std::string_view bundle_path = "bundle.bfb";
constexpr std::size_t most_argument_bytes = 64U << 10U;

/// What the import is going to do, found out before anything is copied.
struct Plan {
    std::string bundle;               ///< what the file is called in the image
    std::uint64_t bundle_length = 0;  ///< without what stands behind its last record
    BfbBootParts parts;
    std::vector<BfbRecord> records;
    Compression kernel_packed = Compression::none;
    std::vector<std::string> args;
    std::vector<std::string> notes;
};

base::Result<base::Bytes> head_of(const ByteSource& source, const BfbRecord& record) {
    return read_bytes(source, record.at, std::min<std::size_t>(record.length, recognize_bytes));
}

/// How the kernel is packed. One that unpacks itself (EFI zboot) is not: UEFI starts it as it is. Newer bundles have
/// LZMA, for which their own UEFI has a decoder, but not what it loads from the network.
base::Result<Compression> kernel_packing(const ByteSource& source, const BfbRecord& kernel) {
    const auto head = head_of(source, kernel);
    if (!head) return head.error();
    const auto recognized = recognize(*head);
    if (recognized.role == Role::kernel && recognized.arch == "arm64") return recognized.packed;
    return base::Error(
        fmt::format("its kernel ({}) is {}; looked for an arm64 Image, plain or in gzip, xz, lzma, zstd "
                    "or bzip2, or an EFI zboot kernel for arm64",
                    kernel.to_string(), recognized.format));
}

base::Result<void> check_initramfs(const ByteSource& source, const BfbRecord& initramfs) {
    const auto head = head_of(source, initramfs);
    if (!head) return head.error();
    const auto recognized = recognize(*head);
    if (recognized.role == Role::initrd) return {};
    return base::Error(
        fmt::format("its initramfs ({}) is {}; {}", initramfs.to_string(), recognized.format, what_is_recognized()));
}

base::Result<void> plan_arguments(const ByteSource& source, Plan& plan) {
    const auto& record = plan.parts.boot_args;
    if (!record) {
        plan.notes.emplace_back("no boot-args for BlueField-2 in it: the profile must name the consoles");
        return {};
    }
    if (record->length > most_argument_bytes) {
        return base::Error(fmt::format("its {} has {} bytes; at most {} are kernel arguments", record->to_string(),
                                       record->length, most_argument_bytes));
    }
    const auto text = read_bytes(source, record->at, record->length);
    if (!text) return text.error();
    auto args = bfb_arguments(base::as_text(*text));
    if (!args) return args.error();
    plan.args = std::move(*args);
    return {};
}

std::string bundle_name(const std::string& base_name) {
    const bool taken = base_name == kernel_path || base_name == initramfs_path;
    return is_path(base_name) && !taken ? base_name : std::string(bundle_path);
}

base::Result<Plan> make_plan(const ByteSource& source, const std::string& base_name) {
    const auto bfb = read_bfb(source);
    if (!bfb) return bfb.error();
    Plan plan;
    plan.bundle = bundle_name(base_name);
    plan.records = bfb->records;
    auto firmware = read_bfb_info(source, *bfb);
    if (!firmware)
        plan.notes.push_back(fmt::format("what firmware is in it is unknown: {}", firmware.error().message()));
    const auto parts = choose_boot_parts(*bfb, firmware ? *firmware : std::vector<Firmware>());
    if (!parts) return parts.error();
    plan.parts = *parts;
    const auto packing = kernel_packing(source, parts->kernel);
    if (!packing) return packing.error();
    plan.kernel_packed = *packing;
    if (const auto checked = check_initramfs(source, parts->initramfs); !checked) return checked.error();
    if (const auto planned = plan_arguments(source, plan); !planned) return planned.error();
    plan.bundle_length = bfb->trailer_at;
    // A bf.cfg has passwords in it, and an image is for every machine.
    if (bfb->trailer_length > 0) {
        plan.notes.push_back(
            fmt::format("{} bytes of configuration (bf.cfg) behind its images are left out: any machine "
                        "may fetch an image, and they may hold passwords",
                        bfb->trailer_length));
    }
    return plan;
}

/// Copies the bundle and unpacks of it what must be, and writes down the files of the image.
class Extraction {
public:
    Extraction(Spool& spool, const base::Fd& fd, const ByteSource& source, Meter& meter, Image& image)
        : spool_(spool), fd_(fd), source_(source), meter_(meter), image_(image) {}

    /// In one pass over the file: its copy, the CRC of every record, and the digests of `parts`, which are served out
    /// of the copy.
    base::Result<void> copy(const Plan& plan, const std::vector<std::pair<std::string_view, BfbRecord>>& parts) {
        OnePass pass;
        std::vector<Crc32> crcs(plan.records.size());
        for (std::size_t i = 0; i < crcs.size(); ++i) {
            const auto& record = plan.records[i];
            pass.add(record.at, record.padded(), [&crc = crcs[i]](auto bytes) { crc.update(bytes); });
        }
        std::vector<Sha256> digests(parts.size());
        for (std::size_t i = 0; i < digests.size(); ++i) {
            const auto& record = parts[i].second;
            pass.add(record.at, record.length, [&digest = digests[i]](auto bytes) { digest.update(bytes); });
        }
        if (const auto copied = copy_whole(plan, pass); !copied) return copied;
        for (std::size_t i = 0; i < crcs.size(); ++i) {
            if (const auto right = check_crc(plan.records[i], crcs[i].value()); !right) return right;
        }
        for (std::size_t i = 0; i < digests.size(); ++i) {
            const auto& [path, record] = parts[i];
            image_.files.push_back({std::string(path), record.length, digests[i].finish(), plan.bundle, record.at});
        }
        return {};
    }

    base::Result<void> unpack(std::string_view path, const BfbRecord& record, Compression compression) {
        meter_.begin(Progress::Step::reading, path);
        auto unpacked = unpack_kernel(spool_, source_, record.at, record.length, compression);
        meter_.add(record.length);
        return keep(path, std::move(unpacked));
    }

    SpooledFiles finish() { return std::move(spooled_); }

private:
    base::Result<void> copy_whole(const Plan& plan, OnePass& pass) {
        if (::lseek(fd_.get(), 0, SEEK_SET) < 0) return base::Error::from_errno("seek");
        meter_.begin(Progress::Step::reading, plan.bundle);
        auto copied = spool_.copy(fd_, plan.bundle_length, [&](base::ByteView piece) {
            pass.pass(piece);
            meter_.add(piece.size());
        });
        if (copied && copied->size != plan.bundle_length)
            return base::Error(fmt::format("{}: the file became shorter", plan.bundle));
        return keep(plan.bundle, std::move(copied));
    }

    base::Result<void> keep(std::string_view path, base::Result<Spool::File> file) {
        if (!file) return file.error();
        image_.files.push_back({std::string(path), file->size, file->sha256, {}, 0});
        spooled_.emplace(file->sha256, std::move(*file));
        return {};
    }

    Spool& spool_;
    const base::Fd& fd_;
    const ByteSource& source_;
    Meter& meter_;
    Image& image_;
    SpooledFiles spooled_;
};

base::Result<void> extract(const Plan& plan, Extraction& extraction) {
    const auto& [kernel, initramfs, boot_args] = plan.parts;
    const bool packed = plan.kernel_packed != Compression::none;
    std::vector<std::pair<std::string_view, BfbRecord>> parts{{initramfs_path, initramfs}};
    if (!packed) parts.emplace_back(kernel_path, kernel);
    const auto copied = extraction.copy(plan, parts);
    if (!copied || !packed) return copied;
    return extraction.unpack(kernel_path, kernel, plan.kernel_packed);
}

Image image_of(const ImportRequest& request, const Plan& plan) {
    auto image = image_for(request);
    image.kind = "bfb";
    image.arch = "arm64";
    image.kernel = kernel_path;
    image.initrds = {std::string(initramfs_path)};
    image.args.insert(image.args.begin(), plan.args.begin(), plan.args.end());
    return image;
}

std::uint64_t total_of(const Plan& plan) {
    return plan.bundle_length + (plan.kernel_packed == Compression::none ? 0 : plan.parts.kernel.length);
}

}  // namespace

base::Result<Imported> import_bfb(const Store& store, const ImportRequest& request, const SourceFile& file,
                                  const base::Fd& fd) {
    const auto size = file.stamp.size;
    const FileSource source(fd, size);
    const auto in_file = [&](const base::Error& error) {
        return base::Error(fmt::format("{}: {}", request.source.string(), error.message()), error.code());
    };
    const auto plan = make_plan(source, file.path);
    if (!plan) return in_file(plan.error());
    Meter meter(request.progress, total_of(*plan));
    auto spool = Spool::open(store.folder() / "spool");
    if (!spool) return spool.error();
    auto image = image_of(request, *plan);
    Extraction extraction(*spool, fd, source, meter, image);
    const auto extracted = extract(*plan, extraction);
    if (const auto same = check_unchanged(fd, file); !same) return same.error();
    if (!extracted) return in_file(extracted.error());
    auto imported = publish(store, *spool, extraction.finish(), std::move(image), meter);
    if (imported) imported->notes = plan->notes;
    return imported;
}

}  // namespace musterd::images
