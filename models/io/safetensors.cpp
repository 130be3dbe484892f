#include "models/io/safetensors.h"

#include "models/io/safetensors_header.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <tuple>

#include <fcntl.h>
#include <unistd.h>

namespace mien {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian");

namespace {

constexpr std::uint64_t kMaxHeader = 100'000'000;

tl::unexpected<Error> invalid(const std::filesystem::path &path, const std::string &reason)
{
    return fail(ErrorCode::Invalid, path.string() + " is not a usable safetensors file: " + reason + ".");
}

/// A file descriptor that closes itself.
class OutFile
{
public:
    explicit OutFile(const std::filesystem::path &path)
        : m_descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666))
    {
    }
    ~OutFile() { close(); }
    OutFile(const OutFile &) = delete;
    OutFile &operator=(const OutFile &) = delete;

    bool isOpen() const { return m_descriptor >= 0; }

    bool write(const void *data, std::size_t size)
    {
        const char *at = static_cast<const char *>(data);
        while (size > 0) {
            const ssize_t written = ::write(m_descriptor, at, std::min<std::size_t>(size, 1u << 30));
            if (written < 0) {
                if (errno == EINTR)
                    continue;
                return false;
            }
            at += written;
            size -= std::size_t(written);
        }
        return true;
    }

    bool sync() { return ::fsync(m_descriptor) == 0; }

    bool close()
    {
        const int descriptor = std::exchange(m_descriptor, -1);
        return descriptor < 0 || ::close(descriptor) == 0;
    }

private:
    int m_descriptor;
};

void syncFolder(const std::filesystem::path &folder)
{
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0)
        return; // some file systems cannot; the rename itself is already done
    ::fsync(descriptor);
    ::close(descriptor);
}

tl::unexpected<Error> writeFailure(const std::filesystem::path &path, int error)
{
    return fail(error == ENOSPC || error == EDQUOT ? ErrorCode::NoSpace : ErrorCode::Unreadable,
                "Cannot write " + path.string() + ": " + std::generic_category().message(error) + ".");
}

} // namespace

std::size_t byteSize(DType dtype)
{
    switch (dtype) {
    case DType::Bool:
    case DType::U8: return 1;
    case DType::F16:
    case DType::BF16: return 2;
    case DType::I32:
    case DType::F32: return 4;
    case DType::I64:
    case DType::F64: return 8;
    }
    return 0;
}

std::string_view name(DType dtype)
{
    switch (dtype) {
    case DType::Bool: return "BOOL";
    case DType::U8: return "U8";
    case DType::I32: return "I32";
    case DType::I64: return "I64";
    case DType::F16: return "F16";
    case DType::BF16: return "BF16";
    case DType::F32: return "F32";
    case DType::F64: return "F64";
    }
    return "";
}

std::int64_t TensorView::count() const
{
    return std::int64_t(bytes.size() / byteSize(dtype));
}

namespace {

struct OpenedFile
{
    std::ifstream stream; ///< At the first byte of the tensors.
    SafetensorsHeader header;
    std::uint64_t dataSize = 0;
};

Result<OpenedFile> openedAfterHeader(const std::filesystem::path &path)
{
    std::error_code error;
    if (!std::filesystem::exists(path, error))
        return fail(ErrorCode::NotFound, "There is no file " + path.string() + ".");
    const std::uint64_t fileSize = std::filesystem::file_size(path, error);
    OpenedFile file{.stream = std::ifstream(path, std::ios::binary)};
    if (error || !file.stream)
        return fail(ErrorCode::Unreadable, "Cannot read " + path.string() + ".");

    std::uint64_t headerSize = 0;
    if (fileSize < 8 || !file.stream.read(reinterpret_cast<char *>(&headerSize), 8))
        return invalid(path, "it is shorter than 8 bytes");
    if (headerSize > kMaxHeader)
        return invalid(path, "its header is larger than 100 MB, or it is no safetensors file");
    if (headerSize > fileSize - 8)
        return invalid(path, "its header is cut off");
    file.dataSize = fileSize - 8 - headerSize;

    auto text = std::make_unique_for_overwrite<char[]>(headerSize);
    if (!file.stream.read(text.get(), std::streamsize(headerSize)))
        return fail(ErrorCode::Unreadable, "Cannot read " + path.string() + ".");
    auto header = parseSafetensorsHeader(std::string_view(text.get(), headerSize), file.dataSize);
    if (!header)
        return invalid(path, header.error().message);
    file.header = std::move(*header);
    return file;
}

} // namespace

