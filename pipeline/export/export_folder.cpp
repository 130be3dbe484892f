#include "pipeline/export/export_folder.h"

#include "pipeline/export/export_rows.h"
#include "pipeline/import/byte_stream.h"
#include "pipeline/import/code_tables.h"
#include "pipeline/import/file_tree.h"
#include "pipeline/import/pixel_hash.h"
#include "pipeline/import/text_form.h"
#include "pipeline/store/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <thread>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mien {

namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> cannotWrite(const fs::path &path, int reason)
{
    const bool isFull = reason == ENOSPC || reason == EDQUOT;
    return fail(isFull ? ErrorCode::NoSpace : ErrorCode::Unreadable,
                shown(path) + " cannot be written: " + std::strerror(reason) +
                    (isFull ? ". Nothing was exported; free some space and run it again." : "."));
}

/// Everything below `folder` is on the disk afterwards. One syncfs() takes a third of the time of an fsync() for each
/// file, but it waits for what other programs write as well and cannot be interrupted: a child does it, which a stopped
/// export leaves to itself.
Result<> syncTree(const fs::path &folder, const Job &job)
{
    const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return cannotWrite(folder, errno);
    const pid_t child = fork();
    if (child == 0) { // it may outlive us: nothing but the folder stays open
        if (descriptor > 0)
            close_range(0, unsigned(descriptor) - 1, 0);
        close_range(unsigned(descriptor) + 1, ~0U, 0);
        _exit(syncfs(descriptor) == 0 ? 0 : errno);
    }
    const int reason = errno;
    close(descriptor);
    if (child < 0)
        return cannotWrite(folder, reason);
    for (int status = 0;;) {
        const pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended < 0 && errno != EINTR)
            return cannotWrite(folder, errno);
        if (ended == child && WIFEXITED(status))
            return WEXITSTATUS(status) == 0 ? Result<>() : cannotWrite(folder, WEXITSTATUS(status));
        if (ended == child)
            return cannotWrite(folder, EIO);
        if (job.stop.stop_requested())
            return exportStopped();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

/// Beside the target; host and pid tell whose it is.
std::string scratchPrefix(const fs::path &target)
{
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    return '.' + target.filename().native() + ".tmp-" + host + '-';
}

/// What exports to the same place left behind when they were killed.
void removeAbandoned(const fs::path &target)
{
    const std::string prefix = scratchPrefix(target);
    std::error_code error;
    for (const auto &entry : fs::directory_iterator(target.parent_path(), error)) {
        const std::string name = entry.path().filename().native();
        const long pid = name.starts_with(prefix) ? std::strtol(name.c_str() + prefix.size(), nullptr, 10) : 0;
        if (pid > 0 && kill(pid_t(pid), 0) != 0 && errno == ESRCH)
            fs::remove_all(entry.path(), error);
    }
}

/// Removes what an export that ends without a result has written. Beside programs that write a lot, thousands of files
/// take seconds to go: a child does it, and whoever stopped the export does not wait for its end. A child that is
/// killed leaves what removeAbandoned() finds.
void clearAway(const fs::path &target, const fs::path &scratch)
{
    constexpr auto longest = std::chrono::milliseconds(300);
    const std::string prefix = scratchPrefix(target);
    const pid_t child = fork();
    std::error_code error;
    if (child < 0) {
        fs::remove_all(scratch, error);
        return;
    }
    if (child == 0) {
        close_range(0, ~0U, 0); // the project's lease and what others read from us end with the parent
        const fs::path own = target.parent_path() / (prefix + std::to_string(getpid()));
        fs::rename(scratch, own, error); // by our number it is not abandoned
        fs::remove_all(error ? scratch : own, error);
        _exit(0);
    }
    const auto until = std::chrono::steady_clock::now() + longest;
    while (waitpid(child, nullptr, WNOHANG) == 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

} // namespace

tl::unexpected<Error> exportStopped()
{
    return fail(ErrorCode::Cancelled, "The export was stopped; nothing was written.");
}

Result<ExportFolder> ExportFolder::begin(const fs::path &out)
{
    std::error_code error;
    const fs::path place = fs::absolute(out, error).lexically_normal();
    const fs::path named = place.filename().empty() ? place.parent_path() : place;
    // A link to an empty folder stays a link.
    const fs::path target =
        fs::is_symlink(named, error) && fs::is_directory(named, error) ? fs::canonical(named, error) : named;
    if (fs::exists(fs::symlink_status(target, error)) &&
        !(fs::is_directory(target, error) && fs::is_empty(target, error)))
        return fail(ErrorCode::Conflict, shown(target) + " exists already; an export goes into a new folder.");
    removeAbandoned(target);
    const fs::path scratch = target.parent_path() / (scratchPrefix(target) + std::to_string(getpid()));
    fs::remove_all(scratch, error);
    if (!fs::create_directories(scratch, error))
        return cannotWrite(scratch, error ? error.value() : EEXIST);
    return ExportFolder(target, scratch);
}

ExportFolder::ExportFolder(ExportFolder &&other) noexcept
    : m_out(std::move(other.m_out))
    , m_scratch(std::exchange(other.m_scratch, {}))
    , m_files(std::move(other.m_files))
    , m_names(std::move(other.m_names))
{
}

ExportFolder::~ExportFolder()
{
    if (!m_scratch.empty())
        clearAway(m_out, m_scratch);
}

Result<> ExportFolder::write(const std::string &relative, std::string_view text)
{
    return write(relative, std::span(reinterpret_cast<const std::uint8_t *>(text.data()), text.size()));
}

Result<> ExportFolder::write(const std::string &relative, std::span<const std::uint8_t> bytes)
{
    const fs::path path = m_scratch / relative;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return cannotWrite(path, errno);
    for (std::size_t written = 0; written < bytes.size();) {
        const ssize_t count = ::write(descriptor, bytes.data() + written, bytes.size() - written);
        if (count < 0 && errno != EINTR) {
            const int reason = errno;
            close(descriptor);
            return cannotWrite(path, reason);
        }
        written += std::size_t(std::max<ssize_t>(0, count));
    }
    if (close(descriptor) != 0)
        return cannotWrite(path, errno);
    m_files.push_back({relative, std::int64_t(bytes.size()), bytesHash(bytes)});
    return {};
}

Result<> ExportFolder::place(const std::string &relative, const fs::path &file, MediaPolicy policy)
{
    const auto bytes = wholeFile(file);
    if (!bytes)
        return fail(bytes.error());
    if (policy == MediaPolicy::Copy)
        return write(relative, *bytes);
    const fs::path path = m_scratch / relative;
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    error.clear();
    if (policy == MediaPolicy::SymLink)
        fs::create_symlink(fs::absolute(file), path, error);
    else
        fs::create_hard_link(file, path, error);
    if (error && policy == MediaPolicy::HardLink)
        return write(relative, *bytes); // another file system
    if (error)
        return cannotWrite(path, error.value());
    m_files.push_back({relative, std::int64_t(bytes->size()), bytesHash(*bytes)});
    return {};
}

std::string ExportFolder::freeName(const std::string &folder, const std::string &stem, const std::string &extension)
{
    const std::string prefix = folder.empty() ? "" : folder + '/';
    for (int number = 1;; ++number) {
        const std::string name = prefix + stem + (number == 1 ? "" : "-" + std::to_string(number)) +
                                 (extension.empty() ? "" : "." + extension);
        if (m_names.insert(lowered(name)).second)
            return name;
    }
}

std::int64_t ExportFolder::bytes() const
{
    return std::accumulate(m_files.begin(), m_files.end(), std::int64_t(0),
                           [](std::int64_t sum, const File &file) { return sum + file.bytes; });
}

Result<> ExportFolder::finish(const Job &job)
{
    std::string checksums = "file,bytes,xxh128\n";
    for (const File &file : m_files)
        checksums += csvCell(file.path) + ',' + std::to_string(file.bytes) + ',' + hexOf(file.hash) + '\n';
    if (const auto written = write("checksums.csv", checksums); !written)
        return written;
    if (const auto synced = syncTree(m_scratch, job); !synced)
        return synced;
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        if (job.stop.stop_requested())
            return exportStopped();
        const auto bytes = wholeFile(m_scratch / m_files[i].path);
        if (!bytes)
            return fail(bytes.error());
        if (std::int64_t(bytes->size()) != m_files[i].bytes || bytesHash(*bytes) != m_files[i].hash)
            return fail(ErrorCode::Unreadable,
                        "The file " + m_files[i].path +
                            " read back differs from what was written; the disk may be failing. Nothing was exported.");
    }
    std::error_code error;
    fs::remove(m_out, error); // an empty folder
    fs::rename(m_scratch, m_out, error);
    if (error)
        return cannotWrite(m_out, error.value());
    m_scratch.clear();
    return syncFolder(m_out.parent_path());
}

std::string safeName(std::string_view text)
{
    std::string name;
    for (char c : text.substr(0, 400)) {
        const bool isPlain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                             c == '_' || c == '.';
        name += isPlain ? c : '_';
    }
    if (name.size() > 120) // the end tells names apart
        name = name.substr(name.size() - 120);
    while (!name.empty() && (name.front() == '.' || name.front() == '-'))
        name.erase(0, 1);
    return name.empty() ? "sample" : name;
}

std::string classFolderName(std::string_view className)
{
    const auto coded = [](char c) {
        static constexpr std::string_view digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        return std::string{'%', digits[byte >> 4], digits[byte & 15]};
    };
    const bool isSomethingElse = className.empty() || className.front() == '.' || className.front() == '_' ||
                                 className.front() == '-' || className.front() == ' ' || splitMeantBy(className);
    std::string name;
    for (std::size_t i = 0; i < className.size(); ++i) {
        const char c = className[i];
        const bool isControl = static_cast<unsigned char>(c) < 32 || c == 127;
        const bool isLastBlank = i + 1 == className.size() && (c == ' ' || c == '.');
        const bool isForbidden = std::string_view("/\\:*?\"<>|%").find(c) != std::string_view::npos;
        name += isControl || isForbidden || isLastBlank || (i == 0 && isSomethingElse) ? coded(c) : std::string(1, c);
    }
    return name;
}

std::string stemOf(const ExportRow &row)
{
    std::string key = row.origin.sourceKey;
    if (hasPictureExtension(key))
        key.resize(key.rfind('.'));
    return safeName(row.origin.importer + "__" + key);
}

Result<std::string> placePicture(ExportFolder &folder, const std::string &subfolder, const ExportRow &row,
                                 const SamplePixels &pixels, MediaPolicy policy)
{
    const bool isWholeFile = !row.sample.crop && row.origin.mediaKind == "image" && !row.origin.box;
    if (isWholeFile) {
        const std::string name = folder.freeName(subfolder, stemOf(row), extensionOf(row.origin.mediaPath.native()));
        if (const auto placed = folder.place(name, row.origin.mediaPath, policy); !placed)
            return fail(placed.error());
        return name;
    }
    const auto picture = pixels.read(row.sample.crop, row.origin);
    if (!picture)
        return fail(picture.error());
    const std::string name = folder.freeName(subfolder, stemOf(row), "png");
    if (const auto written = folder.write(name, pixels.codec().encodePng(*picture)); !written)
        return fail(written.error());
    return name;
}

} // namespace mien
