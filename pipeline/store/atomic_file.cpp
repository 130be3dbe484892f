#include "pipeline/store/atomic_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace mien {
namespace {

/// Owns a descriptor until close() is asked for its verdict.
class File
{
public:
    File(const char *path, int flags, mode_t mode = 0)
        : m_descriptor(::open(path, flags | O_CLOEXEC, mode))
    {
    }
    explicit File(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    ~File()
    {
        if (m_descriptor >= 0)
            ::close(m_descriptor);
    }
    explicit operator bool() const { return m_descriptor >= 0; }
    int descriptor() const { return m_descriptor; }
    bool close()
    {
        const int descriptor = m_descriptor;
        m_descriptor = -1;
        return ::close(descriptor) == 0;
    }

private:
    int m_descriptor;
};

bool writeAll(int descriptor, std::span<const std::uint8_t> content)
{
    while (!content.empty()) {
        const ssize_t written = ::write(descriptor, content.data(), content.size());
        if (written < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        content = content.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

constexpr std::string_view temporarySuffix = ".tmp";

/// Which of our own streams goes to this file.
std::optional<int> streamOn(const struct stat &facts)
{
    for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
        struct stat own
        {
        };
        if (::fstat(stream, &own) == 0 && own.st_dev == facts.st_dev && own.st_ino == facts.st_ino)
            return stream;
    }
    return std::nullopt;
}

/// Also where a link points to nothing yet.
Result<std::filesystem::path> behindLinks(std::filesystem::path path)
{
    std::error_code error;
    for (int links = 0; std::filesystem::is_symlink(path, error); ++links) {
        if (links == 40)
            return fail(systemError(ELOOP, path, "could not be written"));
        path = path.parent_path() / std::filesystem::read_symlink(path, error); // an absolute one replaces the parent
        if (error)
            return fail(systemError(error.value(), path, "could not be written"));
    }
    return path;
}

} // namespace

Error systemError(int errorNumber, const std::filesystem::path &path, std::string_view what)
{
    const std::string start = path.string() + " " + std::string(what) + ": ";
    switch (errorNumber) {
    case ENOSPC: return {ErrorCode::NoSpace, start + "the disk is full. Free some space and try again."};
    case EDQUOT: return {ErrorCode::NoSpace, start + "your disk quota is used up. Free some space and try again."};
    case ENOENT:
        return {ErrorCode::NotFound,
                start + "there is no such file or folder. Check the name, and that its drive is there."};
    case EACCES:
    case EPERM:
        return {ErrorCode::Unreadable, start + "you do not have the right to. Check the owner and the permissions."};
    case EROFS: return {ErrorCode::Unreadable, start + "the file system is read-only."};
    default: return {ErrorCode::Unreadable, start + std::strerror(errorNumber) + "."};
    }
}

Result<> syncFolder(const std::filesystem::path &folder)
{
    File file(folder.c_str(), O_RDONLY | O_DIRECTORY);
    if (!file)
        return fail(systemError(errno, folder, "could not be opened"));
    // Some file systems cannot sync a folder; they order renames themselves.
    if (::fsync(file.descriptor()) != 0 && errno != EINVAL && errno != ENOSYS)
        return fail(systemError(errno, folder, "could not be synced"));
    return {};
}

Result<std::filesystem::path> writeFileBeside(const std::filesystem::path &path, std::span<const std::uint8_t> content)
{
    const std::filesystem::path temporary =
        path.parent_path() /
        ("." + path.filename().string() + "." + std::to_string(::getpid()) + std::string(temporarySuffix));
    File file(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (!file)
        return fail(systemError(errno, path, "could not be written"));
    if (!writeAll(file.descriptor(), content) || ::fsync(file.descriptor()) != 0 || !file.close()) {
        const int errorNumber = errno;
        ::unlink(temporary.c_str());
        return fail(systemError(errorNumber, path, "could not be written"));
    }
    return temporary;
}

Result<> writeFileAtomically(const std::filesystem::path &path, std::span<const std::uint8_t> content)
{
    const auto temporary = writeFileBeside(path, content);
    if (!temporary)
        return fail(temporary.error());
    if (::rename(temporary->c_str(), path.c_str()) != 0) {
        const int errorNumber = errno;
        ::unlink(temporary->c_str());
        return fail(systemError(errorNumber, path, "could not be written"));
    }
    return syncFolder(path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path());
}

Result<> writeFileAtomically(const std::filesystem::path &path, std::string_view content)
{
    return writeFileAtomically(path, std::span(reinterpret_cast<const std::uint8_t *>(content.data()), content.size()));
}

bool isWrittenInto(const std::filesystem::path &path)
{
    struct stat facts
    {
    };
    if (::stat(path.c_str(), &facts) != 0 || S_ISDIR(facts.st_mode))
        return false;
    return !S_ISREG(facts.st_mode) || streamOn(facts);
}

Result<> writeOutput(const std::filesystem::path &path, std::string_view content)
{
    if (!isWrittenInto(path)) {
        const auto target = behindLinks(path);
        return target ? writeFileAtomically(*target, content) : fail(target.error());
    }
    struct stat facts
    {
    };
    const std::optional<int> stream = ::stat(path.c_str(), &facts) == 0 ? streamOn(facts) : std::nullopt;
    // A file that a stream of ours goes to already is written at the place where that stream stands.
    File file(stream ? ::fcntl(*stream, F_DUPFD_CLOEXEC, 0) : ::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file)
        return fail(systemError(errno, path, "could not be opened"));
    const auto bytes = std::span(reinterpret_cast<const std::uint8_t *>(content.data()), content.size());
    if (!writeAll(file.descriptor(), bytes) || !file.close())
        return fail(systemError(errno, path, "could not be written"));
    return {};
}

Result<std::string> readFile(const std::filesystem::path &path)
{
    File file(path.c_str(), O_RDONLY);
    if (!file)
        return fail(systemError(errno, path, "could not be opened"));
    std::string content;
    struct stat status
    {
    };
    if (::fstat(file.descriptor(), &status) == 0 && status.st_size > 0)
        content.reserve(static_cast<std::size_t>(status.st_size));
    char buffer[65536];
    while (true) {
        const ssize_t got = ::read(file.descriptor(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(systemError(errno, path, "could not be read"));
        if (got == 0)
            return content;
        content.append(buffer, static_cast<std::size_t>(got));
    }
}

bool isTemporaryName(const std::filesystem::path &path)
{
    const std::string name = path.filename().string();
    return name.size() > temporarySuffix.size() && name.front() == '.' && name.ends_with(temporarySuffix);
}

} // namespace mien
