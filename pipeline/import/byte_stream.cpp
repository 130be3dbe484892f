#include "pipeline/import/byte_stream.h"

#include "pipeline/import/file_facts.h"
#include "pipeline/import/text_form.h"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace mien {

namespace {

class PlainStream : public ByteStream
{
public:
    PlainStream(int descriptor, std::filesystem::path path) : m_descriptor(descriptor), m_path(std::move(path)) {}
    ~PlainStream() override { close(m_descriptor); }
    PlainStream(const PlainStream &) = delete;
    PlainStream &operator=(const PlainStream &) = delete;

    Result<std::size_t> read(std::span<char> into) override
    {
        for (;;) {
            const ssize_t count = ::read(m_descriptor, into.data(), into.size());
            if (count >= 0) {
                m_consumed += count;
                return std::size_t(count);
            }
            if (errno != EINTR)
                return fail(ErrorCode::Unreadable, shown(m_path) + " cannot be read on: " + std::strerror(errno) + ".");
        }
    }
    std::int64_t consumed() const override { return m_consumed; }

private:
    int m_descriptor;
    std::filesystem::path m_path;
    std::int64_t m_consumed = 0;
};

class XzStream : public ByteStream
{
public:
    XzStream(std::unique_ptr<ByteStream> packed, std::filesystem::path path)
        : m_packed(std::move(packed)), m_path(std::move(path)), m_buffer(256 * 1024)
    {
        constexpr std::uint64_t memoryLimit = 512ull << 20;
        m_ready = lzma_stream_decoder(&m_stream, memoryLimit, LZMA_CONCATENATED) == LZMA_OK;
    }
    ~XzStream() override { lzma_end(&m_stream); }
    XzStream(const XzStream &) = delete;
    XzStream &operator=(const XzStream &) = delete;

    Result<std::size_t> read(std::span<char> into) override
    {
        if (!m_ready)
            return fail(ErrorCode::Internal, "There is not enough memory to unpack " + shown(m_path) + ".");
        m_stream.next_out = reinterpret_cast<std::uint8_t *>(into.data());
        m_stream.avail_out = into.size();
        while (!m_done && m_stream.avail_out == into.size()) {
            if (m_stream.avail_in == 0 && !m_atEnd) {
                const auto count = m_packed->read(m_buffer);
                if (!count)
                    return count;
                m_stream.next_in = reinterpret_cast<const std::uint8_t *>(m_buffer.data());
                m_stream.avail_in = *count;
                m_atEnd = *count == 0;
            }
            const lzma_ret state = lzma_code(&m_stream, m_atEnd ? LZMA_FINISH : LZMA_RUN);
            if (state == LZMA_STREAM_END)
                m_done = true;
            else if (state != LZMA_OK)
                return fail(ErrorCode::Unreadable, shown(m_path) + (state == LZMA_BUF_ERROR ? " ends too early" : " is damaged")
                                + " (xz); download or copy it again.");
        }
        return into.size() - m_stream.avail_out;
    }
    std::int64_t consumed() const override { return m_packed->consumed(); }

private:
    std::unique_ptr<ByteStream> m_packed;
    std::filesystem::path m_path;
    std::vector<char> m_buffer;
    lzma_stream m_stream = LZMA_STREAM_INIT;
    bool m_ready = false, m_atEnd = false, m_done = false;
};

} // namespace

Result<std::unique_ptr<ByteStream>> openByteStream(const std::filesystem::path &path)
{
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return fail(errno == ENOENT ? ErrorCode::NotFound : ErrorCode::Unreadable, shown(path) + " cannot be opened: " + std::strerror(errno) + ".");
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
    auto plain = std::make_unique<PlainStream>(descriptor, path);
    std::array<char, 6> magic = {};
    if (pread(descriptor, magic.data(), magic.size(), 0) == 6 && std::memcmp(magic.data(), "\xfd" "7zXZ\0", 6) == 0)
        return std::make_unique<XzStream>(std::move(plain), path);
    return plain;
}

Result<std::string> headOf(const std::filesystem::path &path, std::size_t count)
{
    auto stream = openByteStream(path);
    if (!stream)
        return fail(stream.error());
    std::string head(count, '\0');
    std::size_t filled = 0;
    while (filled < count) {
        const auto got = (*stream)->read(std::span(head).subspan(filled));
        if (!got)
            return filled > 0 ? Result<std::string>(head.substr(0, filled)) : fail(got.error());
        if (*got == 0)
            break;
        filled += *got;
    }
    head.resize(filled);
    return head;
}

Result<std::vector<std::uint8_t>> wholeFile(const std::filesystem::path &path)
{
    auto stream = openByteStream(path);
    if (!stream)
        return fail(stream.error());
    std::vector<std::uint8_t> bytes(std::size_t(std::max<std::int64_t>(0, fileFacts(path).bytes)));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
        const auto count = (*stream)->read({reinterpret_cast<char *>(bytes.data()) + filled, bytes.size() - filled});
        if (!count)
            return fail(count.error());
        if (*count == 0)
            break;
        filled += *count;
    }
    bytes.resize(filled);
    return bytes;
}

std::string shown(const std::filesystem::path &path)
{
    return displayText(path.native());
}

} // namespace mien