Result<> checkSafetensors(const std::filesystem::path &path)
{
    const auto file = openedAfterHeader(path);
    return file ? Result<>() : fail(file.error());
}

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path &path)
{
    auto file = openedAfterHeader(path);
    if (!file)
        return fail(file.error());
    std::shared_ptr<std::byte[]> data = std::make_unique_for_overwrite<std::byte[]>(file->dataSize);
    if (file->dataSize > 0 && !file->stream.read(reinterpret_cast<char *>(data.get()), std::streamsize(file->dataSize)))
        return fail(ErrorCode::Unreadable, "Cannot read " + path.string() + ".");

    SafetensorsFile result;
    result.m_path = path;
    result.m_metadata = std::move(file->header.metadata);
    result.m_tensors.reserve(file->header.entries.size());
    for (auto &entry : file->header.entries)
        result.m_tensors.push_back({std::move(entry.name),
                                    entry.dtype,
                                    std::move(entry.shape),
                                    {data.get() + entry.begin, std::size_t(entry.end - entry.begin)}});
    result.m_data = std::move(data);
    return result;
}

const TensorView *SafetensorsFile::find(std::string_view tensorName) const
{
    const auto at = std::lower_bound(m_tensors.begin(), m_tensors.end(), tensorName,
                                     [](const TensorView &tensor, std::string_view key) { return tensor.name < key; });
    return at != m_tensors.end() && at->name == tensorName ? &*at : nullptr;
}

void SafetensorsWriter::add(TensorView tensor, std::shared_ptr<const void> keepAlive)
{
    m_entries.push_back({std::move(tensor), std::move(keepAlive)});
}

void SafetensorsWriter::setMetadata(std::string key, std::string value)
{
    m_metadata.insert_or_assign(std::move(key), std::move(value));
}

Result<> SafetensorsWriter::write(const std::filesystem::path &path) const
{
    // Widest elements first, so that each tensor starts aligned; then by name, so that equal contents give equal bytes.
    std::vector<const Entry *> order;
    for (const Entry &entry : m_entries)
        order.push_back(&entry);
    std::sort(order.begin(), order.end(), [](const Entry *a, const Entry *b) {
        return std::tuple(byteSize(b->tensor.dtype), a->tensor.name) <
               std::tuple(byteSize(a->tensor.dtype), b->tensor.name);
    });

    nlohmann::json header = nlohmann::json::object();
    if (!m_metadata.empty())
        header["__metadata__"] = m_metadata;
    std::uint64_t at = 0;
    for (const Entry *entry : order) {
        const TensorView &tensor = entry->tensor;
        std::uint64_t size = byteSize(tensor.dtype);
        for (const std::int64_t side : tensor.shape)
            size *= std::uint64_t(side);
        if (size != tensor.bytes.size() || tensor.name == "__metadata__" || header.contains(tensor.name))
            return fail(ErrorCode::Invalid, "Cannot write " + path.string() + ": tensor \"" + tensor.name +
                                                "\" occurs twice or does not fit its shape.");
        header[tensor.name] = {
            {"dtype", name(tensor.dtype)}, {"shape", tensor.shape}, {"data_offsets", {at, at + size}}};
        at += size;
    }
    std::string text = header.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t headerSize = text.size();

    std::filesystem::path temporary = path;
    temporary += ".part" + std::to_string(::getpid());
    const auto abandon = [&](int error) {
        std::error_code ignored;
        std::filesystem::remove(temporary, ignored);
        return writeFailure(path, error);
    };
    OutFile file(temporary);
    if (!file.isOpen())
        return writeFailure(path, errno);
    if (!file.write(&headerSize, 8) || !file.write(text.data(), text.size()))
        return abandon(errno);
    for (const Entry *entry : order)
        if (!file.write(entry->tensor.bytes.data(), entry->tensor.bytes.size()))
            return abandon(errno);
    if (!file.sync() || !file.close())
        return abandon(errno);
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error)
        return abandon(error.value());
    syncFolder(path.parent_path());
    return {};
}

} // namespace mien
